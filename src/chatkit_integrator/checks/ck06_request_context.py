"""Passes where the live widget's fetch puts page or user context into the body; fails where nothing does.

Context in headers or in the address is none in the metadata, and none that is missing: it decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at what the widget's fetch writes into the body."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(client.metadata)
    if places:
        return Passed(f"the body carries {', '.join(client.metadata_keys[:6])}", places)
    if client.context_headers:
        return Unknown(
            f"context goes along in headers ({', '.join(one.name for one in client.context_headers)}), not in the body"
        )
    if client.context_query:
        return Unknown(f"context goes along in the address ({', '.join(client.context_query)}), not in the body")
    if client.fetch_unread or client.options_unread:
        return Unknown("what the widget's fetch is could not be read")
    return Failed("no context is added to the widget's requests", (client.own_fetch or client.widget,))


CHECK = Check(
    id="CK06",
    title="Frontend adds context to request metadata",
    why="The backend can only use what it is sent; without this the agent never hears which page and which user it is.",
    remedy=Remedy("Give useChatKit a fetch that adds a top-level metadata object to the body.", only="CK06"),
    judge=judge,
)
