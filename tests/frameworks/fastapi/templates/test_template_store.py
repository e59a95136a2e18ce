from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from chatkit.store import NotFoundError
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    FileAttachment,
    HiddenContextItem,
    InferenceOptions,
    Page,
    Thread,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)
from sqlalchemy import make_url, text

from chatkit_integrator.frameworks.fastapi.templates.chatkit_backend.context import RequestContext
from chatkit_integrator.frameworks.fastapi.templates.chatkit_backend.schema import UNAVAILABLE, Database, connect
from chatkit_integrator.frameworks.fastapi.templates.chatkit_backend.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ANN, BOB = RequestContext("ann"), RequestContext("bob")
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456)  # noqa: DTZ001 - the SDK's own times are naive


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    database = Database(lambda: make_url(database_url))
    yield SqlStore(database)
    await database.engine.dispose()


def thread(key: str = "thr_1", title: str | None = None) -> ThreadMetadata:
    return ThreadMetadata(id=key, created_at=NOON, title=title)


def said(key: str, words: str = "hello", where: str = "thr_1") -> UserMessageItem:
    return UserMessageItem(
        id=key,
        thread_id=where,
        created_at=NOON,
        content=[UserMessageTextContent(text=words)],
        attachments=[],
        inference_options=InferenceOptions(),
    )


def answered(key: str, words: str) -> AssistantMessageItem:
    return AssistantMessageItem(id=key, thread_id="thr_1", created_at=NOON, content=[AssistantMessageContent(text=words)])


def attached(key: str = "atc_1", name: str = "a.txt") -> FileAttachment:
    return FileAttachment(id=key, name=name, mime_type="text/plain", metadata={"where": "s3"})


async def every_item(store: SqlStore, context: RequestContext = ANN) -> list[ThreadItem]:
    return (await store.load_thread_items("thr_1", None, 100, "asc", context)).data


async def test_what_was_saved_is_loaded_as_it_was(store: SqlStore) -> None:
    kept = ThreadMetadata(id="thr_1", created_at=NOON, title="Tea", metadata={"last": "resp_1"})
    hidden = HiddenContextItem(id="hid_1", thread_id="thr_1", created_at=NOON, content={"deep": [1, None]})

    await store.save_thread(kept, ANN)
    await store.add_thread_item("thr_1", hidden, ANN)
    await store.save_attachment(attached(), ANN)

    assert await store.load_thread("thr_1", ANN) == kept
    assert await store.load_item("thr_1", "hid_1", ANN) == hidden
    assert await store.load_attachment("atc_1", ANN) == attached()


THEFTS: dict[str, Callable[[SqlStore], Awaitable[object]]] = {
    "load_thread": lambda store: store.load_thread("thr_1", BOB),
    "save_thread": lambda store: store.save_thread(thread(title="stolen"), BOB),
    "load_thread_items": lambda store: store.load_thread_items("thr_1", None, 20, "asc", BOB),
    "load_thread_items after": lambda store: store.load_thread_items("thr_bob", "msg_1", 20, "desc", BOB),
    "add_thread_item": lambda store: store.add_thread_item("thr_1", said("msg_9"), BOB),
    "add_thread_item, one that is there": lambda store: store.add_thread_item("thr_1", said("msg_1", "forged"), BOB),
    "save_item": lambda store: store.save_item("thr_1", said("msg_1", "forged"), BOB),
    "load_item": lambda store: store.load_item("thr_1", "msg_1", BOB),
    "load_item through an own thread": lambda store: store.load_item("thr_bob", "msg_1", BOB),
    "load_threads after": lambda store: store.load_threads(20, "thr_1", "asc", BOB),
    "delete_thread": lambda store: store.delete_thread("thr_1", BOB),
    "save_attachment": lambda store: store.save_attachment(attached(name="forged"), BOB),
    "load_attachment": lambda store: store.load_attachment("atc_1", BOB),
    "delete_attachment": lambda store: store.delete_attachment("atc_1", BOB),
}


