"""The demo's shop with ChatKit put in, and copies of it in which something is broken; each proven by starting it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.demo.run import copy_sample, integrate
from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shops import Backend, Shop

    from chatkit_integrator.toolkit import Proven

GOOD = """
{before}
from collections.abc import AsyncIterator
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import Page
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

class Memory(Store):
    def __init__(self): self.threads, self.items = {}, {}
    async def load_thread(self, thread_id, context):
        if thread_id not in self.threads: raise NotFoundError(thread_id)
        return self.threads[thread_id].model_copy(deep=True)
    async def save_thread(self, thread, context): self.threads[thread.id] = thread.model_copy(deep=True)
    async def load_threads(self, limit, after, order, context): return Page(data=list(self.threads.values()))
    async def load_thread_items(self, thread_id, after, limit, order, context):
        found = list(self.items.get(thread_id, {}).values())
        return Page(data=found[::-1] if order == "desc" else found)
    async def add_thread_item(self, thread_id, item, context): self.items.setdefault(thread_id, {})[item.id] = item
    async def save_item(self, thread_id, item, context): self.items.setdefault(thread_id, {})[item.id] = item
    async def load_item(self, thread_id, item_id, context): return self.items[thread_id][item_id]
    async def delete_thread(self, thread_id, context): del self.threads[thread_id]
    async def delete_thread_item(self, thread_id, item_id, context): self.items[thread_id].pop(item_id, None)
    async def save_attachment(self, attachment, context): pass
    async def load_attachment(self, attachment_id, context): raise NotFoundError(attachment_id)
    async def delete_attachment(self, attachment_id, context): pass

class Server(ChatKitServer):
    async def respond(self, thread, input_user_message, context):
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        result = Runner.run_streamed(Agent(name="a"), await simple_to_agent_input(items.data))
        chat = AgentContext(thread=thread, store=self.store, request_context=context)
        async for event in stream_agent_response(chat, result):
            yield event

app = FastAPI()
server = Server(Memory())

@app.post("/chatkit")
async def chatkit(request: Request):
    {inside}
    result = await server.process(await request.body(), {})
    if isinstance(result, StreamingResult): return StreamingResponse(result, media_type="text/event-stream")
    return Response(result.json, media_type="application/json")
"""


@dataclass(frozen=True)
class Integrated:
    """A repository on disk; what it can do is described where its type is."""

    root: Path
    folder: Path

    def with_(self, name: str, changes: Mapping[str, list[tuple[str, str]]]) -> Shop:
        root = self.folder / name
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".git"))
        for path, pairs in changes.items():
            text = (root / path).read_text()
            for old, new in pairs:
                assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
                text = text.replace(old, new)
            (root / path).write_text(text)
        return Integrated(root, self.folder)

    def proven(self, *items: str, artifacts: Path | None = None) -> Proven:
        return asyncio.run(prove(self.root, select=items, artifacts=artifacts))

    def words(self, *items: str) -> dict[str, str]:
        proven = self.proven(*items)
        assert not proven.failed, proven.failed
        return {one.id: f"{verdict_name(one.verdict)}: {one.verdict.reason}" for one in proven.results}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, integrated; the interpreter that runs the tests has what it needs."""
    folder = tmp_path_factory.mktemp("proving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        root = copy_sample(folder / "shop")
        integrate(root, lambda _: None)
    (root / "chatkit-integrator.toml").write_text(f'[prove]\npython = "{sys.executable}"\n')
    return Integrated(root, folder)


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """What a proof makes is made in the test's own folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """A small repository of these files; the interpreter that runs the tests has what it needs."""

    def make(files: Mapping[str, str]) -> Path:
        root = tmp_path / "repository"
        for name, text in {"pyproject.toml": '[project]\nname = "small"\nversion = "1"\n', **files}.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        settings = root / "chatkit-integrator.toml"
        before = settings.read_text() if settings.exists() else "[prove]\n"
        settings.write_text(before.replace("[prove]\n", f'[prove]\npython = "{sys.executable}"\n'))
        return root

    return make


@pytest.fixture(scope="session")
def backend() -> Backend:
    """A small backend that holds, with everything in memory, as the files of a repository."""

    def make(before: str = "", inside: str = "pass") -> dict[str, str]:
        return {"main.py": GOOD.replace("{before}", before).replace("{inside}", inside)}

    return make
