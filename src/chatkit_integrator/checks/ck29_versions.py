"""Passes where the versions that are locked or asked for work together; fails for a pair that is known not to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the lock file, else at the manifest, and at what the code needs of the versions."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    versions = server.versions
    if versions.broken:
        first, *rest = (place for one in versions.broken for place in one.places)
        return Failed("; ".join(one.why for one in versions.broken), (first, *rest))
    events = server.answering.events if server.answering is not None else ()
    converts = next((one.place for one in events if one.kind == "convert"), None)
    if server.completions is not None and converts is not None and versions.agents is not None and versions.agents_from_019:
        return Failed(
            "openai-agents from 0.19 on refuses a Chat Completions model the answers that ChatKit's converter gives it: every "
            "second turn fails",
            (versions.agents, converts, server.completions),
        )
    if versions.chatkit is None:
        return Unknown("no manifest or lock file names openai-chatkit")
    said = "are locked" if versions.locked else "are asked for"
    return Passed(f"no pair of the versions that {said} is known not to work", (versions.chatkit,))


CHECK = Check(
    id="CK29",
    title="Versions fit together",
    why="Resolvers take versions that do not work together: the import fails, or every turn does.",
    remedy=Remedy("Ask for openai-chatkit with a floor, raise what holds it back, and keep a lock file."),
    judge=judge,
    severity="warning",
)
