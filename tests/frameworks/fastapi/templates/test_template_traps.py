"""G1 to G15: the traps of ChatKit's server SDK; each test here falls into its trap when what avoids it is taken out."""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import re
import time
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from agents import RunContextWrapper, function_tool
from agents.agent import StopAtTools
from agents.exceptions import UserError
from agents.models.chatcmpl_converter import Converter
from agents.testing import assistant_message, function_call
from chatkit.agents import AgentContext, ClientToolCall
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    CustomTask,
    FileAttachment,
    HiddenContextItem,
    InferenceOptions,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
    Workflow,
)
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from chatkit.store import Store
    from chatkit.types import ThreadItem
    from frameworks.fastapi.templates.conftest import Chat, Hesitant

NOW = datetime(2026, 3, 29, 12)  # noqa: DTZ001 - the SDK's own times are naive
FAKE = "__fake_id__"


def words(item: dict[str, Any]) -> str:
    return "".join(part["text"] for part in item["content"])


def errors(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "error"]


async def keep(chat: Chat, thread: str, item: ThreadItem) -> None:
    store: Store[Any] = chat.modules("app.chatkit_backend.router").store
    await store.add_thread_item(thread, item, chat.modules("app.chatkit_backend.context").RequestContext("ann"))


async def test_g01_a_long_thread_is_read_from_its_newest_end_oldest_first(chat: Chat) -> None:
    """The quickstart's ascending page freezes the model on the oldest twenty."""
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{n}")] for n in range(2)])
    thread, _ = await chat.say("first")
    for number in range(70):
        content = [AssistantMessageContent(text=f"<{number}>")]
        await keep(chat, thread, AssistantMessageItem(id=f"old_{number}", thread_id=thread, created_at=NOW, content=content))

    await chat.say("newest", thread)

    assert len(chat.prompt()) == 50
    assert "newest" in json.dumps(chat.prompt()[-1])
    assert [one["content"] for one in chat.prompt()[-3:-1]] == ["<68>", "<69>"]


async def test_g02_a_thread_that_was_named_in_its_first_turn_can_be_opened(chat: Chat) -> None:
    """The title makes the SDK save the thread with its items, which loading it then stumbles over."""
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{n}")] for n in range(2)])

    thread, events = await chat.say("  Do you\nhave  tea? " + "x" * 80)
    await chat.say("And coffee?", thread)

    opened = await chat.call("threads.get_by_id", {"thread_id": thread})
    assert opened["title"].startswith("Do you have tea? xxx")
    assert opened["title"].endswith("…")
    assert len(opened["title"]) <= 60
    assert "thread.updated" in [event["type"] for event in events]
    assert [item["type"] for item in opened["items"]["data"]] == ["user_message", "assistant_message"] * 2
    async with chat.modules("app.chatkit_backend.database").database.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT data FROM chatkit_threads"))).scalar_one()
    assert "items" not in json.loads(kept)


@function_tool
def look() -> str:
    return "on the shelf"


async def two_turns_without_ids(chat: Chat) -> tuple[str, list[dict[str, Any]]]:
    """What a Chat Completions model says: each message and call is ``__fake_id__``."""
    chat.modules("app.bot").agent.tools = [look]
    for _ in range(2):
        calls = function_call("look", {}, call_id="c1", item_id=FAKE)
        chat.model.enqueue([assistant_message("I look.", item_id=FAKE), calls])
        chat.model.enqueue([assistant_message("There.", item_id=FAKE)])
    thread, events = await chat.say("Where?")
    await chat.say("And now?", thread)
    return thread, events


async def test_g03_answers_of_a_model_that_gives_no_ids_do_not_overwrite_one_another(chat: Chat) -> None:
    thread, events = await two_turns_without_ids(chat)

    assert FAKE not in json.dumps(events)
    assert [words(item) for item in await chat.items(thread) if item["type"] != "task"] == [
        *("Where?", "I look.", "There."),
        *("And now?", "I look.", "There."),
    ]


async def test_g04_history_is_of_a_shape_that_chat_completions_models_take(chat: Chat) -> None:
    """The SDK's ``output_text`` parts make every second turn of such a model fail."""
    chat.model.extend([[assistant_message("Yes.", item_id=FAKE)] for _ in range(2)])
    thread, _ = await chat.say("Hello", metadata={"selection": "x"})

    await chat.say("Again", thread, metadata={"selection": "x"})

    messages = Converter.items_to_messages(chat.prompt())  # type: ignore[arg-type] - recorded as plain JSON
    assert [one["role"] for one in messages] == ["user", "user", "assistant", "user"]


