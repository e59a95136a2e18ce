"""The yardstick: a bare ``ChatKitServer`` as the SDK's guide shows it, its conversations in dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from agents import Runner
from chatkit.agents import (
    AgentContext,
    simple_to_agent_input,  # pyright: ignore[reportUnknownVariableType]
    stream_agent_response,  # pyright: ignore[reportUnknownVariableType]
)
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import Page, ThreadMetadata
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from .bot import agent
from .deps import current_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class InMemory(Store[Any]):
    """What samples keep conversations in: nobody's, and gone with the process."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, Any]] = {}

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        """A copy: the SDK tells by comparing whether a thread was changed."""
        if thread_id not in self.threads:
            raise NotFoundError
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        """Keep a copy."""
        self.threads[thread.id] = thread.model_copy(deep=True)

    async def load_thread_items(self, thread_id: str, after: str | None, limit: int, order: str, context: Any) -> Page[Any]:
        """The first or the newest."""
        found = list(self.items.get(thread_id, {}).values())
        return Page(data=(found[::-1] if order == "desc" else found)[:limit], has_more=len(found) > limit)

    async def add_thread_item(self, thread_id: str, item: Any, context: Any) -> None:
        """Keep it as it is."""
        self.items.setdefault(thread_id, {})[item.id] = item

    save_item = add_thread_item

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> Any:
        """The same object."""
        return self.items[thread_id][item_id]

    async def _unused(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    load_threads = delete_thread = delete_thread_item = _unused
    save_attachment = load_attachment = delete_attachment = _unused


class Bare(ChatKitServer[Any]):
    """The least that answers with history."""

    async def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> AsyncIterator[Any]:
        """Run the agent on the newest items."""
        chat = AgentContext[Any](thread=thread, store=self.store, request_context=context)
        newest = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(list(reversed(newest.data)))
        async for one in stream_agent_response(chat, Runner.run_streamed(agent, history, context=chat)):
            yield one


app, server = FastAPI(), Bare(InMemory())


@app.post("/chatkit")
async def chatkit(request: Request, user: Annotated[str, Depends(current_user)]) -> Response:
    """The guide's endpoint."""
    result = await server.process(await request.body(), {"user_id": user})
    if isinstance(result, StreamingResult):
        return StreamingResponse(result, media_type="text/event-stream")
    return Response(result.json, media_type="application/json")
