"""Passes where the widget, its page, a layout around it or the middleware keeps anonymous visitors out.

It fails where one way leads anybody to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Every way from a page to the widget needs a gate."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    opened = some(client.gate.open)
    notices = some(client.gate.notices)
    if opened and notices and client.proxy is not None and client.proxy.refuses:
        return Passed(
            "strangers see a notice above the chat, and are refused by the route behind it", (*notices, *client.proxy.refuses)
        )
    if opened:
        return Failed("the chat is rendered for anyone", (*opened, client.element))
    places = some(client.gate.places)
    if places is None:
        return Unknown("what leads to the widget could not be read")
    return Passed("the chat is rendered for signed-in people only", places)


CHECK = Check(
    id="CK08",
    title="Sign-in is required before chat",
    why="Anyone who finds the page can talk to the agent, at the owner's cost and with the owner's tools.",
    remedy=Remedy("Render the chat for signed-in people only, and answer 401 to the others.", only="CK08"),
    judge=judge,
)
