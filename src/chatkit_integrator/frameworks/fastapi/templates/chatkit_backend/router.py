"""`POST /chatkit`: ChatKit's one endpoint.

What goes wrong before an answer begins is a status that the client does not try again; what goes wrong later is an event in
the stream. People get a fixed text, the log gets the detail.
"""

import logging
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from .context import context_from
from .database import engine
from .identity import current_user_id
from .schema import Readiness
from .server import ChatServer
from .store import SqlStore

log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
GONE = "This conversation does not exist any more."
AWAY = "The chat cannot reach its database. Please try again in a moment."
MALFORMED = "The chat could not read this request."
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

readiness = Readiness(engine)
router = APIRouter(tags=["chatkit"], lifespan=readiness.lifespan)
server = ChatServer(SqlStore(engine))


@router.post("/chatkit")
async def chatkit(request: Request, user_id: Annotated[str, Depends(current_user_id)]) -> Response:
    """Handle one ChatKit request of a verified user."""
    body = await request.body()
    if len(body) > LARGEST_BODY:
        return JSONResponse({"message": "This message is too long."}, status_code=413)
    try:
        context = context_from(user_id, body)
        await readiness.ensure()
        result = await server.process(body, context)
    except NotFoundError:
        return JSONResponse({"message": GONE}, status_code=404)
    except (ValueError, NotImplementedError):
        log.info("A chat request could not be read", exc_info=True)
        return JSONResponse({"message": MALFORMED}, status_code=400)
    except (SQLAlchemyError, OSError):
        log.exception("The chat's database is away")
        return _away(body)
    if isinstance(result, StreamingResult):
        return _stream(_guarded(result))
    return Response(result.json, media_type="application/json")


def _away(body: bytes) -> Response:
    """Answer without a database: in the stream where one was asked for, so that the client does not send it again."""
    if b'"threads.create"' in body or b'"threads.add_' in body or b'"threads.retry_' in body:

        async def events() -> AsyncIterator[bytes]:
            yield _error(AWAY)

        return _stream(events())
    return JSONResponse({"message": AWAY}, status_code=503)


def _stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _guarded(events: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """End a stream with an event whatever happens: its status is out already."""
    try:
        async for event in events:
            yield event
    except NotFoundError:
        yield _error(GONE)
    except ValueError:
        log.info("A chat request did not fit its thread", exc_info=True)
        yield _error(MALFORMED)
    except (SQLAlchemyError, OSError):
        log.exception("The chat's database went away")
        yield _error(AWAY)


def _error(message: str) -> bytes:
    event = ErrorEvent(code="custom", message=message, allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"
