"""One turn of a conversation: history and context in, the agent's answer out."""

import logging
from collections.abc import AsyncIterator

import anyio
from agents import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered, Runner, TResponseInputItem
from agents.exceptions import AgentsException
from chatkit.agents import AgentContext, stream_agent_response  # pyright: ignore[reportUnknownVariableType]
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import ThreadItem, ThreadMetadata, ThreadStreamEvent, UserMessageItem, UserMessageTextContent
from openai import OpenAIError

from .agent import get_agent, run_context
from .context import RequestContext
from .history import HistoryConverter, with_ids
from .prompt import context_message

log = logging.getLogger(__name__)

HISTORY = 50
"""How many of the newest items of a thread the model reads."""

TITLE = 60
NO_ANSWER = "The assistant could not answer just now. Please try again."
DECLINED = "The assistant cannot help with this."


class ChatServer(ChatKitServer[RequestContext]):
    """Runs the agent for each message."""

    converter = HistoryConverter()

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer the newest message. It is `None` after a client tool or a form: then the history ends with their result."""
        if not thread.title and input_user_message is not None:
            thread.title = _title(input_user_message)
        chat = AgentContext(thread=thread, store=self.store, request_context=context)
        messages = await self._input(thread, context)
        try:
            result = Runner.run_streamed(get_agent(), messages, context=run_context(chat))
            try:
                events = stream_agent_response(chat, result)
                async for event in with_ids(events, lambda: chat.generate_id("message")):
                    yield event
            finally:
                result.cancel()  # where the reader has gone, so that the model stops too
        except (InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered) as error:
            raise CustomStreamError(DECLINED, allow_retry=False) from error
        except (AgentsException, OpenAIError) as error:
            log.exception("The agent failed in thread %s", thread.id)
            raise CustomStreamError(NO_ANSWER, allow_retry=True) from error

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """Keep what was answered so far, although the request that asked for it is gone."""
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)

    async def _input(self, thread: ThreadMetadata, context: RequestContext) -> list[TResponseInputItem]:
        """The context, then the newest items, oldest first; the new message is among them, once."""
        page = await self.store.load_thread_items(thread.id, None, HISTORY, "desc", context)
        messages = await self.converter.to_agent_input(list(reversed(page.data)))
        told = context_message(context)
        return messages if told is None else [told, *messages]


def _title(message: UserMessageItem) -> str | None:
    words = " ".join(part.text for part in message.content if isinstance(part, UserMessageTextContent)).split()
    title = " ".join(words)
    return (title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…") or None
