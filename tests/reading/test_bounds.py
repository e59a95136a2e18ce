"""A program that branches without end is read in bounded time, and what is near is still found."""

from __future__ import annotations

from time import process_time

import pytest

from chatkit_integrator.checks import run_checklist
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.verdict import Result, Unknown
from chatkit_integrator.reading.server import read_server

IMPORTS = "from agents import Agent, Runner\nfrom chatkit.server import ChatKitServer"
SERVER = """
class Server(ChatKitServer[dict]):
    async def respond(self, thread, message, context):
        page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)
        yield Runner.run_streamed(Agent(name="a"), step0(page.data))
"""
LEVELS, WAYS = 14, 4
LIMIT = 20.0
"""Seconds of CPU; following every call would be 4 to the power of 14 calls."""


def test_calls_that_multiply_are_followed_a_few_times_each() -> None:
    steps = [f"def step{one}(x):\n" + f"    x = step{one + 1}(x)\n" * WAYS + "    return x\n" for one in range(LEVELS)]
    text = "\n\n".join([IMPORTS, *steps, f"def step{LEVELS}(x):\n    return x\n", SERVER])
    start = process_time()

    read = read_server(Tree.of({"app/server.py": text}), None)

    assert process_time() - start < LIMIT
    assert read is not None
    assert read.answering is not None
    assert {one.kind for one in read.answering.turns} == {"history"}


ENDPOINT = """
from fastapi import FastAPI, Request

app = FastAPI()
server = Server(None)


@app.post("/chatkit")
async def chat(request: Request):
"""
HANDS_OVER = "    return await server.process(await request.body(), {})\n"


def judged(body: str, before: str = "", select: str = "") -> tuple[tuple[Result, ...], float]:
    """The verdicts on an endpoint with a body, and the seconds of CPU that they took."""
    text = "\n".join([IMPORTS, SERVER.replace("step0", ""), before, ENDPOINT + body + HANDS_OVER])
    start = process_time()
    chosen = frozenset({select} if select else set[str]())
    found = run_checklist(
        Tree.of({"app/server.py": text}), backend=None, frontend=None, select=chosen, ignore=frozenset()
    )  # fmt: skip
    return found, process_time() - start


def nested(depth: int) -> str:
    loops = "".join("    " * (level + 1) + f"for i{level} in range(9):\n" for level in range(depth))
    return loops + "    " * (depth + 1) + "print(i0)\n"


def test_a_few_loops_in_each_other_are_followed() -> None:
    found, _ = judged(nested(5))

    assert not any("too large" in one.verdict.reason for one in found)


def test_what_never_ends_is_undecided_and_no_pass_or_fail_comes_of_half_a_walk() -> None:
    found, seconds = judged(nested(30))

    assert {type(one.verdict) for one in found} == {Unknown}
    assert sum("too large to follow" in one.verdict.reason for one in found) > len(found) / 2
    assert seconds < LIMIT


def test_where_it_ends_is_counted_and_not_timed() -> None:
    assert judged(nested(30), select="CK16")[0] == judged(nested(30), select="CK16")[0]


LONG = {
    "a chain of a thousand calls": (
        "    f999(request)\n",
        "".join(f"def f{n}(x):\n    return {f'f{n - 1}(x)' if n else 'x'}\n" for n in range(1_000)),
    ),
    "two functions that call each other": (
        "    a(request)\n",
        "def a(x):\n    return b(x) + b(x)\ndef b(x):\n    return a(x) + a(x)\n",
    ),
    "a literal of four thousand entries": ("    BIG['k7']\n", f"BIG = { ({f'k{n}': [n] for n in range(4_000)}) }\n"),
    "what holds itself many times over": (
        "    x = {}\n" + "    x = {'a': x, 'b': x, 'c': [x, x]}\n" * 60 + "    x = x if request else {'a': x}\n",
        "",
    ),
    "a sum of two thousand": ("    x = " + " + ".join(["request"] * 2_000) + "\n", ""),
}


@pytest.mark.parametrize(("body", "before"), [pytest.param(*one, id=name) for name, one in LONG.items()])
def test_what_is_only_long_is_no_reason_to_give_up(body: str, before: str) -> None:
    found, seconds = judged(body, before)

    assert not any("too large" in one.verdict.reason for one in found)
    assert seconds < LIMIT


def test_among_five_thousand_routes_the_one_of_chatkit_is_found() -> None:
    other = "@app.post('/r{0}')\nasync def r{0}(request: Request):\n    return await request.body()\n\n\n"
    routes = "".join(other.format(number) for number in range(5_000))
    text = "\n".join([IMPORTS, SERVER.replace("step0", ""), ENDPOINT.replace("@app", routes + "@app", 1) + HANDS_OVER])
    start = process_time()

    read = read_server(Tree.of({"app/server.py": text}), None)

    assert read is not None
    assert read.path == "/chatkit"
    assert process_time() - start < LIMIT


def test_an_item_of_the_page_alone_does_not_read_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = (
        'import { useChatKit } from "@openai/chatkit-react";\nexport const chat = useChatKit({ api: { url: "/chatkit" } });\n'
    )
    site = {"web/package.json": '{"dependencies": {"@openai/chatkit-react": "1.6.1"}}', "web/src/main.tsx": widget}
    tree = Tree.of({**site, "app/server.py": IMPORTS + SERVER})

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("chatkit_integrator.reading.server.read_server", never)

    found = run_checklist(tree, backend=None, frontend=None, select=frozenset({"CK30"}), ignore=frozenset())

    assert [one.id for one in found] == ["CK30"]
    with pytest.raises(AssertionError):
        run_checklist(tree, backend=None, frontend=None, select=frozenset({"CK16"}), ignore=frozenset())
