"""ChatKit for this application: `POST /chatkit`, your agent behind it, conversations kept per user, with files attached.

`router` is all that the application needs to include. Start reading in `router.py`; what the agent is told is in `context.py`,
what may be attached in `attachments.py`.
"""

from .attachments import router

__all__ = ["router"]
