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

GONE = "This conversation does not exist any more."
AWAY = "The chat cannot reach its database. Please try again in a moment."
MALFORMED = "The chat could not read this request."

_answering: set[asyncio.Task[None]] = set()


class AnswerResponse(StreamingResponse):
    """Streams the events of an answer; when its reader leaves, the answer is cancelled.

    The answer is made in a task of its own: wherever it was, the cancellation reaches it there, and what it has to save then it
    can still save.
    """

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
            answer.cancel()

    async def _make(self) -> None:
        try:
            async for event in _guarded(self._events):
                self._ready.put_nowait(event)
        finally:
            self._ready.put_nowait(None)

    async def _read(self) -> AsyncIterator[bytes]:
        while (event := await self._ready.get()) is not None:
            yield event


async def _guarded(events: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """End with an event whatever happens: the status of the response is out already."""
    try:
        async for event in events:
            yield event
    except NotFoundError:
        yield _error(GONE)
    except UNAVAILABLE:
        log.exception("The chat's database is away")
        yield _error(AWAY)
    except (ValueError, NotImplementedError):
        log.warning("A chat request did not fit its conversation", exc_info=True)
        yield _error(MALFORMED)
    except Exception:
        log.exception("A chat request failed")
        yield _error("Something went wrong. Please try again.")


def _error(message: str) -> bytes:
    event = ErrorEvent(code="custom", message=message, allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"