async def test_g05_all_events_about_a_message_name_it_by_one_id_and_no_other_message(chat: Chat) -> None:
    """The popular patch renames the item of an event only, and gives one id to all messages of a run."""
    _, events = await two_turns_without_ids(chat)

    messages = [event for event in events if event.get("item", {}).get("type") == "assistant_message"]
    added = [event["item"]["id"] for event in messages if event["type"] == "thread.item.added"]
    done = [event["item"]["id"] for event in messages if event["type"] == "thread.item.done"]
    updated = {event["item_id"] for event in events if event["type"] == "thread.item.updated"}
    assert len(added) == len(set(added)) == 2
    assert added == done
    assert updated == set(added)


@function_tool
async def locate(context: RunContextWrapper[AgentContext[Any]]) -> str:
    """Ask the browser, in a workflow that stays open."""
    await context.context.start_workflow(Workflow(type="custom", tasks=[CustomTask(title="Locating")]))
    context.context.client_tool_call = ClientToolCall(name="locate", arguments={})
    return ""


async def open_workflow_and_client_tool(chat: Chat) -> tuple[str, list[dict[str, Any]]]:
    """The SDK keeps such a workflow when the first turn ends, and again, under the same id, when it is over."""
    agent = chat.modules("app.bot").agent
    agent.tools, agent.tool_use_behavior = [locate], StopAtTools(stop_at_tool_names=["locate"])
    chat.model.enqueue([function_call("locate", {}, call_id="c1", item_id="fc_1")])
    chat.model.enqueue([assistant_message("You are in Ulm.", item_id="msg_b")])
    thread, events = await chat.say("Where am I?")
    return thread, events + await chat.stream("threads.add_client_tool_output", {"thread_id": thread, "result": "Ulm"})


async def test_g06_a_workflow_that_is_kept_twice_is_there_once(chat: Chat) -> None:
    thread, events = await open_workflow_and_client_tool(chat)

    assert errors(events) == []
    kept = [item for item in await chat.items(thread) if item["type"] == "workflow"]
    assert [one["workflow"]["summary"] is not None for one in kept] == [True]
    assert "task" not in {item["type"] for item in await chat.items(thread)}


async def test_g07_a_workflow_of_an_earlier_turn_can_be_closed(chat: Chat) -> None:
    """The SDK subtracts its naive beginning from a naive now: a time that comes back with a zone ends the turn."""
    thread, events = await open_workflow_and_client_tool(chat)

    assert errors(events) == []
    assert [words(item) for item in await chat.items(thread) if item["type"] == "assistant_message"] == ["You are in Ulm."]


async def test_g08_no_time_zone_moves_a_time_and_order_is_that_of_arrival(chat: Chat) -> None:
    """Neither the process's nor the database's, which is another one."""
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_a")])

    thread, events = await chat.say("Hello")
    for number in range(12):
        item = HiddenContextItem(id=f"hid_{number * 7 % 12}", thread_id=thread, created_at=NOW, content=f"<{number}>")
        await keep(chat, thread, item)
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_b")])
    await chat.say("Again", thread)

    [said] = [event["item"] for event in events if event.get("item", {}).get("type") == "user_message"]
    assert (await chat.items(thread))[0]["created_at"] == said["created_at"]
    assert re.findall(r"<(\d+)>", json.dumps(chat.prompt())) == [str(number) for number in range(12)]


async def test_g09_a_nul_in_a_message_is_kept(chat: Chat) -> None:
    """PostgreSQL's text and jsonb both refuse it."""
    chat.model.enqueue([assistant_message("Yes\0.", item_id="msg_a")])

    thread, events = await chat.say("nul \0 here")

    assert errors(events) == []
    assert [words(item) for item in await chat.items(thread)] == ["nul \0 here", "Yes\0."]


async def test_g10_who_stops_an_answer_finds_what_was_said(chat: Chat) -> None:
    """The SDK's own way saves nothing, because the server cancels its every await again."""
    await chat.leave(lambda sent: b"text_delta" in sent)

    [thread] = (await chat.call("threads.list", {}))["data"]
    assert [words(item) for item in await chat.items(thread["id"])] == ["Hi", "Half an answer"]


