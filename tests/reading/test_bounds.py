"""A program that branches without end is read in bounded time, and what is near is still found."""

from __future__ import annotations

from time import process_time

from chatkit_integrator.model.tree import Tree
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
