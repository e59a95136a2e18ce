"""The conversation as the model reads it, and ids for models that give none."""

import json
from collections.abc import AsyncIterator, Callable

from agents import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    HiddenContextItem,
    TaskItem,
    ThreadStreamEvent,
    UserMessageTagContent,
)
from openai.types.responses import ResponseInputContentParam

from .context import RequestContext

FAKE_ID = "__fake_id__"  # what the Agents SDK calls every message of a Chat Completions model


class HistoryConverter(ThreadItemConverter):
    """Turns stored items into input that Responses and Chat Completions models both accept."""

    def __init__(self, context: RequestContext) -> None:
        self.context = context

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> TResponseInputItem | None:
        """Give an earlier answer as plain text: Chat Completions models refuse `output_text` parts."""
        text = "".join(part.text for part in item.content)
        return {"role": "assistant", "content": text} if text else None

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputContentParam:
        """Name an attachment; its content is not sent."""
        return {"type": "input_text", "text": f"[attached: {attachment.name}, {attachment.mime_type}]"}

    async def tag_to_message_content(self, tag: UserMessageTagContent) -> ResponseInputContentParam:
        return {"type": "input_text", "text": f"@{tag.text}: {json.dumps(tag.data, default=str)}"}

    async def task_to_input(self, item: TaskItem) -> None:
        """Leave out that a tool was at work: without its result that only misleads."""

    async def hidden_context_to_input(self, item: HiddenContextItem) -> TResponseInputItem | list[TResponseInputItem] | None:
        if not isinstance(item.content, str):
            item = item.model_copy(update={"content": json.dumps(item.content, default=str)})
        return await super().hidden_context_to_input(item)


async def with_ids(events: AsyncIterator[ThreadStreamEvent], new_id: Callable[[], str]) -> AsyncIterator[ThreadStreamEvent]:
    """Give every item that comes without an id one of its own, the same in all events about it."""
    given, is_open = list[str](), False
    async for event in events:
        item = getattr(event, "item", None)
        if getattr(event, "item_id", None) == FAKE_ID:
            for one in given if event.type == "thread.item.removed" else given[-1:]:
                yield event.model_copy(update={"item_id": one})
        elif item is not None and item.id == FAKE_ID:
            if not is_open or event.type == "thread.item.added":
                given.append(new_id())
            is_open = event.type == "thread.item.added"
            yield event.model_copy(update={"item": item.model_copy(update={"id": given[-1]})})
        else:
            yield event
