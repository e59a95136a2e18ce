"""An agent on a model that gives ``PIECES`` pieces of two words, one every ``PAUSE`` seconds."""

from __future__ import annotations

import asyncio
import os
import uuid
from typing import TYPE_CHECKING, Any

from agents import Agent, Model
from openai.types import responses as r

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PIECE = "two words "
PIECES, PAUSE = int(os.environ.get("PIECES", "40")), float(os.environ.get("PAUSE", "0.04"))


class Paced(Model):
    """Answers with the same words at the same pace."""

    async def get_response(self, *_: Any, **__: Any) -> Any:
        """Both sides stream."""
        raise NotImplementedError

    async def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """The events of one message of the Responses API."""
        key, words = f"msg_{uuid.uuid4().hex}", PIECE * PIECES
        common: dict[str, Any] = {"output_index": 0, "sequence_number": 0}
        of: dict[str, Any] = {"item_id": key, "content_index": 0, **common}
        part = r.ResponseOutputText(text="", annotations=[], type="output_text")
        empty = r.ResponseOutputMessage(id=key, content=[], role="assistant", status="in_progress", type="message")
        yield r.ResponseOutputItemAddedEvent(item=empty, type="response.output_item.added", **common)
        yield r.ResponseContentPartAddedEvent(part=part, type="response.content_part.added", **of)
        for _piece in range(PIECES):
            await asyncio.sleep(PAUSE)
            yield r.ResponseTextDeltaEvent(delta=PIECE, logprobs=[], type="response.output_text.delta", **of)
        full = part.model_copy(update={"text": words})
        done = r.ResponseOutputMessage(id=key, content=[full], role="assistant", status="completed", type="message")
        yield r.ResponseTextDoneEvent(text=words, logprobs=[], type="response.output_text.done", **of)
        yield r.ResponseContentPartDoneEvent(part=full, type="response.content_part.done", **of)
        yield r.ResponseOutputItemDoneEvent(item=done, type="response.output_item.done", **common)
        fixed: dict[str, Any] = {"model": "m", "object": "response", "parallel_tool_calls": False, "tool_choice": "auto"}
        whole = r.Response(id="r", created_at=0, output=[done], tools=[], **fixed)
        yield r.ResponseCompletedEvent(response=whole, sequence_number=0, type="response.completed")


agent = Agent[Any](name="Shopkeeper", instructions="Sell.", model=Paced())
