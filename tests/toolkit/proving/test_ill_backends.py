"""Backends that do not start, hang, flood or fork without end: told as they are, stopped, and never taken for a pass."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.verdict import Passed
from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove

if TYPE_CHECKING:
    from shops import Make, Shop

    from chatkit_integrator.toolkit import Proven

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]

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


def backend(before: str = "", inside: str = "pass") -> dict[str, str]:
    return {"main.py": GOOD.replace("{before}", before).replace("{inside}", inside)}


def proven(root: Path, *items: str, patience: float = 60.0) -> Proven:
    return asyncio.run(prove(root, select=items, patience=patience))


def processes_of(root: Path) -> list[str]:
    """Command lines of processes that have to do with a repository, or with a proof of it."""
    found: list[str] = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            line = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(root.parent) in line:
            found.append(line)
    return found


def test_one_that_does_not_start_is_unknown_with_the_end_of_its_traceback_and_what_was_read_stays_beside_it(shop: Shop) -> None:
    expired = "    await prepare()\n    raise RuntimeError('the licence of ' + 'this shop has expired')"
    broken = shop.with_("unstarted", {"backend/shop/main.py": [("    await prepare()", expired)]})
    found = broken.proven("CK03", "CK05", "CK12")
    assert "the licence of this shop has expired" in found.failed
    by_id = {one.id: one for one in found.results}
    for item in ("CK03", "CK12"):
        assert verdict_name(by_id[item].verdict) == "unknown"
        assert "the licence of this shop has expired" in by_id[item].verdict.reason
        assert isinstance(by_id[item].read, Passed)
    assert isinstance(by_id["CK05"].verdict, Passed)
    assert not processes_of(broken.root)


def test_one_that_never_answers_is_given_up_on_in_its_time(repository: Make) -> None:
    root = repository(backend("import time\nprint('waiting for a sign', flush=True)\ntime.sleep(3600)"))
    begun = time.monotonic()
    found = proven(root, "CK03", patience=5)
    assert time.monotonic() - begun < 60
    assert "did not answer within 5 s" in found.failed
    assert "waiting for a sign" in found.failed
    assert not any(isinstance(one.verdict, Passed) for one in found.results)
    assert not processes_of(root)


def test_one_that_forks_without_end_is_stopped_and_named(repository: Make) -> None:
    forking = (
        "import os, time\n"
        "while True:\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(3600)\n    time.sleep(0.003)"
    )
    root = repository(backend(forking))
    found = proven(root, "CK03")
    assert "it started more than 256 processes" in found.failed
    assert not processes_of(root)


def test_one_that_floods_its_output_is_proven_all_the_same(repository: Make) -> None:
    flooding = (
        "import threading\n"
        "def flood():\n    import time\n    while True: print('x' * 100_000, flush=True); time.sleep(0.002)\n"
        "threading.Thread(target=flood, daemon=True).start()"
    )
    found = proven(repository(backend(flooding)), "CK03")
    assert not found.failed
    assert verdict_name(found.results[0].verdict) == "pass"


def test_one_that_reaches_for_the_world_gets_nothing_out_and_its_secrets_stay_behind(repository: Make) -> None:
    reaching = (
        "def reach():\n"
        "    import os, socket, urllib.request\n"
        "    try: socket.create_connection(('192.0.2.1', 80), 3); out = 'OUT'\n"
        "    except OSError as error: out = error.strerror\n"
        "    turned = urllib.request.urlopen('https://api.example.com/v1/ping', timeout=5).read().decode()\n"
        "    key, home = os.environ.get('OPENAI_API_KEY'), os.environ['HOME']\n"
        "    return f'{out}; {turned}; {sorted(os.listdir())}; {key}; {home}'\n"
    )
    files = backend(reaching)
    files["main.py"] += "\ntold = reach()\nassert told == '', told\n"
    root = repository({**files, ".env": "SECRET=1", "sub/.env.local": "SECRET=2"})
    found = proven(root, "CK03")
    assert 'Network is unreachable; {"ok": true}; ' in found.failed
    assert "'.env'" not in found.failed
    assert "'main.py'" in found.failed
    assert "; recorded; " in found.failed
    assert str(Path.home()) + "\n" not in found.failed


def test_who_asked_can_have_it_stopped(repository: Make) -> None:
    root = repository(backend("import time\ntime.sleep(3600)"))
    told: list[str] = []

    async def some_of_it() -> None:
        begun = asyncio.Event()

        async def progress(text: str) -> None:
            told.append(text)
            if text == "Starting the backend":
                begun.set()

        task = asyncio.create_task(prove(root, select=["CK03"], progress=progress))
        await asyncio.wait_for(begun.wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(some_of_it())
    assert told[0] == "Reading the code"
    assert not processes_of(root)


def test_the_client_reaches_the_chat_on_any_path_and_settings_go_before_what_is_inferred(repository: Make) -> None:
    files = backend()
    files["main.py"] = files["main.py"].replace('"/chatkit"', '"/v2/talk"')
    files["chatkit-integrator.toml"] = (
        '[prove]\nstart = "uvicorn main:app"\nendpoint = "/v2/talk"\n'
        '[prove.auth]\nkind = "none"\n[prove.env]\nEXTRA = "{recorder}/x"\n'
    )
    found = proven(repository(files), "CK03", "CK16")
    assert {one.id: verdict_name(one.verdict) for one in found.results} == {"CK03": "pass", "CK16": "fail"}
