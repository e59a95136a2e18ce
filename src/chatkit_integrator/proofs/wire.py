"""ChatKit's wire protocol, spoken to any URL: what the widget would send, and what came back as events."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotAStreamError(RuntimeError):
    """A streaming operation was answered with something that is no event stream."""


@dataclass
class Wire:
    """One person's side. ``headers`` go along with every request (a cookie, an Authorization)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 60.0

    def create(self, text: str, metadata: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Start a thread; gives the events."""
        return self.stream("threads.create", {"input": _input(text)}, metadata)

    def add(self, thread_id: str, text: str, metadata: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Say something in a thread; gives the events."""
        return self.stream("threads.add_user_message", {"input": _input(text), "thread_id": thread_id}, metadata)

    def stream(
        self, operation: str, params: Mapping[str, object], metadata: Mapping[str, object] | None
    ) -> list[dict[str, Any]]:
        """Do a streaming operation; ``NotAStreamError`` with status and body where the answer is no event stream."""
        status, kind, text = self.post(operation, params, metadata)
        if status != 200 or not kind.startswith("text/event-stream"):  # noqa: PLR2004 - HTTP's OK
            raise NotAStreamError(f"{operation}: status {status}, {kind or 'no content type'}: {text[:300]}")
        return [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]

    def ask(self, operation: str, params: Mapping[str, object]) -> tuple[int, Any]:
        """Do an operation that answers with JSON; gives status and value."""
        status, _, text = self.post(operation, params, None)
        try:
            return status, json.loads(text)
        except json.JSONDecodeError:
            return status, text

    def post(self, operation: str, params: Mapping[str, object], metadata: Mapping[str, object] | None) -> tuple[int, str, str]:
        """Send one request; gives status, content type and body."""
        body: dict[str, object] = {"type": operation, "params": params}
        if metadata:
            body["metadata"] = metadata
        request = urllib.request.Request(  # noqa: S310 - the caller's own server
            self.url,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "accept": "text/event-stream", **self.headers},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:  # noqa: S310 - the same
                return response.status, response.headers.get("content-type", ""), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("content-type", ""), error.read().decode("utf-8", "replace")


def _input(text: str) -> dict[str, object]:
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "quoted_text": "", "inference_options": {}}


def thread_of(events: list[dict[str, Any]]) -> str:
    """The id of the thread that the events created."""
    return next(str(event["thread"]["id"]) for event in events if event["type"] == "thread.created")


def assistant_text(events: list[dict[str, Any]]) -> str:
    """What the assistant said, in the items that were done."""
    said: list[str] = []
    for event in events:
        if event["type"] == "thread.item.done" and event["item"]["type"] == "assistant_message":
            parts = cast("list[dict[str, Any]]", event["item"]["content"])
            said.append("".join(str(part["text"]) for part in parts))
    return "\n".join(said)


def errors(events: list[dict[str, Any]]) -> list[str]:
    """The messages of error events."""
    return [str(event.get("message") or event.get("code")) for event in events if event["type"] == "error"]
