"""Passes where a route handler finds out on the server who asks and forwards it.

It fails where the site sets its session's cookie httpOnly, and the browser calls the backend itself or the route behind the
widget's URL does not read that cookie. Copying headers reads no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.client import ClientReading


def judge(reading: Reading) -> Verdict:
    """Look at the route behind the widget's URL, then at what the browser sends itself."""
    client, server = reading.client, reading.server
    if client is None:
        return Unknown(NO_CLIENT)
    if not client.is_next:
        return NotApplicable("the site is not Next.js")
    if client.proxy is not None and client.proxy.reads_session:
        places = some((*client.proxy.reads_session, *client.proxy.authorizes))
        if places and client.proxy.authorizes:
            return Passed("the route reads the session on the server and forwards it", places)
    if client.identity:
        return NotApplicable("what the widget sends is readable by scripts")
    if client.hosted is not None:
        return NotApplicable("a hosted workflow answers, with a secret that scripts read")
    if client.http_only and client.address is not None and not client.address.is_open and not client.fetch_unread:
        return _by_cookie(client)
    cookies = server is not None and any("cookie" in {one.kind, one.name} for one in server.context)
    if client.credentials is not None and cookies and client.address is not None and not client.address.same_origin:
        return Failed("the browser calls the backend itself, with a cookie that is the session", (client.credentials,))
    if client.credentials is None and not cookies and not (client.proxy is not None and client.proxy.passes):
        return NotApplicable("nothing that the widget sends rests on a session's cookie")
    return Unknown("whether scripts can read the session's cookie could not be read")


def _by_cookie(client: ClientReading) -> Verdict:
    """The site sets its session's cookie so that scripts cannot read it, and no route reads and forwards it."""
    proxy = client.proxy
    if proxy is not None and (proxy.passes_cookies or not proxy.is_code):
        return Unknown("cookies are handed on as they come; whether the session is among them could not be read")
    if proxy is None:
        said = "scripts cannot read the session's cookie, and no route of the site takes the widget's requests"
    elif proxy.reads_session:
        said = "the route reads the session and does not forward it"
    else:
        said = "scripts cannot read the session's cookie, and the route does not read it"
    return Failed(said, (proxy.place if proxy is not None else client.widget, *client.http_only))


CHECK = Check(
    id="CK13",
    title="httpOnly cookies go through a proxy",
    why="Scripts cannot read an httpOnly cookie, so the chat cannot send the session to the backend; a route of the site can.",
    remedy=Remedy(
        "Add a route of the site that reads the session's cookie and sends Authorization, or that one cookie where the backend "
        "reads it.",
        only="CK13",
    ),
    judge=judge,
)
