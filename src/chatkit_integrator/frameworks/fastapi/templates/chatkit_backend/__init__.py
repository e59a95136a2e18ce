"""ChatKit for this application: `POST /chatkit`, your agent behind it, conversations kept per user.

`router` is all that the application needs to include. Start reading in `router.py`; what the agent is told is in `context.py`.
"""

from .router import router

__all__ = ["router"]
