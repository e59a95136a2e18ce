"""Passes where a route handler reads the session on the server and forwards it.

It fails where the browser calls the backend without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the route behind the widget's URL."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    if not client.is_next:
        return NotApplicable("the site is not Next.js")
    if client.proxy is not None:
        places = some((*client.proxy.reads_session, *client.proxy.authorizes))
        if places and client.proxy.reads_session:
            return Passed("the route reads the session on the server and forwards it", places)
    if client.authorization:
        return NotApplicable("the token is readable by scripts")
    return Failed("the widget's requests pass no route that reads the session", (client.url_place or client.widget,))


CHECK = Check(
    id="CK13",
    title="httpOnly cookies go through a proxy",
    remedy=Remedy("Add a route of the site that reads the session's cookie and sends Authorization.", only="CK13"),
    judge=judge,
)
