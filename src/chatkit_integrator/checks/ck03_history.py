"""Passes where earlier turns reach the model; fails where only the newest message is passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some, tuple_of
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for earlier turns in what the model gets."""
    server = reading.server
    if server is None or server.answering is None:
        return Unknown(NO_SERVER)
    answering = server.answering
    asks = some(answering.asks)
    if asks is None:
        return Unknown("where respond() asks a model could not be read")
    saving = server.methods.get("add_thread_item")
    loading = server.methods.get("load_thread_items")
    loaded = any(one.kind in {"history", "turn"} and "kept" not in one.name.split() for one in answering.turns)
    unsaved = saving is not None and not saving.asked and not answering.saves
    if loaded and saving is not None and unsaved and loading is not None and loading.asked:
        return Failed("earlier turns are loaded, but no message is ever saved", (saving.place, *asks))
    places = tuple(dict.fromkeys(one.place for one in answering.turns if one.place is not None))
    if answering.turns:
        return Passed("earlier turns are given to the model", tuple_of((*places, *asks)))
    return Failed("respond() passes on the newest message alone", asks)


CHECK = Check(
    id="CK03",
    title="History is in the agent's input",
    why="The agent answers each message as if it were the first: names, numbers and wishes said before are forgotten.",
    remedy=Remedy("Load the thread's newest items in respond() and give them to the agent, oldest first.", only="CK03"),
    judge=judge,
)
