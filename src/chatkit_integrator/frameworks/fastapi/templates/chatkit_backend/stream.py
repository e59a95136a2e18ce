"""The events of one answer: what its tools do, ids for models that give none, and their end whatever becomes of the reader."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable
from datetime import datetime
from typing import Any

from agents import Agent, RunContextWrapper, RunHooks, Tool
from chatkit.agents import AgentContext
from chatkit.store import NotFoundError
from chatkit.types import CustomTask, ErrorEvent, ProgressUpdateEvent, TaskItem, ThreadItemDoneEvent, ThreadStreamEvent
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from .context import RequestContext
from .schema import UNAVAILABLE

log = logging.getLogger(__name__)
FAKE_ID = "__fake_id__"  # what the Agents SDK calls every message of a Chat Completions model
TOGETHER = 1 / 30  # seconds: events that come within are sent at once, as a film shows its frames
_answering: set[asyncio.Task[None]] = set()


class AnswerResponse(StreamingResponse):
    """Streams the events of an answer, which is made in a task of its own."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterable[bytes]) -> None:
        self._events = events
        self._ready, self._more = b"", asyncio.Event()
        super().__init__(self._read(), headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._answer = answer = asyncio.create_task(self._make())
        _answering.add(answer)  # the event loop alone would forget it
        answer.add_done_callback(_answering.discard)
        try:
            await super().__call__(scope, receive, send)
        finally:
            answer.cancel()  # finds it wherever it is, and lets it save what was answered so far

    async def _make(self) -> None:
        try:
            async for event in self._events:
                self._add(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the status of the response is out already
            told = ErrorEvent(code="custom", message=explained(error)[1], allow_retry=True)
            self._add(b"data: " + told.model_dump_json(exclude_none=True).encode() + b"\n\n")
        finally:
            self._more.set()

    def _add(self, event: bytes) -> None:
        if not self._ready:
            asyncio.get_running_loop().call_later(TOGETHER, self._more.set)
        self._ready += event

    async def _read(self) -> AsyncIterator[bytes]:
        while self._ready or not self._answer.done():
            await self._more.wait()
            self._more.clear()
            together, self._ready = self._ready, b""
            yield together


def explained(error: Exception) -> tuple[int, str]:
    """Give a status and a fixed text for people; the log gets the detail."""
    if isinstance(error, NotFoundError):
        return 404, "This conversation does not exist any more."
    if isinstance(error, UNAVAILABLE):
        log.error("The chat's database is away", exc_info=error)
        return 503, "The chat cannot reach its database. Please try again in a moment."
    if isinstance(error, (ValueError, RuntimeError)):  # no JSON, no ChatKit, or a part of it that is not set up
        log.warning("A chat request could not be read", exc_info=error)
        return 400, "The chat could not read this request."
    log.error("A chat request failed", exc_info=error)
    return 500, "Something went wrong. Please try again."


async def with_ids(events: AsyncIterator[ThreadStreamEvent], new_id: Callable[[], str]) -> AsyncIterator[ThreadStreamEvent]:
    """Give every item that comes without an id one of its own, the same in all events about it."""
    given, is_open = list[str](), False
    async for event in events:
        item = vars(event).get("item")
        if vars(event).get("item_id") == FAKE_ID:
            for one in given if event.type == "thread.item.removed" else given[-1:]:
                yield event.model_copy(update={"item_id": one})
        elif item is not None and item.id == FAKE_ID:
            if not is_open or event.type == "thread.item.added":
                given.append(new_id())
            is_open = event.type == "thread.item.added"
            yield event.model_copy(update={"item": item.model_copy(update={"id": given[-1]})})
        else:
            yield event


class ToolTasks(RunHooks[Any]):
    """Tells when a tool is at work, and adds a task to the conversation when it is done."""

    def __init__(self, chat: AgentContext[RequestContext]) -> None:
        self._chat = chat

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool) -> None:
        await self._chat.stream(ProgressUpdateEvent(text=_title(tool)))

    async def on_tool_end(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool, result: object) -> None:
        """Show that it is done, unless it shows that itself, in a workflow which an item of ours would end."""
        if not self._chat.workflow_item or self._chat.workflow_item.workflow.type != "custom":
            task, now = CustomTask(title=_title(tool), status_indicator="complete"), datetime.now()  # noqa: DTZ005 - as the SDK's
            item = TaskItem(id=self._chat.generate_id("task"), thread_id=self._chat.thread.id, created_at=now, task=task)
            await self._chat.stream(ThreadItemDoneEvent(item=item))


def _title(tool: Tool) -> str:
    return tool.name.replace("_", " ").capitalize()
