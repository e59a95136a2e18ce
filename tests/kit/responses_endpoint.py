"""A model endpoint that says what a script says: OpenAI's Responses API, streamed. A script is given what the model is sent."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Json: TypeAlias = dict[str, Any]
Script: TypeAlias = "Callable[[list[Json]], Json]"


def call(tool: str, **arguments: object) -> Json:
    """A tool call that the model makes."""
    return {"type": "function_call", "name": tool, "arguments": json.dumps(arguments), "status": "completed"}


def say(text: str) -> Json:
    """What the model says at the end of a turn."""
    content: list[Json] = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def _events(item: Json) -> Iterator[Json]:
    usage = {
        "input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    response: Json = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "scripted", "status": "in_progress", "output": [],
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [], "usage": usage,
    }  # fmt: skip
    yield {"type": "response.created", "response": response}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    for part in item.get("content", []):
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
        yield {"type": "response.output_text.delta", **place, "delta": part["text"], "logprobs": []}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": {**response, "status": "completed", "output": [item]}}


def _handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by its base
            del format, args

        def do_POST(self) -> None:
            sent: list[Json] = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
            said = {**script(sent), "id": f"item_{len(sent)}", "call_id": f"call_{len(sent)}"}
            events = [{**one, "sequence_number": number} for number, one in enumerate(_events(said))]
            body = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events).encode()
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def responses_endpoint(script: Script) -> Generator[str]:
    """Listen on a free port while the block runs; gives the address for ``OPENAI_BASE_URL``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
