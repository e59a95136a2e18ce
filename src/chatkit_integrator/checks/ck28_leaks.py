"""Passes where the client gets a fixed text for a failure; fails where the text of an exception is in an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Follow caught exceptions to what the endpoint answers and to the events that respond() sends."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return Unknown("no endpoint was found whose answers could be read")
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    told = server.answering.leaks if server.answering is not None else ()
    proxy = reading.client.proxy if reading.client is not None and reading.client.rendered else None
    leaks = some(tuple(dict.fromkeys((*server.serving.leaks, *told, *(proxy.leaks if proxy is not None else ())))))
    if leaks:
        return Failed("the text of an exception is sent to the client", leaks)
    places = (server.endpoint, server.respond) if server.respond is not None else (server.endpoint,)
    return Passed("no answer holds the text of an exception", places)


CHECK = Check(
    id="CK28",
    title="Errors do not leak",
    why="The text of an exception tells people, and whoever attacks them, of hosts, queries and secrets.",
    remedy=Remedy("Answer failures with a fixed sentence and log the exception with logger.exception."),
    judge=judge,
)
