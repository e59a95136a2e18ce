"""Passes where a custom fetch or a server-side proxy on the widget's path adds it; fails where nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the proxy behind the widget's own URL first, then at its fetch."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    if client.proxy is not None:
        places = some(client.proxy.authorizes)
        if places:
            return Passed("the proxy on the widget's path adds Authorization", places)
    places = some(client.authorization)
    if places and client.own_fetch is not None:
        return Passed("the widget's fetch adds Authorization", (client.own_fetch, *places))
    if client.own_fetch is not None and client.proxy is None:
        return Unknown("the widget has a fetch of its own, and nothing in it was seen to authenticate; cookies may")
    return Failed("neither the widget's fetch nor a proxy adds authentication", (client.widget,))


CHECK = Check(
    id="CK05",
    title="Frontend adds authentication",
    remedy=Remedy("Send the widget's requests through a route of the site that adds Authorization on the server.", only="CK05"),
    judge=judge,
)
