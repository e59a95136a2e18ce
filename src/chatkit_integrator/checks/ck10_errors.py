"""Passes where both sides handle failure themselves; fails where one lets it crash or stays blank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Both halves: handlers on the server; in the widget onError, or something that is shown for an error."""
    server, client = reading.server, reading.client
    if server is None and client is None:
        return Unknown(NO_SERVER)
    handles = server.handles if server is not None else ()
    if server is not None and not handles:
        return Failed("the server leaves every failure to the SDK", (server.respond or server.server,))
    if client is not None and client.rendered and client.on_error is None:
        return Failed("the widget has no onError, and nothing is shown for an error", (client.widget,))
    if client is None or not client.rendered or server is None:
        return Unknown("one half handles failure; the other is not in this repository or not rendered")
    places = some(handles)
    assert places is not None  # noqa: S101 - asked above
    return Passed("both sides handle failure", (*places, client.on_error or client.widget))


CHECK = Check(
    id="CK10",
    title="Errors degrade gracefully",
    why="A failure of the model or the database leaves a chat that hangs or goes blank, and nobody is told to try again.",
    remedy=Remedy("Answer failures with an event of your own on the server, and with onError in the widget.", only="CK10"),
    judge=judge,
)
