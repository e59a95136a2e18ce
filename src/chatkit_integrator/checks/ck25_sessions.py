"""Passes where the store waits for its database without stopping others, in sessions that it opens itself.

It fails for blocking calls in ``async def``, for a session of the request that streaming outlives, and for one that all share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the sessions that the store's statements are sent in."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    asked = some(server.sessions.asked)
    if asked is None or server.store is None:
        if server.store is not None and any(method.served for method in server.methods.values()):
            return Unknown("the store gives conversations to a service that is not known here")
        return NotApplicable("the store has no database")
    blocking, shared, borrowed = some(server.sessions.blocking), some(server.sessions.shared), some(server.sessions.borrowed)
    if blocking:
        return Failed("async methods wait for the database in a way that stops every other request", blocking)
    if shared:
        return Failed("everybody shares one session", shared)
    if borrowed:
        return Failed("the session belongs to the request, and answers are streamed after it may be closed", borrowed)
    return Passed("the store opens its own sessions and waits for them without blocking", asked)


CHECK = Check(
    id="CK25",
    title="Database work is async and lives as long as the stream",
    why="A blocking call in async code stops everybody's chat, and a session that ends with the request breaks an "
    "answer that still streams.",
    remedy=Remedy("Give the store a session factory of an async engine, and open a session in each method."),
    judge=judge,
)
