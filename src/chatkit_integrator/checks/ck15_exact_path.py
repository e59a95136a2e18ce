"""Passes where the widget's URL is a route or a rewrite whose target is the backend's ChatKit path.

It fails where they differ or the widget calls the backend itself.
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
    if client.address is None:
        return Unknown("where the widget's requests go could not be read")
    if client.address.is_open:
        return Unknown(f"only the environment knows where the widget's requests go: {client.address.text}")
    if not client.address.same_origin:
        return Failed("the widget calls the backend itself, past every route of the site", (client.address.place,))
    proxy = client.proxy
    if proxy is None:
        return Failed(f"no route or rewrite of the site answers {client.address.path}", (client.address.place,))
    if proxy.target is None or proxy.target_place is None or "{" in proxy.target:
        return Unknown("where the route goes could not be read")
    if server is None or server.path is None:
        return Unknown(NO_SERVER)
    places = (proxy.target_place, proxy.place)
    if proxy.target.rstrip("/") != server.path.rstrip("/"):
        return Failed(f"the route goes to {proxy.target} and the backend serves {server.path}", (*places, *server.mounted))
    return Passed(f"the route goes to {server.path}, which the backend serves", (*places, *server.mounted))


CHECK = Check(
    id="CK15",
    title="A dedicated proxy reaches the exact path",
    why="One wrong part of the path and every message is answered with 404.",
    remedy=Remedy("Point the route at the path that the backend serves.", only="CK15"),
    judge=judge,
)
