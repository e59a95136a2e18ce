"""Passes where earlier turns reach the model; fails where only the newest message is passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for what loads earlier turns in what respond() reaches."""
    server = reading.server
    if server is None or server.respond is None:
        return Unknown(NO_SERVER)
    places = some(server.history)
    if places:
        return Passed("earlier turns are loaded for the model", places)
    return Failed("respond() passes on the newest message alone", (server.respond,))


CHECK = Check(
    id="CK03",
    title="History is in the agent's input",
    remedy=Remedy("Load the thread's newest items in respond() and give them to the agent, oldest first.", only="CK03"),
    judge=judge,
)
