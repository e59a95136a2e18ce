"""Passes where start-up works on the database that the store uses; not applicable for SQLite or without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at what runs when the app starts."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None or not any(method.asked for method in server.methods.values()):
        if server.store is not None and any(method.served for method in server.methods.values()):
            return Unknown("the store gives conversations to a service that is not known here")
        return NotApplicable("the store has no database")
    if server.database in {"sqlite", "memory"}:
        return NotApplicable("conversations are kept in SQLite, which has no pool to warm")
    places = some(server.warmed)
    if places:
        return Passed("connections are opened when the app starts", places)
    return Failed("nothing touches the database when the app starts", (server.store,))


CHECK = Check(
    id="CK09",
    title="Connection pool is warmed",
    why="The first person after every start waits for the database to be connected, sometimes longer than the chat waits.",
    remedy=Remedy("Open a connection in the app's lifespan.", only="CK09"),
    judge=judge,
)
