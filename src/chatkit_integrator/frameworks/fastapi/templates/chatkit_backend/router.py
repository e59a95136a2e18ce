"""`POST /chatkit`: ChatKit's one endpoint. `/chatkit/me`: how somebody likes to be answered.

What goes wrong before an answer begins is a status that the client does not try again; what goes wrong later is an event in
the stream. Messages are counted per process: several workers allow as many times more, and guests can become somebody new.
"""

import hashlib
import os
import time
from collections import Counter
from typing import Annotated

from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from .context import context_from, mended, preferences_from
from .database import database
from .identity import current_user_id
from .schema import UNAVAILABLE
from .server import ChatServer
from .store import SqlStore
from .stream import AnswerResponse, explained

LARGEST_BODY = 1024 * 1024
MESSAGES_PER_MINUTE = 30
MANY = 10_000

router = APIRouter(tags=["chatkit"], lifespan=database.lifespan)
store = SqlStore(database)
server = ChatServer(store)
_sent = Counter[tuple[str, float]]()

UserId = Annotated[str, Depends(current_user_id)]
REFUSED = (NotFoundError, *UNAVAILABLE, ValueError, RuntimeError)


@router.post("/chatkit")
async def chatkit(request: Request, user_id: UserId) -> Response:
    """Handle one ChatKit request of a verified user."""
    body = await _body_of(request)
    if body is None:
        return JSONResponse({"message": "This message is too long."}, status_code=413)
    try:
        body = mended(body)
        result = await server.process(body, context_from(user_id, body))
    except REFUSED as error:
        return refusal(error)
    if isinstance(result, StreamingResult):
        return one_too_many(user_id) or AnswerResponse(result)
    return Response(result.json, media_type="application/json")


@router.get("/chatkit/me")
async def me(user_id: UserId) -> Response:
    """Give this user's preferences, and a name that their browser may remember things by and that tells nothing."""
    try:
        kept = await store.load_preferences(user_id)
    except REFUSED as error:
        return refusal(error)
    return JSONResponse({"user": hashlib.sha256(user_id.encode()).hexdigest()[:16], "preferences": kept})


@router.put("/chatkit/me")
async def change_me(request: Request, user_id: UserId) -> Response:
    """Keep how this user likes to be answered."""
    try:
        await store.save_preferences(user_id, preferences_from(mended(await _body_of(request) or b"")))
    except REFUSED as error:
        return refusal(error)
    return Response(status_code=204)


def refusal(error: Exception) -> Response:
    """Answer for what went wrong before an answer began."""
    status, message = explained(error)
    return JSONResponse({"message": message}, status_code=status)


def one_too_many(user_id: str) -> Response | None:
    """Count a message of a user; 429 where it is one too many in this minute. `CHATKIT_MESSAGES_PER_MINUTE` says how many."""
    minute, second = divmod(time.monotonic(), 60)
    if len(_sent) > MANY:
        _sent.clear()
    _sent[user_id, minute] += 1
    if _sent[user_id, minute] <= int(os.environ.get("CHATKIT_MESSAGES_PER_MINUTE") or MESSAGES_PER_MINUTE):
        return None
    message, wait = "You have sent many messages. Please wait a minute.", str(60 - int(second))
    return JSONResponse({"message": message}, status_code=429, headers={"Retry-After": wait})


async def _body_of(request: Request) -> bytes | None:
    """Read the body; `None` as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
