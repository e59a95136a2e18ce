"""Passes where Stop ends the model's run and keeps what it said so far; fails where either is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for a run that is cancelled, and for saving that is shielded from the cancellation."""
    server = reading.server
    if server is None or server.answering is None:
        return Unknown(NO_SERVER)
    asks = some(server.answering.asks)
    if asks is None:
        return Unknown("where respond() asks a model could not be read")
    stopping = server.answering.stopping
    streams, stopped, shielded = (
        some(stopping.streams),
        some(stopping.stopped),
        some((*stopping.shielded, *server.serving.apart)),
    )
    if streams is None:
        return Passed("the model is waited for: when the request ends, so does its call, and nothing was shown yet", asks)
    if stopped is None:
        return Failed("a run that has begun goes on after Stop", streams)
    in_memory = not any(method.asked for method in server.methods.values())
    if shielded is None and not in_memory:
        place = stopping.own or server.server
        return Failed("what was said before Stop is not saved: the cancellation ends the saving too", (place, *stopped))
    return Passed("Stop ends the run and what was said is kept", (*stopped, *(shielded or ())))


CHECK = Check(
    id="CK20",
    title="Stop keeps the partial answer and stops the model",
    why="A person who presses stop loses what they have read already, or goes on paying for an answer that nobody reads.",
    remedy=Remedy(
        "Call result.cancel() in a finally of respond(), and wrap super().handle_stream_cancelled() in "
        "anyio.CancelScope(shield=True)."
    ),
    judge=judge,
)
