"""`POST /chatkit`: ChatKit's one endpoint.

What goes wrong before an answer begins is a status that the client does not try again; what goes wrong later is an event in
the stream. People get a fixed text, the log gets the detail.
"""

import logging
from typing import Annotated

from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from .context import context_from, mended
from .database import database
from .identity import current_user_id
from .schema import UNAVAILABLE
from .server import ChatServer
from .store import SqlStore
from .stream import AWAY, GONE, MALFORMED, AnswerResponse

log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
TOO_LONG = "This message is too long."

router = APIRouter(tags=["chatkit"], lifespan=database.lifespan)
server = ChatServer(SqlStore(database))


@router.post("/chatkit")
async def chatkit(request: Request, user_id: Annotated[str, Depends(current_user_id)]) -> Response:
    """Handle one ChatKit request of a verified user."""
    body = await _body(request)
    if body is None:
        return JSONResponse({"message": TOO_LONG}, status_code=413)
    try:
        body = mended(body)
        result = await server.process(body, context_from(user_id, body))
    except NotFoundError:
        return JSONResponse({"message": GONE}, status_code=404)
    except UNAVAILABLE:
        log.exception("The chat's database is away")
        return JSONResponse({"message": AWAY}, status_code=503)
    except (ValueError, RuntimeError):  # no JSON, not of this protocol, or of a part of it that is not set up
        log.warning("A chat request could not be read", exc_info=True)
        return JSONResponse({"message": MALFORMED}, status_code=400)
    if isinstance(result, StreamingResult):
        return AnswerResponse(result)
    return Response(result.json, media_type="application/json")


async def _body(request: Request) -> bytes | None:
    """Read the body as long as it is not too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
