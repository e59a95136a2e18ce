"""Passes where the widget's URL is a route whose target is the backend's ChatKit path.

It fails where they differ or the proxy is bypassed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, NO_SERVER, Check
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Compare where the route goes with what the backend serves."""
    client, server = reading.client, reading.server
    if client is None:
        return Unknown(NO_CLIENT)
    if not client.is_next:
        return NotApplicable("the site is not Next.js")
    if client.proxy is None:
        return Failed("the widget's URL is no route of the site", (client.url_place or client.widget,))
    if client.proxy.target is None or client.proxy.target_place is None:
        return Unknown("where the route goes could not be read")
    if server is None or server.path is None:
        return Unknown(NO_SERVER)
    places = (client.proxy.target_place, client.proxy.place)
    if client.proxy.target.rstrip("/") != server.path.rstrip("/"):
        return Failed(f"the route goes to {client.proxy.target} and the backend serves {server.path}", places)
    return Passed(f"the route goes to {server.path}, which the backend serves", (*places, *server.mounted))


CHECK = Check(
    id="CK15",
    title="A dedicated proxy reaches the exact path",
    remedy=Remedy("Point the route at the path that the backend serves.", only="CK15"),
    judge=judge,
)
