"""Passes where the widget keeps anonymous visitors out; fails where it renders for anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """A gate around the widget counts where the server behind it turns anonymous visitors away."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(client.gate)
    if places is None:
        return Failed("the chat is rendered for anyone", (client.widget, *client.rendered))
    if client.proxy is not None and not client.proxy.refuses:
        return Failed("the gate opens for anyone: the route behind it turns nobody away", (client.proxy.place,))
    refusing = client.proxy.refuses if client.proxy is not None else ()
    return Passed("the chat is rendered for signed-in people only", (*places, *refusing))


CHECK = Check(
    id="CK08",
    title="Sign-in is required before chat",
    remedy=Remedy("Render the chat for signed-in people only, and answer 401 to the others.", only="CK08"),
    judge=judge,
)
