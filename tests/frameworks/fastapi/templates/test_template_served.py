"""The package behind a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from starlette.middleware.base import BaseHTTPMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from frameworks.fastapi.templates.conftest import Chat, Hesitant

BODY: dict[str, Any] = {
    "type": "threads.create",
    "params": {"input": {"content": [{"type": "input_text", "text": "Hi"}], "attachments": [], "inference_options": {}}},
}
ANN = {"authorization": "Bearer ann"}


@contextlib.asynccontextmanager
async def served(chat: Chat) -> AsyncGenerator[httpx.AsyncClient]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(chat.app, log_level="error", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn gives no event
            await asyncio.sleep(0.01)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, headers=ANN, trust_env=False) as client:
            yield client
        server.should_exit = True
        await running


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", [False, True])
async def test_who_closes_the_page_stops_the_model_and_finds_what_was_said(
    chat: Chat, hesitant: type[Hesitant], wrapped: bool
) -> None:
    """With and without a middleware of the kind that hides a reader's leaving."""

    async def through(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    if wrapped:
        chat.app.add_middleware(BaseHTTPMiddleware, dispatch=through)
    chat.modules("app.bot").agent.model = model = hesitant()

    async with served(chat) as client:
        async with client.stream("POST", "/api/chatkit", json=BODY) as answer:
            async for line in answer.aiter_lines():
                if "text_delta" in line:
                    break
        await asyncio.wait_for(model.stopped.wait(), timeout=5)
        async with asyncio.timeout(5):
            await asyncio.gather(*chat.modules("app.chatkit_backend.stream")._answering, return_exceptions=True)

        [thread] = (await client.post("/api/chatkit", json={"type": "threads.list", "params": {}})).json()["data"]
        listed = {"type": "items.list", "params": {"thread_id": thread["id"], "order": "asc"}}
        items = (await client.post("/api/chatkit", json=listed)).json()["data"]

    assert [item["content"][0]["text"] for item in items] == ["Hi", "Half an answer"]


@pytest.mark.slow
async def test_an_answer_arrives_while_it_is_made(chat: Chat, hesitant: type[Hesitant]) -> None:
    chat.modules("app.bot").agent.model = hesitant()

    async with served(chat) as client, client.stream("POST", "/api/chatkit", json=BODY) as answer:
        seen: list[str] = []
        async for line in answer.aiter_lines():
            seen += [json.loads(line.removeprefix("data: "))["type"]] if line else []
            if "text_delta" in line:
                break

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-transform" in answer.headers["cache-control"]
    assert seen[0] == "thread.created"


@pytest.mark.parametrize(
    ("frame", "pause", "slowness", "pieces"),
    [(0.01, 0.1, 0, range(12, 13)), (60, 0, 0, range(1, 2)), (0.01, 0.02, 0.05, range(2, 12))],
    ids=["slower than frames", "within the first, which the end cuts short", "read more slowly than they come"],
)
async def test_words_that_come_within_a_frame_are_sent_together_and_none_is_lost(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, frame: float, pause: float, slowness: float, pieces: range
) -> None:
    stream = chat.modules("app.chatkit_backend.stream")
    monkeypatch.setattr(stream, "TOGETHER", frame)
    sent: list[bytes] = []

    async def events() -> AsyncIterator[bytes]:
        for number in range(12):
            await asyncio.sleep(pause)
            yield f"data: {number}\n\n".encode()

    async def send(message: Any) -> None:
        await asyncio.sleep(slowness)
        if message.get("body"):
            sent.append(message["body"])

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": [], "asgi": {"spec_version": "2.4"}}
    async with asyncio.timeout(10):
        await stream.AnswerResponse(events())(scope, receive, send)

    assert b"".join(sent).decode() == "".join(f"data: {number}\n\n" for number in range(12))
    assert len(sent) in pieces
