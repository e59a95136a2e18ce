"""One turn of a conversation: history and context in, the agent's answer out."""

import logging
from collections.abc import AsyncIterator

from agents import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered, Runner
from agents.exceptions import AgentsException
from chatkit.agents import AgentContext, stream_agent_response  # pyright: ignore[reportUnknownVariableType]
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.types import ChatKitReq, FeedbackKind, ThreadMetadata, ThreadStreamEvent, UserMessageItem, is_streaming_req
from openai import OpenAIError
from pydantic import TypeAdapter

from .agent import get_agent, run_context
from .context import RequestContext, context_messages
from .history import HistoryConverter
from .stream import ToolTasks, with_ids

log = logging.getLogger(__name__)
HISTORY = 50  # how many of the newest items of a thread the model reads
TITLE = 60
_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)


class ChatServer(ChatKitServer[RequestContext]):
    """Runs the agent for each message."""

    converter = HistoryConverter

    async def process(self, request: str | bytes | bytearray, context: RequestContext) -> StreamingResult | NonStreamingResult:
        """Handle a request as the SDK does, which makes its validator anew for each: that takes longer than all the rest."""
        if not all(hasattr(ChatKitServer, name) for name in ("_process_streaming", "_process_non_streaming")):
            return await super().process(request, context)  # both are the SDK's own business, and may go
        parsed = _REQUEST.validate_json(request)
        if is_streaming_req(parsed):
            return StreamingResult(self._process_streaming(parsed, context))
        return NonStreamingResult(await self._process_non_streaming(parsed, context))

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer the newest message. It is `None` after a client tool or a form: then the history ends with their result."""
        if not thread.title and input_user_message is not None:
            thread.title = _title(input_user_message)
        chat = AgentContext(thread=thread, store=self.store, request_context=context)
        newest = await self.store.load_thread_items(thread.id, None, HISTORY, "desc", context)  # the new message is among them
        history = await self.converter(context).to_agent_input(list(reversed(newest.data)))
        messages = [*context_messages(context), *history]
        try:
            result = Runner.run_streamed(get_agent(), messages, context=run_context(chat), hooks=ToolTasks(chat))
            try:
                events = stream_agent_response(chat, result)
                async for event in with_ids(events, lambda: chat.generate_id("message")):
                    yield event
            finally:
                result.cancel()  # where the reader has gone, so that the model stops too
        except (InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered) as error:
            raise CustomStreamError("The assistant cannot help with this.", allow_retry=False) from error
        except (AgentsException, OpenAIError) as error:
            log.exception("The agent failed in thread %s", thread.id)
            raise CustomStreamError("The assistant could not answer just now. Please try again.", allow_retry=True) from error

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext) -> None:
        """Keep what this user thinks of answers in the thread's `metadata`, which never leaves the server."""
        thread = await self.store.load_thread(thread_id, context)
        for item_id in item_ids[:100]:
            item = await self.store.load_item(thread_id, item_id, context)
            thread.metadata.setdefault("feedback", {})[item.id] = feedback
        await self.store.save_thread(thread, context)


def _title(message: UserMessageItem) -> str | None:
    title = " ".join(word for part in message.content if part.type == "input_text" for word in part.text.split())
    return (title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…") or None
