"""`POST /chatkit/attachments` takes a file; ChatKit sends it with a message, and the model reads it.

What a file is, its bytes say, whatever its name and its browser do. What no model reads is refused.
"""

import base64
import uuid
from collections.abc import AsyncGenerator, AsyncIterator

from chatkit.types import FileAttachment
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from .context import RequestContext
from .database import database
from .files import Attachments, FileReader, FileStore
from .router import REFUSED, UserId, one_too_many, refusal, router, server

LARGEST_FILE = 5 * 1024 * 1024  # bytes; the site's settings say the same
AROUND = 64 * 1024  # bytes of a form around its file

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
}

server.attachment_store, server.converter = Attachments(), FileReader


class TooLargeError(ValueError):
    """A file that is larger than `LARGEST_FILE`."""


@router.post("/chatkit/attachments")
async def attach(request: Request, user_id: UserId) -> Response:
    """Keep a file of a verified user for the message that they will send it with."""
    if refused := one_too_many(user_id):
        return refused
    try:
        name, content = await _file_of(request)
        kind = kind_of(content)
        if kind is None:
            return JSONResponse({"message": "Files of this kind cannot be attached."}, status_code=415)
        attachment = FileAttachment(id=f"atc_{uuid.uuid4().hex}", name=name, mime_type=kind)
        data = content.decode() if kind == "text/plain" else f"data:{kind};base64,{base64.b64encode(content).decode()}"
        if not await FileStore(database).keep_file(attachment, data, RequestContext(user_id)):
            message = "You have attached many files. Delete conversations to make room."
            return JSONResponse({"message": message}, status_code=409)
    except TooLargeError:
        return JSONResponse({"message": "This file is too large."}, status_code=413)
    except MultiPartException as error:
        return refusal(ValueError(str(error)))
    except REFUSED as error:
        return refusal(error)
    return Response(attachment.model_dump_json(exclude_none=True), media_type="application/json")


def kind_of(content: bytes) -> str | None:
    """Say what a file is, from its bytes; `None` for what models do not read."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    try:
        return "text/plain" if content and "\0" not in content.decode() else None
    except UnicodeDecodeError:
        return None


async def _file_of(request: Request) -> tuple[str, bytes]:
    """Read the one file of a form. Raises `TooLargeError`, before the end of what is too large, and `ValueError`."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ValueError("this is no form")
    form = await MultiPartParser(request.headers, _limited(request.stream()), max_files=1, max_fields=10).parse()
    try:
        found = [one for one in form.values() if isinstance(one, UploadFile)]
        if not found:
            raise ValueError("there is no file in the form")
        content = await found[0].read()
    finally:
        await form.close()
    if len(content) > LARGEST_FILE:
        raise TooLargeError
    name = "".join(one for one in found[0].filename or "" if one.isprintable())
    return name[-100:] or "file", content


async def _limited(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    left = LARGEST_FILE + AROUND
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise TooLargeError
        yield chunk
