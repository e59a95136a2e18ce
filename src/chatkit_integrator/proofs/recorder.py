"""A recording stand-in for the model API: Responses and Chat Completions, streamed or not; standard library only.

It answers from what it was really sent, so a conversation with it shows whether history and page context arrived. Every
request is kept: ``GET /__requests``. ``python -m chatkit_integrator.proofs.recorder --port 0`` prints its address and
serves until stopped. The events are those that the OpenAI SDKs of 2025 and 2026 accept.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, cast

from chatkit_integrator.proofs.answers import answer, schema_of, smallest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Recording:
    """What was asked, in order, and what to do instead of answering: ``"500"``, ``"429"``, ``"half"``, or nothing."""

    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failure: str = ""


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
    for word in re.findall(r"\S+\s*", text):
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
    for word in re.findall(r"\S+\s*", text):
        yield chunk({"content": word})
    yield chunk({}, "stop")
    options: dict[str, Any] = request.get("stream_options") or {}
    if options.get("include_usage"):
        yield {**base, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recording: Recording

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        """Give what was recorded, or say that the server is up."""
        self._json(self.recording.requests if self.path == "/__requests" else {"ok": True})

    def do_POST(self) -> None:
        """Answer as the API at that path would."""
        raw = self.rfile.read(int(self.headers.get("content-length", "0")))
        body = cast("dict[str, Any]", json.loads(raw or b"{}"))
        if self.path.startswith("/__fail/"):
            self.recording.failure = self.path.removeprefix("/__fail/")
            self._json({"ok": True})
            return
        self.recording.requests.append({"path": self.path, "body": body})
        if self.recording.failure in {"500", "429"}:
            self._json({"error": {"message": "made to fail"}}, int(self.recording.failure), {"x-should-retry": "false"})
            return
        schema = schema_of(body)
        text = answer(body) if schema is None else json.dumps(smallest(schema))
        if self.path.endswith("/responses"):
            self._answer(body, text, responses_events(body, text), named=True)
        elif self.path.endswith("/chat/completions"):
            self._answer(body, text, chat_chunks(body, text), named=False)
        else:
            self._json({"ok": True})

    def _answer(self, body: dict[str, Any], text: str, events: Iterator[dict[str, Any]], *, named: bool) -> None:
        if not body.get("stream"):
            made = list(events)
            self._json(made[-1]["response"] if named else _completion(body, text))
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number, event in enumerate(events):
            if self.recording.failure == "half" and number > 5:  # noqa: PLR2004 - in the middle of the text
                break
            data = json.dumps({**event, "sequence_number": number} if named else event)
            head = f"event: {event['type']}\n" if named else ""
            self.wfile.write(f"{head}data: {data}\n\n".encode())
            self.wfile.flush()
        if not named:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _json(self, value: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


def _completion(request: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl_{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "recorded"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


class Recorder:
    """The stand-in in this process: ``with Recorder() as recorder: recorder.url``; ``recorder.recording`` is what it heard."""

    def __init__(self, port: int = 0) -> None:
        self.recording = Recording()
        handler = type("Handler", (_Handler,), {"recording": self.recording})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The base address, as ``OPENAI_BASE_URL`` wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="A recording stand-in for the model API.")
    parser.add_argument("--port", type=int, default=0)
    with Recorder(parser.parse_args().port) as recorder:
        sys.stdout.write(recorder.url + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