async def test_what_belongs_to_somebody_else_is_not_found_and_stays_as_it_is(store: SqlStore) -> None:
    await store.save_thread(thread(title="mine"), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    await store.save_attachment(attached(), ANN)
    await store.save_thread(thread("thr_bob"), BOB)

    for name, attempt in THEFTS.items():
        with pytest.raises(NotFoundError):
            await attempt(store)
        assert (await store.load_thread("thr_1", ANN)).title == "mine", name
        assert await every_item(store) == [said("msg_1")], name
        assert await store.load_attachment("atc_1", ANN) == attached(), name


async def test_deleting_an_item_in_somebody_elses_thread_deletes_nothing(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)

    await store.delete_thread_item("thr_1", "msg_1", BOB)

    assert await every_item(store) == [said("msg_1")]


async def test_each_user_lists_their_own_threads_only(store: SqlStore) -> None:
    await store.save_thread(thread("thr_1"), ANN)
    await store.save_thread(thread("thr_2"), BOB)

    assert [one.id for one in (await store.load_threads(20, None, "desc", ANN)).data] == ["thr_1"]
    assert [one.id for one in (await store.load_threads(20, None, "desc", BOB)).data] == ["thr_2"]


async def test_ids_that_do_not_exist_are_not_found_whatever_they_hold(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    attempts: tuple[Callable[[str], Awaitable[object]], ...] = (
        lambda key: store.load_thread(key, ANN),
        lambda key: store.load_thread_items(key, None, 20, "asc", ANN),
        lambda key: store.load_thread_items("thr_1", key, 20, "asc", ANN),
        lambda key: store.load_item("thr_1", key, ANN),
        lambda key: store.load_threads(20, key, "asc", ANN),
        lambda key: store.add_thread_item(key, said("msg_9"), ANN),
        lambda key: store.delete_thread(key, ANN),
        lambda key: store.load_attachment(key, ANN),
        lambda key: store.delete_attachment(key, ANN),
    )
    for attempt in attempts:
        for key in ("unknown", "nul\0in it", "' OR 1=1 --", "x" * 5000):
            with pytest.raises(NotFoundError):
                await attempt(key)


async def test_the_same_item_id_in_two_threads_is_two_items(store: SqlStore) -> None:
    await store.save_thread(thread("thr_1"), ANN)
    await store.save_thread(thread("thr_2"), BOB)
    await store.add_thread_item("thr_1", said("msg_1", "ann's"), ANN)
    await store.add_thread_item("thr_2", said("msg_1", "bob's", "thr_2"), BOB)

    assert await every_item(store) == [said("msg_1", "ann's")]


async def test_an_item_added_twice_is_there_once_and_keeps_its_place(store: SqlStore) -> None:
    """G6: the SDK adds an open workflow again when it ends."""
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    await store.add_thread_item("thr_1", said("msg_2"), ANN)
    await store.add_thread_item("thr_1", said("msg_1", "changed"), ANN)
    await store.save_item("thr_1", said("msg_3"), ANN)

    assert await every_item(store) == [said("msg_1", "changed"), said("msg_2"), said("msg_3")]


async def test_a_thread_saved_again_changes_and_keeps_its_place_and_items(store: SqlStore) -> None:
    await store.save_thread(thread("thr_1"), ANN)
    await store.save_thread(thread("thr_2"), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    await store.save_thread(thread("thr_1", title="Tea"), ANN)

    assert [one.title for one in (await store.load_threads(20, None, "asc", ANN)).data] == ["Tea", None]
    assert await every_item(store) == [said("msg_1")]


async def test_a_thread_that_comes_with_items_is_kept_without_them(store: SqlStore) -> None:
    """G2: a title set on the first turn makes the SDK save a Thread, items and all."""
    await store.save_thread(Thread(id="thr_1", created_at=NOON, title="Tea", items=Page(data=[said("msg_1")])), ANN)

    loaded = await store.load_thread("thr_1", ANN)

    assert loaded == thread(title="Tea")
    assert "items" not in loaded.model_dump()


async def test_times_come_back_naive_and_unshifted(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """G7, G8: neither the process's time zone nor the session's moves them."""
    monkeypatch.setenv("TZ", "America/New_York")
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    [item] = await every_item(store)

    assert item.created_at == NOON
    assert item.created_at.tzinfo is None
    assert (await store.load_thread("thr_1", ANN)).created_at == NOON


async def test_items_are_in_the_order_in_which_they_came_not_in_that_of_their_times(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    for number in range(3):
        earlier = said(f"msg_{number}").model_copy(update={"created_at": NOON.replace(year=2026 - number)})
        await store.add_thread_item("thr_1", earlier, ANN)

    assert [one.id for one in await every_item(store)] == ["msg_0", "msg_1", "msg_2"]


async def test_text_of_any_kind_survives(store: SqlStore) -> None:
    """G9: PostgreSQL's own JSON and text types refuse NUL."""
    for words in ("nul \0 in it", "é 漢 🙂", '"quotes" \\ and \\u0000 as text', "</context>", ""):
        await store.save_thread(thread(title=words), ANN)
        await store.add_thread_item("thr_1", said("msg_1", words), ANN)

        assert await every_item(store) == [said("msg_1", words)]
        assert (await store.load_thread("thr_1", ANN)).title == words


async def test_half_a_character_does_not_poison_its_thread(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", answered("msg_1", "cut \ud83d"), ANN)

    [item] = await every_item(store)

    assert b"cut ?" in item.model_dump_json().encode()


async def test_pages_follow_one_another_in_both_directions(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    for number in range(5):
        await store.add_thread_item("thr_1", said(f"msg_{number}"), ANN)

    for order, expected in (("asc", ["01", "23", "4"]), ("desc", ["43", "21", "0"])):
        after: str | None = None
        pages: list[str] = []
        more = True
        while more:
            page = await store.load_thread_items("thr_1", after, 2, order, ANN)
            pages.append("".join(one.id.removeprefix("msg_") for one in page.data))
            after, more = page.after, page.has_more
        assert pages == expected
        assert after is None


async def test_threads_are_paged_by_the_id_of_the_last_one(store: SqlStore) -> None:
    for number in range(3):
        await store.save_thread(thread(f"thr_{number}"), ANN)

    first = await store.load_threads(2, None, "desc", ANN)
    second = await store.load_threads(2, first.after, "desc", ANN)

    assert [one.id for one in first.data] == ["thr_2", "thr_1"]
    assert (first.has_more, first.after) == (True, "thr_1")
    assert [one.id for one in second.data] == ["thr_0"]
    assert (second.has_more, second.after) == (False, None)


async def test_a_page_is_never_larger_than_a_hundred_nor_empty_for_its_limit(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    for number in range(101):
        await store.add_thread_item("thr_1", said(f"msg_{number}"), ANN)

    for limit, given in ((9999, 100), (0, 1), (-5, 1)):
        page = await store.load_thread_items("thr_1", None, limit, "asc", ANN)
        assert len(page.data) == given
        assert page.has_more


async def test_deleting_a_thread_takes_its_items_with_it(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)

    await store.delete_thread("thr_1", ANN)
    await store.save_thread(thread(), ANN)

    assert await every_item(store) == []


async def test_a_deleted_id_can_not_be_revived_into_somebody_elses_items(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    await store.delete_thread("thr_1", ANN)

    await store.save_thread(thread(), BOB)

    assert await every_item(store, BOB) == []


async def test_what_is_deleted_is_gone(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)
    await store.add_thread_item("thr_1", said("msg_1"), ANN)
    await store.save_attachment(attached(), ANN)

    await store.delete_thread_item("thr_1", "msg_1", ANN)
    await store.delete_thread_item("thr_1", "msg_1", ANN)
    await store.delete_attachment("atc_1", ANN)

    assert await every_item(store) == []
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ANN)


async def test_an_attachment_is_saved_again_when_it_joins_a_thread(store: SqlStore) -> None:
    await store.save_attachment(attached(), ANN)
    await store.save_attachment(attached().model_copy(update={"thread_id": "thr_1"}), ANN)

    assert (await store.load_attachment("atc_1", ANN)).thread_id == "thr_1"


async def test_everything_is_there_for_the_next_process(database_url: str) -> None:
    first = Database(lambda: make_url(database_url))
    await SqlStore(first).save_thread(thread(), ANN)
    await first.engine.dispose()

    second = Database(lambda: make_url(database_url))
    assert await SqlStore(second).load_thread("thr_1", ANN) == thread()
    await second.engine.dispose()


async def test_workers_that_start_together_make_the_tables_once(database_url: str) -> None:
    workers = [Database(lambda: make_url(database_url)) for _ in range(4)]

    await asyncio.gather(*(SqlStore(one).save_thread(thread(f"thr_{n}"), ANN) for n, one in enumerate(workers)))

    assert len((await SqlStore(workers[0]).load_threads(20, None, "asc", ANN)).data) == 4
    for one in workers:
        await one.engine.dispose()


async def test_items_added_at_the_same_moment_are_all_kept(store: SqlStore) -> None:
    await store.save_thread(thread(), ANN)

    await asyncio.gather(*(store.add_thread_item("thr_1", said(f"msg_{n}"), ANN) for n in range(20)))

    assert {one.id for one in await every_item(store)} == {f"msg_{n}" for n in range(20)}


async def test_a_request_that_is_cancelled_in_the_middle_leaves_no_lock(store: SqlStore, database_url: str) -> None:
    """Seen on SQLite: nobody could write any more until the abandoned connection was collected."""
    other = Database(lambda: make_url(database_url))
    await store.save_thread(thread(), ANN)
    for turn in range(30):
        request = asyncio.create_task(store.add_thread_item("thr_1", said(f"msg_{turn}"), ANN))
        await asyncio.sleep(turn / 5000)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.wait_for(SqlStore(other).save_thread(thread(title=str(turn)), ANN), timeout=2)
    await other.engine.dispose()


def test_ids_are_of_128_bits(tmp_path: object) -> None:
    store = SqlStore(Database(lambda: make_url(f"sqlite:///{tmp_path}/x.db")))

    made = {store.generate_thread_id(ANN), store.generate_item_id("message", thread(), ANN)}

    assert {len(one.rpartition("_")[2]) for one in made} == {32}


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:pw@db/shop?sslmode=require&channel_binding=require&options=-csearch_path%3Dx",
        "postgresql+psycopg2://me:pw@db/shop?sslmode=require&connect_timeout=3",
        "postgresql+asyncpg://me:pw@db/shop?ssl=require&prepared_statement_cache_size=5",
        "postgresql+psycopg://me:pw@db/shop?sslmode=require&pgbouncer=true&application_name=shop",
    ],
)
def test_options_that_only_another_driver_knows_do_not_reach_ours(address: str) -> None:
    engine = connect(make_url(address))

    _, keywords = engine.dialect.create_connect_args(engine.url)

    assert engine.url.drivername == "postgresql+asyncpg"
    assert keywords == {"host": "db", "database": "shop", "user": "me", "password": "pw"}


async def test_a_connection_is_named_and_warm_before_the_first_message(postgres: Callable[[], str]) -> None:
    address = postgres()
    database = Database(lambda: make_url(address))
    watcher = connect(make_url(address))

    async with database.lifespan(None), watcher.connect() as connection:  # type: ignore[arg-type] - the app is not looked at
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name='chatkit' AND pid <> pg_backend_pid()"
        assert (await connection.execute(text(f"{query} AND datname = current_database()"))).scalar_one() == 2
    await watcher.dispose()


async def test_what_people_wrote_is_not_in_the_text_of_an_error(database_url: str) -> None:
    engine = connect(make_url(database_url))
    with pytest.raises(Exception, match="no_such_table") as caught:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO no_such_table VALUES (:words)"), {"words": "my diary"})
    await engine.dispose()

    assert "my diary" not in str(caught.value)


async def test_connections_that_the_server_has_ended_are_replaced(postgres: Callable[[], str]) -> None:
    address = postgres()
    database = Database(lambda: make_url(address))
    store = SqlStore(database)
    await store.save_thread(thread(), ANN)
    killer = connect(make_url(address))
    async with killer.connect() as connection:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        await connection.execute(text(f"{query} AND pid <> pg_backend_pid()"))
    await killer.dispose()

    assert await store.load_thread("thr_1", ANN) == thread()
    await database.engine.dispose()


async def test_a_server_that_refuses_the_connection_is_away(postgres: Callable[[], str]) -> None:
    address = make_url(postgres()).set(database="no_such_database")
    database = Database(lambda: address)

    with pytest.raises(UNAVAILABLE):
        await SqlStore(database).save_thread(thread(), ANN)
    await database.engine.dispose()
