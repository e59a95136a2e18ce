"""Files that people attach, in the chat's database: as the text that the model is given, for their owner alone.

A file is never handed out again. It goes with its attachment, its thread, its owner and its time.
"""

import time
from collections.abc import Sequence

import sqlalchemy as sa
from agents import TResponseInputItem
from chatkit.store import AttachmentStore, NotFoundError
from chatkit.types import Attachment, ThreadItem, UserMessageItem
from openai.types.responses import ResponseInputContentParam

from .context import RequestContext
from .database import database
from .history import HistoryConverter
from .schema import DAY, attachments, metadata
from .store import SqlStore

MOST_IN_MESSAGE = 5  # the site's settings say the same
MOST_KEPT = 200  # of one user
MOST_READ = 5  # of a conversation, the newest; the model is told of the others
LONGEST_TEXT = 100_000  # characters of a text file that the model reads

files = sa.Table(
    "chatkit_files",
    metadata,
    sa.Column("id", sa.Text, sa.ForeignKey("chatkit_attachments.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True),
    sa.Column("thread_id", sa.Text),
    sa.Column("data", sa.Text, nullable=False),
)


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
        own = sa.select(files.c.data).where(files.c.id == attachment_id, files.c.owner == context.user_id)
        return await self._one(own, {})

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
            data = await FileStore(database).load_file(attachment.id, self.context)
        except NotFoundError:  # deleted since
            return await super().attachment_to_message_content(attachment)
        if attachment.mime_type.startswith("image/"):
            return {"type": "input_image", "detail": "auto", "image_url": data}
        if attachment.mime_type == "application/pdf":
            return {"type": "input_file", "filename": attachment.name, "file_data": data}
        text = data.replace("</attachment", "<\\/attachment")
        text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… (cut)"
        return {"type": "input_text", "text": f"[attached: {attachment.name}]\n<attachment>\n{text}\n</attachment>"}
