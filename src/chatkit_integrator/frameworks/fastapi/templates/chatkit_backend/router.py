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
from .limits import body_of, seconds_to_wait
from .schema import UNAVAILABLE
from .server import ChatServer
from .store import SqlStore
from .stream import AWAY, GONE, MALFORMED, AnswerResponse

log = logging.getLogger(__name__)

TOO_LONG = "This message is too long."
TOO_MANY = "You have sent many messages. Please wait a minute."

router = APIRouter(tags=["chatkit"], lifespan=database.lifespan)
store = SqlStore(database)
server = ChatServer(store)


@router.post("/chatkit")
async def chatkit(request: Request, user_id: Annotated[str, Depends(current_user_id)]) -> Response:
    """Handle one ChatKit request of a verified user."""
    body = await body_of(request)
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
        if wait := seconds_to_wait(user_id):
            return JSONResponse({"message": TOO_MANY}, status_code=429, headers={"Retry-After": str(wait)})
        return AnswerResponse(result)
    return Response(result.json, media_type="application/json")


@router.get("/chatkit/preferences")
async def preferences(user_id: Annotated[str, Depends(current_user_id)]) -> Response:
    """Give how this user likes to be answered, for the other browsers that they use."""
    return JSONResponse(await store.load_preferences(user_id))
