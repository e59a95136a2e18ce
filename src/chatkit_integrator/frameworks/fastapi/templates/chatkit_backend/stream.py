"""The events of one answer, brought to their end whatever becomes of the reader or of the answer."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator

from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent

from .schema import UNAVAILABLE

log = logging.getLogger(__name__)

GONE = "This conversation does not exist any more."
AWAY = "The chat cannot reach its database. Please try again in a moment."
MALFORMED = "The chat could not read this request."
FAILED = "Something went wrong. Please try again."

_answering: set[asyncio.Task[None]] = set()


async def until_read(events: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Give the events; a reader who leaves cancels the answer.

    It is produced in a task of its own: there, and only there, a cancellation reaches the answer wherever the reader was
    when they left, and what it has to save it can still save.
    """
    ready: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def produce() -> None:
        try:
            async for event in _guarded(events):
                ready.put_nowait(event)
        finally:
            ready.put_nowait(None)

    task = asyncio.create_task(produce())
    _answering.add(task)  # the event loop alone would forget it
    task.add_done_callback(_answering.discard)
    try:
        while (event := await ready.get()) is not None:
            yield event
    finally:
        task.cancel()


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
        yield _error(FAILED)


def _error(message: str) -> bytes:
    event = ErrorEvent(code="custom", message=message, allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"