async def test_g11_who_stops_an_answer_stops_the_model(chat: Chat) -> None:
    """The SDK leaves it running to its end."""
    await chat.leave(lambda sent: b"text_delta" in sent)

    model = cast("Hesitant", chat.modules("app.bot").agent.model)
    await asyncio.wait_for(model.stopped.wait(), timeout=1)


async def test_g12_attachments_tags_and_hidden_context_do_not_end_a_thread_for_ever(chat: Chat) -> None:
    """The SDK's own converter raises on each of them, in every later turn."""
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{n}")] for n in range(2)])
    thread, _ = await chat.say("Hello")
    content = [UserMessageTextContent(text="see "), UserMessageTagContent(id="t1", text="Assam", data={"sku": 7})]
    item = UserMessageItem(
        id="msg_x",
        thread_id=thread,
        created_at=NOW,
        content=content,
        attachments=[FileAttachment(id="atc_1", name="list.pdf", mime_type="application/pdf")],
        inference_options=InferenceOptions(),
    )
    await keep(chat, thread, item)
    await keep(chat, thread, HiddenContextItem(id="hid_1", thread_id=thread, created_at=NOW, content={"cart": ["Assam"]}))

    _, events = await chat.say("And?", thread)

    assert errors(events) == []
    assert all(one in json.dumps(chat.prompt(), default=str) for one in ("list.pdf", "sku", "cart"))
    assert "hid_1" not in json.dumps(await chat.items(thread))


def widgets_address() -> str:
    """Where the widget sends its requests."""
    settings = files("chatkit_integrator.frameworks.nextjs") / "templates" / "_chatkit" / "settings.ts"
    found = re.search(r'PROXY_PATH = "(.+)"', settings.read_text(encoding="utf-8"))
    assert found
    return found.group(1)


async def speak_from(chat: Chat, address: str) -> None:
    """The client sends a header of its own, which rules as they are usually written refuse."""
    chat.app.add_middleware(
        CORSMiddleware, allow_origins=["http://site"], allow_methods=["POST"], allow_headers=["Content-Type", "Authorization"]
    )
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_a")])
    crosses = httpx.URL("http://site").join(address).host != "site"

    if crosses:
        asks = {
            "origin": "http://site",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,chatkit-frame-instance-id,content-type",
        }
        async with httpx.AsyncClient(transport=httpx.ASGITransport(chat.app), base_url="http://chat") as client:
            assert (await client.options("/api/chatkit", headers=asks)).status_code == 200
    answer = await chat.post({"type": "threads.list", "params": {}}, headers={"chatkit-frame-instance-id": "f1"})
    assert answer.status_code == 200


async def test_g13_no_cors_rule_of_the_project_stands_in_the_way(chat: Chat) -> None:
    await speak_from(chat, widgets_address())


async def test_g14_whatever_is_shown_is_kept(chat: Chat) -> None:
    """Only events of items that are done are; those of items that are added or changed are not."""
    thread, events = await two_turns_without_ids(chat)

    shown = [event["item"]["id"] for event in events if event["type"] in {"thread.item.added", "thread.item.done"}]
    assert len(set(shown)) == 4
    assert set(shown) <= {item["id"] for item in await chat.items(thread)}


LIBRARIES = {"agents", "chatkit", "fastapi", "openai", "sqlalchemy", "starlette", "jwt"}


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    """What the package imports of libraries, wherever in its files."""
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] in LIBRARIES:
                yield from ((str(node.module), name.name) for name in node.names)


async def test_g15_everything_that_is_imported_exists(chat: Chat) -> None:
    """Documentation and "skills" name stores, events and helpers that the SDK has never had."""
    found = set(imported(files(chat.modules("app.chatkit_backend")).joinpath()))  # type: ignore[arg-type] - a real folder

    assert len(found) > 50
    assert [one for one in sorted(found) if not hasattr(importlib.import_module(one[0]), one[1])] == []


