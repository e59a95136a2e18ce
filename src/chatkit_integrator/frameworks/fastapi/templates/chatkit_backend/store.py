"""Conversations in a database, each statement limited to what belongs to its user.

Items are kept word for word as JSON and in the order in which they came; writing one again changes it where it stands. What is
not there and what is somebody else's are told apart by nothing: both are `NotFoundError`.
"""

import json
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter
from sqlalchemy import Select, Table, Text, bindparam, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from .context import RequestContext
from .schema import Database, attachments, items, preferences, threads

T = TypeVar("T")
LARGEST_PAGE = 100
NEWER = {"data": text("excluded.data")}  # what an insert changes where it meets its like; `excluded` of an insert takes longer
_THREAD = TypeAdapter(ThreadMetadata)
_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
_ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)


class SqlStore(Store[RequestContext]):
    """ChatKit's store on PostgreSQL or SQLite. What its methods do is told by `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Ids are of 128 bits; the SDK's own have 32.
    def generate_thread_id(self, context: RequestContext) -> str:
        return f"thr_{uuid.uuid4().hex}"

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        return f"{item_type}_{uuid.uuid4().hex}"

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        return _THREAD.validate_json(await self._one(_mine(threads), {"key": thread_id, "user": context.user_id}))

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        data = thread.model_dump(mode="json", exclude={"items"})  # it may come with some
        await self._save_owned(threads, thread.id, _json(data), context)

    async def load_threads(self, limit: int, after: str | None, order: str, context: RequestContext) -> Page[ThreadMetadata]:
        return await self._page(threads, _THREAD, {"user": context.user_id}, limit, after, order)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        await self._delete_owned(threads, thread_id, context)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        page = await self._page(items, _ITEM, {"key": thread_id, "user": context.user_id}, limit, after, order)
        if not page.data:
            await self.load_thread(thread_id, context)
        return page

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        # The SDK adds some items twice: the later one counts, where the first stood.
        data = _json(item.model_dump(mode="json"))
        await self._one(_adding(self._insert), {"key": thread_id, "user": context.user_id, "item": item.id, "text": data})

    save_item = add_thread_item

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        query = select(items.c.data).where(items.c.id == bindparam("item"), IN_THREAD)
        return _ITEM.validate_json(await self._one(query, {"key": thread_id, "user": context.user_id, "item": item_id}))

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        # One that is not there is no error: an answer may be withdrawn unsaved.
        one = delete(items).where(items.c.id == bindparam("item"), IN_THREAD)
        await self._run(one, {"key": thread_id, "user": context.user_id, "item": item_id})

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        await self._save_owned(attachments, attachment.id, _json(attachment.model_dump(mode="json")), context)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        return _ATTACHMENT.validate_json(await self._one(_mine(attachments), {"key": attachment_id, "user": context.user_id}))

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        await self._delete_owned(attachments, attachment_id, context)

    async def save_preferences(self, user_id: str, chosen: Mapping[str, object]) -> None:
        """Keep what this user chose last."""
        await self._save_owned(preferences, user_id, _json(chosen), RequestContext(user_id))

    async def load_preferences(self, user_id: str) -> Any:  # noqa: ANN401 - JSON
        """Give what this user chose last; nothing at first."""
        query = select(preferences.c.data).where(preferences.c.owner == bindparam("user"))
        return json.loads((await self._run(query, {"user": user_id})).scalar() or "{}")

    @property
    def _insert(self) -> Any:  # noqa: ANN401 - the dialects' inserts share no type
        return (postgresql if self._database.engine.dialect.name == "postgresql" else sqlite).insert

    async def _save_owned(self, table: Table, key: str, data: str, context: RequestContext) -> None:
        await self._one(_saving(self._insert, table), {"key": key, "user": context.user_id, "text": data})

    async def _delete_owned(self, table: Table, key: str, context: RequestContext) -> None:
        one = delete(table).where(table.c.id == bindparam("key"), table.c.owner == bindparam("user"))
        await self._one(one.returning(table.c.id), {"key": key, "user": context.user_id})

    async def _run(self, statement: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 - queries and inserts share no type
        if any("\0" in one for one in values.values()):
            raise NotFoundError  # no id of ours holds a NUL, which PostgreSQL would not even compare
        return await self._database.run(statement, values)

    async def _one(self, statement: Any, values: dict[str, str]) -> Any:  # noqa: ANN401
        found = (await self._run(statement, values)).scalar()
        if found is None:
            raise NotFoundError
        return found

    async def _page(
        self, table: Table, kind: TypeAdapter[T], values: dict[str, str], limit: int, after: str | None, order: str
    ) -> Page[T]:
        where = IN_THREAD if table is items else table.c.owner == bindparam("user")
        size = max(1, min(limit, LARGEST_PAGE))
        position = table.c.position
        query = select(table.c.id, table.c.data).where(where)
        if after is not None:
            last = await self._one(select(position).where(where, table.c.id == bindparam("item")), {**values, "item": after})
            query = query.where(position < last if order == "desc" else position > last)
        query = query.order_by(position.desc() if order == "desc" else position.asc()).limit(size + 1)
        rows = (await self._run(query, values)).all()
        after = rows[size - 1].id if len(rows) > size else None
        return Page(data=[kind.validate_json(row.data) for row in rows[:size]], has_more=after is not None, after=after)


@cache  # statements are built once: building one takes as long as running it
def _mine(table: Table) -> Select[tuple[str]]:
    return select(table.c.data).where(table.c.id == bindparam("key"), table.c.owner == bindparam("user"))


IN_THREAD = items.c.thread_id.in_(_mine(threads).with_only_columns(threads.c.id))


@cache
def _saving(insert: Any, table: Table) -> Any:  # noqa: ANN401
    row = insert(table).values(id=bindparam("key"), owner=bindparam("user"), data=bindparam("text"))
    change = {"index_elements": [table.c.id], "set_": NEWER, "where": table.c.owner == bindparam("user")}
    return row.on_conflict_do_update(**change).returning(table.c.id)


@cache
def _adding(insert: Any) -> Any:  # noqa: ANN401
    key, item, data = bindparam("key", type_=Text), bindparam("item", type_=Text), bindparam("text", type_=Text)
    values = _mine(threads).with_only_columns(key, item, data)
    row = insert(items).from_select(["thread_id", "id", "data"], values)
    change = {"index_elements": [items.c.thread_id, items.c.id], "set_": NEWER}
    return row.on_conflict_do_update(**change).returning(items.c.id)


def _json(value: object) -> str:
    """Halves of a character, which no database takes, become `?`."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
