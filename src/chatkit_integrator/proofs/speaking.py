"""How the model APIs say a text: Responses, Chat Completions, Gemini, LangGraph; whole, or as the events of a stream.

The events are those that the SDKs of 2025 and 2026 accept.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Api: TypeAlias = Literal["responses", "chat", "gemini", "langgraph"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer: the pieces of its stream, as they go over the wire, and the same in one piece."""

    pieces: tuple[str, ...]
    whole: dict[str, Any]
    id: str


def api_of(path: str) -> Api | None:
    """Which model API a path belongs to; ``None`` for everything that is no model."""
    place = path.partition("?")[0].rstrip("/")
    if place.endswith("/responses"):
        return "responses"
    if place.endswith("/chat/completions"):
        return "chat"
    if place.endswith((":generateContent", ":streamGenerateContent")):
        return "gemini"
    return "langgraph" if place.endswith(("/runs/stream", "/runs/wait")) else None


def speak(api: Api, request: dict[str, Any], text: str, before: list[dict[str, Any]]) -> Spoken:
    """Say ``text`` in an API; ``before`` are the messages that a LangGraph server keeps."""
    match api:
        case "responses":
            events = list(responses_events(request, text))
            lines = [_event(event["type"], {**event, "sequence_number": number}) for number, event in enumerate(events)]
            return Spoken(tuple(lines), events[-1]["response"], str(events[-1]["response"]["id"]))
        case "chat":
            chunks = list(chat_chunks(request, text))
            pieces = [f"data: {json.dumps(one)}\n\n" for one in chunks]
            return Spoken((*pieces, "data: [DONE]\n\n"), _completion(request, text), str(chunks[0]["id"]))
        case "gemini":
            pieces = [f"data: {json.dumps(_candidate(word, last=False))}\n\n" for word in _words(text)]
            return Spoken((*pieces, f"data: {json.dumps(_candidate('', last=True))}\n\n"), _candidate(text, last=True), "")
        case "langgraph":
            said = [*before, {"type": "ai", "content": text, "id": uuid.uuid4().hex}]
            metadata = {"run_id": uuid.uuid4().hex, "attempt": 1}
            pieces = [
                _event("metadata", metadata),
                _event("values", {"messages": before}),
                _event("values", {"messages": said}),
            ]
            return Spoken((*pieces, _event("end", None)), {"messages": said}, "")


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _candidate(text: str, *, last: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    used = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    return {"candidates": [{**said, **({"finishReason": "STOP"} if last else {})}], "usageMetadata": used}


def responses_events(request: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """The events of the Responses API for one message."""
    item_id, response = f"msg_{uuid.uuid4().hex}", _response(request, [], "in_progress")
    part: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    item: dict[str, Any] = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    place = {"item_id": item_id, "output_index": 0, "content_index": 0}
    done_part: dict[str, Any] = {**part, "text": text}
    done_item: dict[str, Any] = {**item, "status": "completed", "content": [done_part]}
    yield {"type": "response.created", "response": response}
    yield {"type": "response.in_progress", "response": response}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield {"type": "response.content_part.added", **place, "part": part}
    for word in _words(text):
        yield {"type": "response.output_text.delta", **place, "delta": word, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": done_part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": done_item}
    yield {"type": "response.completed", "response": {**_response(request, [done_item], "completed"), "id": response["id"]}}


def _response(request: dict[str, Any], output: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": request.get("model", "recorded"),
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        }
        if status == "completed"
        else None,
    }


def chat_chunks(request: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """The chunks of the Chat Completions API for one message."""
    base = {
        "id": f"chatcmpl_{uuid.uuid4().hex}",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": request.get("model"),
    }

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in _words(text):
        yield chunk({"content": word})
    yield chunk({}, "stop")
    options: dict[str, Any] = request.get("stream_options") or {}
    if options.get("include_usage"):
        yield {**base, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def _completion(request: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl_{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "recorded"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