ITEM = '_json(item.model_dump(mode="json"))'
MOVED = '_json({{**item.model_dump(mode="json"), "created_at": item.created_at.astimezone({})}})'
UTC = '__import__("datetime").UTC).replace(tzinfo=None'
ENCODED = 'encode("utf-8", "replace").decode()'
STREAMS = '__import__("starlette.responses").responses.StreamingResponse(result, media_type="text/event-stream")'
EVENTS = "    async for event in events:\n"
IMPORT = "    from app.bot import agent\n"
WITHOUT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "g01 newest": (("server.py", 'HISTORY, "desc"', 'HISTORY, "asc"'),),
    "g01 order": (("server.py", "list(reversed(newest.data))", "newest.data"),),
    "g02": (("store.py", 'exclude={"items"}', "exclude=set()"),),
    "g03": (("server.py", 'with_ids(events, lambda: chat.generate_id("message"))', "events"),),
    "g04": (("history.py", "def assistant_message_to_input", "def not_used"),),
    "g05 updates": (("stream.py", 'yield event.model_copy(update={"item_id": one})', "yield event"),),
    "g05 one id": (("stream.py", 'if not is_open or event.type == "thread.item.added":', "if not given:"),),
    "g06": (("store.py", "row.on_conflict_do_update(**change).returning(items.c.id)", "row.returning(items.c.id)"),),
    "g07": (("store.py", ITEM, MOVED.format("")), ("store.py", "json.dumps(value,", "json.dumps(value, default=str,")),
    "g08 times": (("store.py", ITEM, MOVED.format(UTC)), ("store.py", "json.dumps(value,", "json.dumps(value, default=str,")),
    "g08 order": (("store.py", "        position = table.c.position\n", "        position = table.c.id\n"),),
    "g09": (("store.py", ENCODED, f'{ENCODED}.replace("\\\\u0000", "\\0")'),),
    "g10": (
        ("router.py", "AnswerResponse(result)", STREAMS),
        ("schema.py", "create_task(self._run(statement, values))", "create_task(asyncio.sleep(0))"),
        ("schema.py", "return await asyncio.shield(task)", "return await self._run(statement, values)"),
    ),
    "g11": (("server.py", "                result.cancel()", "                pass"),),
    "g12 attachments": (("history.py", "def attachment_to_message_content", "def not_used"),),
    "g12 tags": (("history.py", "def tag_to_message_content", "def not_used"),),
    "g12 hidden": (("history.py", "def hidden_context_to_input", "def not_used"),),
    "g14": (("stream.py", EVENTS, f"{EVENTS}        if event.type == 'thread.item.done':\n            continue\n"),),
    "g15": (("agent.py", IMPORT, f"{IMPORT}    from chatkit.store import InMemoryStore\n"),),
}
TESTS: dict[str, Callable[[Chat], Coroutine[Any, Any, None]]] = {
    name.split("_")[1]: test for name, test in globals().items() if re.match(r"test_g\d\d_", name)
}


@pytest.fixture
def trapped(
    made_chat: Callable[..., Chat], hesitant: type[Hesitant], postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Chat]]:
    """Makes the chat that a trap needs, where it needs a special one."""

    def make(number: str, changes: tuple[tuple[str, str, str], ...] = ()) -> Chat:
        database: dict[str, str] = {}
        if number in {"g08", "g09"}:
            address = postgres()
            name = make_url(address).database
            database = {"database": address}
            monkeypatch.setenv("TZ", "America/New_York")
            time.tzset()
            asyncio.run(in_database(address, f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'"))
        chat = made_chat(**database, changes=changes)
        if number in {"g10", "g11"}:
            chat.modules("app.bot").agent.model = hesitant()
        return chat

    yield make
    monkeypatch.undo()
    time.tzset()


async def in_database(address: str, statement: str) -> None:
    engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture
def chat(trapped: Callable[..., Chat], request: pytest.FixtureRequest) -> Chat:
    """The chat that a trap needs."""
    return trapped(str(request.node.name).split("_")[1])


@pytest.mark.parametrize("trap", WITHOUT)
def test_without_what_avoids_it_the_chat_is_trapped(trapped: Callable[..., Chat], trap: str) -> None:
    number = trap.split(maxsplit=1)[0]
    chat = trapped(number, WITHOUT[trap])

    with pytest.raises((AssertionError, TimeoutError, UserError)):
        asyncio.run(TESTS[number](chat))


def test_a_widget_that_spoke_to_the_backend_itself_would_be_trapped(chat: Chat) -> None:
    with pytest.raises(AssertionError):
        asyncio.run(speak_from(chat, "http://chat/api/chatkit"))


def test_each_trap_has_its_test_and_is_set() -> None:
    assert list(TESTS) == [f"g{number:02}" for number in range(1, 16)]
    assert {trap.split()[0] for trap in WITHOUT} == set(TESTS) - {"g13"}
