"""Conversations in a database, each statement limited to what belongs to its user.

Items are kept word for word as JSON and in the order in which they came; writing one again changes it where it stands.
"""

import uuid
from typing import Any

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, FromClause, Select, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from .context import RequestContext
from .schema import attachments, items, threads

LARGEST_PAGE = 100
_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
_ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)


class SqlStore(Store[RequestContext]):
    """ChatKit's store on PostgreSQL or SQLite."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert: Any = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def generate_thread_id(self, context: RequestContext) -> str:
        """Give an id of 128 random bits; the SDK's own have 32."""
        del context
        return f"thr_{uuid.uuid4().hex}"

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        """Give an id of 128 random bits; the SDK's own have 32."""
        del thread, context
        return f"{item_type}_{uuid.uuid4().hex}"

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        """Load a thread of this user."""
        return ThreadMetadata.model_validate_json(await self._one(_owned_thread(thread_id, context)))

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Create or change a thread of this user; a thread of somebody else stays as it is."""
        data = ThreadMetadata.model_validate(thread.model_dump(exclude={"items"})).model_dump_json()
        row = self._insert(threads).values(id=thread.id, owner=context.user_id, data=data)
        await self._write(
            row.on_conflict_do_update(
                index_elements=[threads.c.id], set_={"data": row.excluded.data}, where=threads.c.owner == context.user_id
            ).returning(threads.c.id)
        )

    async def load_threads(self, limit: int, after: str | None, order: str, context: RequestContext) -> Page[ThreadMetadata]:
        """List this user's threads."""
        mine = threads.c.owner == context.user_id
        rows, more = await self._page(threads, mine, limit, after, order)
        found = [ThreadMetadata.model_validate_json(row) for row in rows]
        return Page(data=found, has_more=more, after=found[-1].id if more else None)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """Delete a thread of this user and everything in it."""
        await self._write(
            delete(threads).where(threads.c.id == thread_id, threads.c.owner == context.user_id).returning(threads.c.id)
        )

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """List the items of a thread of this user."""
        await self._one(_owned_thread(thread_id, context))
        rows, more = await self._page(items, _in_thread(thread_id, context), limit, after, order)
        found = [_ITEM.validate_json(row) for row in rows]
        return Page(data=found, has_more=more, after=found[-1].id if more else None)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Add an item to a thread of this user. The SDK adds some items twice: the later one counts."""
        values = select(literal(thread_id), literal(item.id), literal(item.model_dump_json())).where(
            select(threads.c.id).where(threads.c.id == thread_id, threads.c.owner == context.user_id).exists()
        )
        row = self._insert(items).from_select(["thread_id", "id", "data"], values)
        await self._write(
            row.on_conflict_do_update(
                index_elements=[items.c.thread_id, items.c.id], set_={"data": row.excluded.data}
            ).returning(items.c.id)
        )

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Create or change an item."""
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        """Load an item of a thread of this user."""
        query = select(items.c.data).where(items.c.id == item_id, _in_thread(thread_id, context))
        return _ITEM.validate_json(await self._one(query))

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """Delete an item of a thread of this user; one that is gone already is no error."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(items).where(items.c.id == item_id, _in_thread(thread_id, context)))

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """Create or change the record of an attachment of this user."""
        row = self._insert(attachments).values(id=attachment.id, owner=context.user_id, data=attachment.model_dump_json())
        await self._write(
            row.on_conflict_do_update(
                index_elements=[attachments.c.id],
                set_={"data": row.excluded.data},
                where=attachments.c.owner == context.user_id,
            ).returning(attachments.c.id)
        )

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        """Load the record of an attachment of this user."""
        query = select(attachments.c.data).where(attachments.c.id == attachment_id, attachments.c.owner == context.user_id)
        return _ATTACHMENT.validate_json(await self._one(query))

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Delete the record of an attachment of this user."""
        await self._write(
            delete(attachments)
            .where(attachments.c.id == attachment_id, attachments.c.owner == context.user_id)
            .returning(attachments.c.id)
        )

    async def _one(self, query: Select[Any]) -> str:
        async with self._engine.connect() as connection:
            data = (await connection.execute(query)).scalar_one_or_none()
        if data is None:
            raise NotFoundError
        return str(data)

    async def _write(self, statement: Any) -> None:  # noqa: ANN401 - inserts and deletes share no type
        async with self._engine.begin() as connection:
            changed = (await connection.execute(statement)).first()
        if changed is None:
            raise NotFoundError

    async def _page(
        self, table: FromClause, where: ColumnElement[bool], limit: int, after: str | None, order: str
    ) -> tuple[list[str], bool]:
        size = max(1, min(limit, LARGEST_PAGE))
        position = table.c.position
        query = select(table.c.data).where(where)
        async with self._engine.connect() as connection:
            if after is not None:
                place = (await connection.execute(select(position).where(where, table.c.id == after))).scalar_one_or_none()
                if place is None:
                    raise NotFoundError
                query = query.where(position < place if order == "desc" else position > place)
            query = query.order_by(position.desc() if order == "desc" else position.asc()).limit(size + 1)
            rows = [str(row) for row in (await connection.execute(query)).scalars()]
        return rows[:size], len(rows) > size


def _owned_thread(thread_id: str, context: RequestContext) -> Select[Any]:
    return select(threads.c.data).where(threads.c.id == thread_id, threads.c.owner == context.user_id)


def _in_thread(thread_id: str, context: RequestContext) -> ColumnElement[bool]:
    return items.c.thread_id.in_(select(threads.c.id).where(threads.c.id == thread_id, threads.c.owner == context.user_id))
