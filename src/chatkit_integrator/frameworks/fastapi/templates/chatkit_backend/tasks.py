"""The agent's work with its tools, shown to people: what it does, never with what."""

from datetime import datetime
from typing import Any

from agents import Agent, RunContextWrapper, RunHooks, Tool
from chatkit.agents import AgentContext
from chatkit.types import CustomTask, ProgressUpdateEvent, TaskItem, ThreadItemDoneEvent

from .context import RequestContext


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
