"""Files that people attach: `POST /chatkit/attachments` takes one, and the model reads it when it is sent.

What a file is, its bytes say, whatever its name and its browser do; what no model reads is refused. It is kept in the chat's
database, as the text that the model is given, and never handed out again. It goes with its attachment, thread and owner.
"""

import base64
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import sqlalchemy as sa
from agents import TResponseInputItem
from chatkit.store import AttachmentStore, NotFoundError
from chatkit.types import Attachment, FileAttachment, ThreadItem, UserMessageItem
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from openai.types.responses import ResponseInputContentParam
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from .context import RequestContext
from .database import database
from .history import HistoryConverter
from .router import REFUSED, UserId, refusal, router, seconds_to_wait, server
from .schema import DAY, attachments, metadata
from .store import SqlStore
from .stream import MALFORMED

LARGEST_FILE = 5 * 1024 * 1024  # bytes; the site's settings say the same
MOST_IN_MESSAGE = 5  # the same
MOST_KEPT = 200  # of one user
MOST_READ = 5  # of a conversation, the newest; the model is told of the others
LONGEST_TEXT = 100_000  # characters of a text file that the model reads
AROUND = 64 * 1024  # bytes of a form around its file

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
}

files = sa.Table(
    "chatkit_files",
    metadata,
    sa.Column("id", sa.Text, sa.ForeignKey("chatkit_attachments.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True),
    sa.Column("thread_id", sa.Text),
    sa.Column("data", sa.Text, nullable=False),
)


class TooLargeError(ValueError):
    """A file that is larger than `LARGEST_FILE`."""


class FileStore(SqlStore):
    """The store, with the files themselves beside what is known of them."""

    async def keep_file(self, attachment: Attachment, data: str, context: RequestContext) -> bool:
        """Keep a new file; not, where its owner has as many as one may. What they did not send for a day makes room."""
        own = files.c.owner == context.user_id
        unsent = sa.select(files.c.id).where(own, files.c.thread_id.is_(None))
        old = sa.and_(attachments.c.owner == context.user_id, attachments.c.at < time.time() - DAY)
        await self._database.run(sa.delete(attachments).where(old, attachments.c.id.in_(unsent)))
        if (await self._database.run(sa.select(sa.func.count()).where(own))).scalar_one() >= MOST_KEPT:
            return False
        await self.save_attachment(attachment, context)
        await self._save_owned(files, attachment.id, data, context)
        return True

    async def load_file(self, attachment_id: str, context: RequestContext) -> str:
        """Give a file as the model reads it. Raises `NotFoundError`."""
        return await self._one(sa.select(files.c.data).where(files.c.id == attachment_id, files.c.owner == context.user_id))

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        await super().save_attachment(attachment, context)
        if attachment.thread_id is not None:
            own = sa.update(files).where(files.c.id == attachment.id, files.c.owner == context.user_id)
            await self._database.run(own.values(thread_id=attachment.thread_id))

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        if isinstance(item, UserMessageItem) and len(item.attachments) > MOST_IN_MESSAGE:
            raise ValueError("more attachments than a message may have")
        await super().add_thread_item(thread_id, item, context)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        sent = sa.select(files.c.id).where(files.c.owner == context.user_id, files.c.thread_id == thread_id)
        own = attachments.c.owner == context.user_id
        await self._database.run(sa.delete(attachments).where(own, attachments.c.id.in_(sent)))
        await super().delete_thread(thread_id, context)


class Attachments(AttachmentStore[RequestContext]):
    """Lets people delete what they attached. Files come through the route below, in one step."""

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Leave it to the store, which is asked next, and with whose row the file goes."""


class FileReader(HistoryConverter):
    """Gives the model the newest files of a conversation whole, and the names of the others."""

    async def to_agent_input(self, thread_items: Sequence[ThreadItem] | ThreadItem) -> list[TResponseInputItem]:
        """Choose which files are read; the conversation comes with its oldest item first."""
        items = thread_items if isinstance(thread_items, Sequence) else [thread_items]
        newest = [one.id for item in reversed(items) if isinstance(item, UserMessageItem) for one in item.attachments]
        self._read = set(newest[:MOST_READ])
        return await super().to_agent_input(items)

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputContentParam:
        if attachment.id not in self._read:
            return await super().attachment_to_message_content(attachment)
        try:
            data = await store.load_file(attachment.id, self.context)
        except NotFoundError:  # deleted since
            return await super().attachment_to_message_content(attachment)
        if attachment.mime_type.startswith("image/"):
            return {"type": "input_image", "detail": "auto", "image_url": data}
        if attachment.mime_type == "application/pdf":
            return {"type": "input_file", "filename": attachment.name, "file_data": data}
        text = data.replace("</attachment", "<\\/attachment")
        text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… (cut)"
        return {"type": "input_text", "text": f"[attached: {attachment.name}]\n<attachment>\n{text}\n</attachment>"}


store = FileStore(database)
server.store, server.attachment_store, server.converter = store, Attachments(), FileReader


@router.post("/chatkit/attachments")
async def attach(request: Request, user_id: UserId) -> Response:
    """Keep a file of a verified user for the message that they will send it with."""
    if wait := seconds_to_wait(user_id):
        return JSONResponse({"message": "Please wait a minute."}, status_code=429, headers={"Retry-After": str(wait)})
    try:
        name, content = await _file_of(request)
        kind = kind_of(content)
        if kind is None:
            return JSONResponse({"message": "Files of this kind cannot be attached."}, status_code=415)
        attachment = FileAttachment(id=f"atc_{uuid.uuid4().hex}", name=name, mime_type=kind)
        data = content.decode() if kind == "text/plain" else f"data:{kind};base64,{base64.b64encode(content).decode()}"
        if not await store.keep_file(attachment, data, RequestContext(user_id)):
            message = "You have attached many files. Delete conversations to make room."
            return JSONResponse({"message": message}, status_code=409)
    except TooLargeError:
        return JSONResponse({"message": "This file is too large."}, status_code=413)
    except MultiPartException:
        return JSONResponse({"message": MALFORMED}, status_code=400)
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
