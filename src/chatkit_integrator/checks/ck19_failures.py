"""Passes where a streaming operation is answered with an event stream, whatever happens after the model was asked.

It fails for a stream of another type, one that is drained first, or a proxy that changes either: the client posts again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at what the endpoint, and the route before it, make of the stream that ChatKit's server gives."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return Unknown("no endpoint was found whose answers could be read")
    serving = server.serving
    proxy = reading.client.proxy if reading.client is not None else None
    resends = some(proxy.resends) if proxy is not None and not proxy.keeps else None
    if resends:
        return Failed("the route in between answers with a status of its own: the client posts the message again", resends)
    other, drained, streams = some(serving.other), some(serving.drained), some(serving.streams)
    if other:
        return Failed("the stream is not answered as text/event-stream: the client posts the message again", other)
    if drained:
        return Failed(
            "the stream is read to its end before anything is answered: a failure then repeats the whole run", drained
        )
    if streams is None:
        return Unknown("how the endpoint answers a stream could not be read")
    return Passed("a streaming operation is answered with an event stream that starts before the model is asked", streams)


CHECK = Check(
    id="CK19",
    title="Failures do not multiply",
    why="The client posts again, up to five times, after a 5xx or an answer that is no event stream: one failure "
    "becomes six model runs.",
    remedy=Remedy(
        'Give the StreamingResult to StreamingResponse(..., media_type="text/event-stream") and catch inside the stream.'
    ),
    judge=judge,
)
