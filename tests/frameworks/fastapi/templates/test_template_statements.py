"""What a turn asks of its database: how much, whatever the length of the thread, and nothing that a pooler forbids."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import assistant_message
from chatkit.types import UserMessageItem
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from frameworks.fastapi.templates.conftest import Chat

NOW = datetime(2026, 3, 29, 12)  # noqa: DTZ001 - the SDK's own times are naive


@contextmanager
def statements(chat: Chat) -> Generator[list[str]]:
    """The statements that reach the database meanwhile."""
    engine = chat.modules("app.chatkit_backend.database").database.engine.sync_engine
    seen: list[str] = []

    def see(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


async def test_a_turn_is_five_statements_and_a_first_one_six(chat: Chat) -> None:
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{number}")] for number in range(3)])
    await chat.say("Are you there?")  # makes the tables

    with statements(chat) as first:
        thread, _ = await chat.say("Do you have tea?")
    with statements(chat) as later:
        await chat.say("And milk?", thread)

    assert [one.split()[0] for one in later] == ["SELECT", "INSERT", "SELECT", "SELECT", "INSERT"]
    assert [one.split()[0] for one in first] == ["INSERT", "INSERT", "SELECT", "SELECT", "INSERT", "INSERT"]


async def test_each_statement_names_the_owner(chat: Chat) -> None:
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{number}")] for number in range(2)])
    thread, _ = await chat.say("Do you have tea?")

    with statements(chat) as seen:
        await chat.say("And milk?", thread)
        await chat.call("threads.get_by_id", {"thread_id": thread})
        await chat.call("threads.list", {})
        await chat.call("threads.update", {"thread_id": thread, "title": "Tea"})
        await chat.call("items.list", {"thread_id": thread})
        await chat.call("threads.delete", {"thread_id": thread})

    assert len(seen) > 10
    assert [one for one in seen if "owner" not in one] == []


@pytest.mark.slow
async def test_a_turn_in_a_thread_of_ten_thousand_items_asks_the_same_and_uses_the_index(
    made_chat: Callable[..., Chat], postgres: Callable[[], str]
) -> None:
    chat = made_chat(postgres())
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{number}")] for number in range(2)])
    thread, _ = await chat.say("Do you have tea?")
    database = chat.modules("app.chatkit_backend.database").database
    schema = chat.modules("app.chatkit_backend.schema")
    rows: list[dict[str, Any]] = [
        {"thread_id": thread, "id": f"m{number}", "data": message(thread, number).model_dump_json()} for number in range(10_000)
    ]
    async with database.engine.connect() as connection:
        await connection.execute(schema.items.insert(), rows)
        await connection.exec_driver_sql("ANALYZE")

    with statements(chat) as seen:
        _, events = await chat.say("And milk?", thread)

    assert events[-1]["type"] == "thread.item.done"
    assert len(seen) == 5
    assert "m9999" in str(chat.prompt())
    async with database.engine.connect() as connection:
        newest = f"SELECT data FROM chatkit_items WHERE thread_id = '{thread}' ORDER BY position DESC LIMIT 51"  # noqa: S608 - ours
        plan = "\n".join(row[0] for row in await connection.exec_driver_sql(f"EXPLAIN {newest}"))
    assert re.search(r"Index Scan Backward using chatkit_items_(in_order|pkey)", plan), plan


def message(thread: str, number: int) -> UserMessageItem:
    return UserMessageItem.model_validate(
        {
            "id": f"m{number}",
            "thread_id": thread,
            "created_at": NOW,
            "content": [{"type": "input_text", "text": f"m{number}"}],
            "attachments": [],
            "inference_options": {},
        }
    )


@pytest.mark.slow
async def test_nothing_outlives_a_statement_so_poolers_may_hand_the_connection_on(
    made_chat: Callable[..., Chat], postgres: Callable[[], str]
) -> None:
    """Behind a pooler in transaction mode the next statement may run on another connection: no names, settings or locks."""
    chat = made_chat(postgres())
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_a")])
    await chat.say("Do you have tea?")

    async with chat.modules("app.chatkit_backend.database").database.engine.connect() as connection:
        left = {
            name: (await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar()  # noqa: S608 - ours
            for name in ("pg_prepared_statements", "pg_cursors WHERE name <> ''", "pg_locks WHERE locktype = 'advisory'")
        }
        changed = "pg_settings WHERE source = 'session' AND name NOT IN ('application_name')"
        left["settings"] = (await connection.exec_driver_sql(f"SELECT count(*) FROM {changed}")).scalar()  # noqa: S608 - ours
        asked = await connection.get_raw_connection()
        driver: Any = asked.driver_connection
        assert driver is not None
        assert not driver.is_in_transaction()

    assert {name for name, number in left.items() if number} == set()


@pytest.mark.slow
async def test_a_conversation_in_which_no_two_transactions_share_a_connection(
    made_chat: Callable[..., Chat], postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a pooler in transaction mode may have it; a pool that keeps nothing stands in for the pooler."""
    chat = made_chat(postgres())
    schema = chat.modules("app.chatkit_backend.schema")
    pool = {"pool_size", "max_overflow", "pool_pre_ping"}

    def create(url: Any, **words: Any) -> Any:
        kept = {name: value for name, value in words.items() if name not in pool}
        return create_async_engine(url, poolclass=NullPool, **kept)

    monkeypatch.setattr(schema, "create_async_engine", create)
    used: list[int] = []
    engine = chat.modules("app.chatkit_backend.database").database.engine.sync_engine

    def note(connection: Any, _record: object) -> None:
        used.append(connection.driver_connection.get_server_pid())

    event.listen(engine, "connect", note)
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{number}")] for number in range(2)])

    async with chat.app.router.lifespan_context(chat.app):
        thread, _ = await chat.say("Do you have tea?")
        await chat.say("And milk?", thread)
        await chat.call("threads.update", {"thread_id": thread, "title": "Tea"})
        found = await chat.call("threads.get_by_id", {"thread_id": thread})

    assert len(used) > 10
    assert len(set(used)) == len(used)
    assert (found["title"], len(found["items"]["data"])) == ("Tea", 4)
