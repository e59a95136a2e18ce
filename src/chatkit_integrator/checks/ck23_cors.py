"""Passes for listed origins that may send the headers that ChatKit sends; not applicable behind a proxy of the same origin.

It fails for any origin with credentials, and for a list of headers that lacks ``chatkit-frame-instance-id``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.server.web import Cors

_SENT = "chatkit-frame-instance-id"


def judge(reading: Reading) -> Verdict:
    """Look at the middleware that answers other origins."""
    server, client = endpoint(reading), reading.client
    if isinstance(server, (Unknown, Failed)):
        return Unknown("no endpoint was found that could be called from another origin")
    for one in server.cors:
        wrong = _wrong(one)
        if wrong is not None:
            return Failed(wrong, (one.place,))
    if client is not None and client.proxy is not None:
        return NotApplicable("requests go through a proxy of the site's own origin")
    if server.cors:
        return Passed("other origins are listed, with the headers that ChatKit sends", (server.cors[0].place,))
    if client is not None and client.url is not None and client.url.startswith("/"):
        return NotApplicable("the widget calls its own origin")
    if client is not None and client.url is not None and server.endpoint is not None:
        return Failed("the widget calls another origin, and the backend answers none", (client.widget, server.endpoint))
    return Unknown("no CORS middleware was found, and where the widget calls could not be read")


def _wrong(one: Cors) -> str | None:
    if one.origins is not None and one.credentials and one.origins & {"*", "~.*", "~.+", "~https?://.*"}:
        return "any site may call with the visitor's credentials"
    if one.headers is not None and "*" not in one.headers and _SENT not in {name.lower() for name in one.headers}:
        return f"the browser may not send {_SENT}, which ChatKit always does"
    return None


CHECK = Check(
    id="CK23",
    title="CORS is right",
    why="A preflight that does not allow the headers that the client sends stops every request; a star with "
    "credentials lets any site in.",
    remedy=Remedy(f'List your origins in allow_origins, and allow the header {_SENT} (or "*").'),
    judge=judge,
)
