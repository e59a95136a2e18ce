"""A model endpoint that says what a script says and keeps what it was sent: Anthropic's Messages API, streamed.

A script is a function from the conversation so far (``Heard``) to what the model says next, so a later call can use an earlier
result. Requests without tools (titles, token counts) get a fixed answer and are kept apart.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call that the model makes."""

    tool: str
    arguments: Json


@dataclass(frozen=True)
class Outcome:
    """What a tool call gave, as the model was told."""

    text: str
    is_error: bool

    @property
    def json(self) -> Json:
        return cast("Json", json.loads(self.text))


@dataclass(frozen=True)
class Heard:
    """One request for the next turn."""

    request: Json

    @property
    def system(self) -> str:
        return _text(self.request.get("system", ""))

    @property
    def tools(self) -> list[str]:
        return [one["name"] for one in self.request.get("tools", [])]

    @property
    def messages(self) -> str:
        return json.dumps(self.request["messages"], ensure_ascii=False)

    @property
    def outcomes(self) -> list[Outcome]:
        """The results of all tool calls so far, oldest first."""
        found: list[Outcome] = []
        for message in self.request["messages"]:
            content = message["content"]
            found += [
                Outcome(_text(part.get("content", "")), bool(part.get("is_error")))
                for part in cast("list[Json]", content if isinstance(content, list) else [])
                if part.get("type") == "tool_result"
            ]
        return found


@dataclass
class Endpoint:
    """Where it listens, and what it heard: one entry for each turn."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list[Heard])

    @property
    def last(self) -> Heard:
        return self.heard[-1]


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", json.dumps(part))) for part in cast("list[Json]", content))
    return json.dumps(content)


def _events(said: Call | str, number: int) -> Iterator[Json]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: Json = {"id": f"msg_{number}", "type": "message", "role": "assistant", "content": [], "model": "scripted"}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    block: Json = {"type": "text", "text": ""}
    delta: Json = {"type": "text_delta", "text": said}
    if isinstance(said, Call):
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": said.tool, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(said.arguments)}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    reason = "end_turn" if isinstance(said, str) else "tool_use"
    yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def _handler(endpoint: Endpoint, script: Callable[[Heard], Call | str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by its base
            del format, args

        def do_HEAD(self) -> None:
            self.answer("application/json", b"")

        def do_GET(self) -> None:
            self.answer("application/json", b"{}")

        def do_POST(self) -> None:
            request = cast("Json", json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))) or "{}"))
            if not self.path.startswith("/v1/messages") or "count_tokens" in self.path:
                return self.answer("application/json", b'{"input_tokens": 1}')
            if request.get("tools"):
                heard = Heard(request)
                endpoint.heard.append(heard)
                said = script(heard)
            else:
                said = "A title"
            body = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in _events(said, id(request)))
            return self.answer("text/event-stream", body.encode())

        def answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def model_endpoint(script: Callable[[Heard], Call | str]) -> Generator[Endpoint]:
    """Listen on a free port while the block runs."""
    endpoint = Endpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint, script))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
