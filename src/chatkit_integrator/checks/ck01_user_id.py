"""Passes where an identity from a header or cookie reaches the handler.

It fails for a constant, the query, the body, or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Follow the handler's parameters through their dependencies to what they read."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return server
    places = some(server.identity)
    if places:
        return Passed("an identity from the request's headers or cookies reaches the handler", places)
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    return Failed("nothing that a header or cookie carries reaches the handler", (server.endpoint,))


CHECK = Check(
    id="CK01",
    title="Backend extracts the user id from a header",
    remedy=Remedy("Give the ChatKit route your dependency for the current user.", only="CK01"),
    judge=judge,
)
