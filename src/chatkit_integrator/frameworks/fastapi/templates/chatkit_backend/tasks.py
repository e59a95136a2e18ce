"""The agent's work with its tools, shown to people as tasks: what it does, never with what.

A tool that opens a workflow of its own shows its work itself.
"""

from datetime import datetime
from typing import Any

from agents import Agent, RunContextWrapper, RunHooks, Tool
from chatkit.agents import AgentContext
from chatkit.types import CustomTask, TaskItem, ThreadItemAddedEvent, ThreadItemReplacedEvent

from .context import RequestContext


class ToolTasks(RunHooks[Any]):
    """Adds a task to the conversation when a tool starts, and completes it when the tool ends."""

    def __init__(self, chat: AgentContext[RequestContext]) -> None:
        self._chat = chat
        self._open: dict[str, TaskItem] = {}

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool) -> None:
        """Show that a tool is at work."""
        del agent
        if self._chat.workflow_item and self._chat.workflow_item.workflow.type == "custom":
            return
        task = CustomTask(title=tool.name.replace("_", " ").capitalize(), status_indicator="loading")
        now = datetime.now()  # noqa: DTZ005 - the SDK's own times are naive
        item = TaskItem(id=self._chat.generate_id("task"), thread_id=self._chat.thread.id, created_at=now, task=task)
        self._open[getattr(context, "tool_call_id", tool.name)] = item
        await self._chat.stream(ThreadItemAddedEvent(item=item))

    async def on_tool_end(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool, result: object) -> None:
        """Show that it is done."""
        del agent, result
        if item := self._open.pop(getattr(context, "tool_call_id", tool.name), None):
            done = item.task.model_copy(update={"status_indicator": "complete"})
            # Replaced, not done: the SDK would take it as the end of a workflow that the tool has opened.
            await self._chat.stream(ThreadItemReplacedEvent(item=item.model_copy(update={"task": done})))
