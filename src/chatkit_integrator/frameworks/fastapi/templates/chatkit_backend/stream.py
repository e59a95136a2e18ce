"""The events of one answer, brought to their end whatever becomes of the reader or of the answer."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator

from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from .schema import UNAVAILABLE

log = logging.getLogger(__name__)
_answering: set[asyncio.Task[None]] = set()


class AnswerResponse(StreamingResponse):
    """Streams the events of an answer, which is made in a task of its own."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterable[bytes]) -> None:
        self._events = events
        self._ready: asyncio.Queue[bytes | None] = asyncio.Queue()
        super().__init__(self._read(), headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = asyncio.create_task(self._make())
        _answering.add(answer)  # the event loop alone would forget it
        answer.add_done_callback(_answering.discard)
        try:
            await super().__call__(scope, receive, send)
        finally:
            answer.cancel()  # finds it wherever it is, and lets it save what was answered so far

    async def _make(self) -> None:
        try:
            async for event in self._events:
                self._ready.put_nowait(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the status of the response is out already
            told = ErrorEvent(code="custom", message=explained(error)[1], allow_retry=True)
            self._ready.put_nowait(b"data: " + told.model_dump_json(exclude_none=True).encode() + b"\n\n")
        finally:
            self._ready.put_nowait(None)

    async def _read(self) -> AsyncIterator[bytes]:
        while (event := await self._ready.get()) is not None:
            yield event


def explained(error: Exception) -> tuple[int, str]:
    """Give a status and a fixed text for people; the log gets the detail."""
    if isinstance(error, NotFoundError):
        return 404, "This conversation does not exist any more."
    if isinstance(error, UNAVAILABLE):
        log.error("The chat's database is away", exc_info=error)
        return 503, "The chat cannot reach its database. Please try again in a moment."
    if isinstance(error, (ValueError, RuntimeError)):  # no JSON, no ChatKit, or a part of it that is not set up
        log.warning("A chat request could not be read", exc_info=error)
        return 400, "The chat could not read this request."
    log.error("A chat request failed", exc_info=error)
    return 500, "Something went wrong. Please try again."
