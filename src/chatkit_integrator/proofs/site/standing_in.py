"""What a ChatKit server answers, in its place: enough of the protocol for a conversation that a page can show."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILURE = "The stand-in was told to fail."
SAID = "The stand-in heard you."
_STREAMING = {
    "threads.create",
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.retry_after_item",
    "threads.custom_action",
}
_AT = "2026-01-01T00:00:00"
_WHO = re.compile(
    r"/(get-session|session|me|profile|whoami|current[-_]?user|user|userinfo|token|verify|validate)$", re.IGNORECASE
)


def is_streaming(operation: str | None) -> bool:
    """Whether an operation is answered by a stream of events."""
    return operation in _STREAMING


def asks_who(path: str) -> bool:
    """Whether a path is one that sites ask who is signed in, or for that person's token."""
    return _WHO.search(path) is not None


def encoded(events: Iterable[dict[str, Any]]) -> bytes:
    """Events as a stream carries them."""
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)


def events(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What happens after a message: the thread where it is new, the message, an answer."""
    params = cast("dict[str, Any]", request.get("params") or {})
    thread_id = str(params.get("thread_id") or f"thr_{uuid.uuid4().hex}")
    common = {"thread_id": thread_id, "created_at": _AT}
    made: list[dict[str, Any]] = []
    if request.get("type") == "threads.create":
        thread = {"id": thread_id, "created_at": _AT, "status": {"type": "active"}, "metadata": {}}
        made.append({"type": "thread.created", "thread": thread})
    given = cast("dict[str, Any]", params.get("input") or {})
    asked: dict[str, Any] = {
        "type": "user_message",
        "id": f"msg_{uuid.uuid4().hex}",
        **common,
        "content": given.get("content") or [],
    }
    answer: dict[str, Any] = {
        "type": "assistant_message",
        "id": f"msg_{uuid.uuid4().hex}",
        **common,
        "content": [{"type": "output_text", "text": SAID, "annotations": []}],
    }
    made.append({"type": "thread.item.done", "item": {**asked, "attachments": [], "inference_options": {}}})
    made += [{"type": "thread.item.added", "item": {**answer, "content": []}}, {"type": "thread.item.done", "item": answer}]
    return made


def value(request: dict[str, Any]) -> dict[str, Any]:
    """What an operation that does not stream gives: an empty page, or an empty thread."""
    if request.get("type") == "threads.get_by_id":
        params = cast("dict[str, Any]", request.get("params") or {})
        thread = {"id": params.get("thread_id"), "created_at": _AT, "status": {"type": "active"}, "metadata": {}}
        return {**thread, "items": {"data": [], "has_more": False, "after": None}}
    return {"data": [], "has_more": False, "after": None}
