"""Passes where the live widget's fetch puts page or user context into the body; fails where nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for metadata in what the widget's fetch sends."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(client.metadata)
    if places and client.own_fetch is not None:
        return Passed(f"the body carries metadata ({', '.join(client.metadata_keys) or 'unnamed'})", places)
    return Failed("no metadata is added to the widget's requests", (client.widget,))


CHECK = Check(
    id="CK06",
    title="Frontend adds context to request metadata",
    remedy=Remedy("Give useChatKit a fetch that adds a top-level metadata object to the body.", only="CK06"),
    judge=judge,
)
