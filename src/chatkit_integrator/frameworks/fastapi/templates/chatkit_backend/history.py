"""The conversation as the model reads it."""

import json

from agents import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.types import AssistantMessageItem, Attachment, HiddenContextItem, TaskItem, UserMessageTagContent
from openai.types.responses import ResponseInputContentParam

from .context import RequestContext


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
