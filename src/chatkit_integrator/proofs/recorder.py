"""A recording stand-in for the model API: Responses, Chat Completions, Gemini and LangGraph, streamed or not.

It answers from what it was really sent, so a conversation with it shows whether history and page context arrived. Every
request is kept: ``GET /__requests``. Other services that a backend asks are answered too (``services``). It fails on demand:
``POST /__fail/500``. ``python -m chatkit_integrator.proofs.recorder --port 0`` prints its address and serves until stopped.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, cast

from chatkit_integrator.proofs.answers import answer, schema_of, smallest
from chatkit_integrator.proofs.services import answer_for
from chatkit_integrator.proofs.speaking import api_of, speak
from chatkit_integrator.proofs.tokens import Keys

if TYPE_CHECKING:
    from chatkit_integrator.proofs.speaking import Api

_HANGING = 300.0


@dataclass
class Recording:
    """What was asked, in order, and how to answer.

    ``failure`` is what to do instead of answering: ``"500"``, ``"429"``, ``"hang"``, ``"half"``, or nothing. ``text`` is what
    to say, where it is not to be made of the request; ``pace`` seconds lie between two pieces of a stream.
    """

    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failure: str = ""
    text: str = ""
    pace: float = 0.0
    keys: Keys = field(default_factory=Keys)
    held: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, "list[dict[str, Any]]"])

    @property
    def prompts(self) -> list[dict[str, Any]]:
        """The requests that went to a model.

        Each has ``body``, ``before`` (what a real API would remember by an id in it), ``sent`` and ``pieces`` (how many
        pieces of the answer were taken, of how many), and ``left`` where the asker went away.
        """
        return [one for one in self.requests if one.get("api")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recording: Recording

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        """Give what was recorded, or say that the server is up."""
        if self.path == "/__requests":
            self._json(self.recording.requests)
        else:
            self._other(None)

    def do_POST(self) -> None:
        """Answer as the API at that path would."""
        body = self._body()
        if self.path.startswith("/__fail/"):
            self.recording.failure = self.path.removeprefix("/__fail/")
            self._json({"ok": True})
            return
        api = api_of(self.path)
        if api is None or not isinstance(body, dict):
            self._other(body)
            return
        self._model(api, cast("dict[str, Any]", body))

    def do_PUT(self) -> None:
        """Answer other services."""
        self._other(self._body())

    do_PATCH = do_PUT  # noqa: N815 - the names that the base class calls
    do_DELETE = do_PUT  # noqa: N815

    def do_HEAD(self) -> None:
        """Say that there is something."""
        self._json({}, with_body=False)

    def _body(self) -> Any:  # noqa: ANN401 - any JSON
        if "chunked" in self.headers.get("transfer-encoding", ""):
            raw = b""
            while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
                raw += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            raw = self.rfile.read(int(self.headers.get("content-length") or "0"))
        try:
            return json.loads(raw or b"{}")
        except ValueError:
            return {"raw": raw[:2000].decode("utf-8", "replace")}

    def _noted(self, body: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        host = self.headers.get("x-original-host") or self.headers.get("host", "")
        entry: dict[str, Any] = {"method": self.command, "path": self.path, "host": host, "body": body, **more}
        self.recording.requests.append(entry)
        return entry

    def _other(self, body: Any) -> None:  # noqa: ANN401 - any JSON
        self._noted(body)
        base = f"http://{self.headers.get('host', '127.0.0.1')}"
        given = answer_for(self.command, self.path, body, self.recording.keys, base)
        if given.value is None:
            self.send_response(given.status)
            self.send_header("content-length", "0")
            self.end_headers()
        else:
            self._json(given.value, given.status)

    def _model(self, api: Api, body: dict[str, Any]) -> None:
        recording = self.recording
        key = _conversation(api, self.path, body)
        before = recording.held.get(key, [])
        entry = self._noted(body, api=api, before=before, sent=0, pieces=0, left=False, at=time.time())
        if recording.failure == "hang":
            entry["left"] = self._hung()
        if recording.failure in {"500", "429", "hang"}:
            status = 500 if recording.failure == "hang" else int(recording.failure)
            self._json({"error": {"message": "made to fail"}}, status, {"x-should-retry": "false"})
            return
        schema = schema_of(body)
        text = json.dumps(smallest(schema)) if schema is not None else recording.text or answer(body)
        now = _said_now(body)
        spoken = speak(api, body, text, [*before, *now] if api == "langgraph" else [])
        for name in {key if api == "langgraph" else spoken.id} - {""}:
            recording.held[name] = [*before, *now, {"type": "ai", "content": text}]
        if not _streamed(api, self.path, body):
            self._json(spoken.whole)
            return
        entry["pieces"] = len(spoken.pieces)
        self._stream(entry, spoken.pieces)

    def _stream(self, entry: dict[str, Any], pieces: tuple[str, ...]) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number, piece in enumerate(pieces):
            if self.recording.failure == "half" and number > len(pieces) // 2:
                return
            if self.recording.pace:
                time.sleep(self.recording.pace)
            if self._left():
                entry["left"] = True
                return
            try:
                self.wfile.write(piece.encode())
                self.wfile.flush()
            except OSError:
                entry["left"] = True
                return
            entry["sent"] = number + 1

    def _left(self) -> bool:
        """Whether the asker has gone away."""
        ready, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(ready) and self.connection.recv(1, 2) == b""  # 2: only look
        except OSError:
            return True

    def _hung(self) -> bool:
        """Say nothing until the asker goes away, or nobody wants it any more."""
        deadline = time.monotonic() + _HANGING
        while self.recording.failure == "hang" and time.monotonic() < deadline:
            if self._left():
                return True
            time.sleep(0.05)
        return False

    def _json(self, value: object, status: int = 200, headers: dict[str, str] | None = None, *, with_body: bool = True) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        if with_body:
            self.wfile.write(data)


def _conversation(api: Api, path: str, body: dict[str, Any]) -> str:
    """The name under which an API remembers what was said before; nothing where it does not."""
    if api == "langgraph":
        return path.partition("/runs/")[0]
    conversation: Any = body.get("conversation")
    named = cast("dict[str, Any]", conversation).get("id") if isinstance(conversation, dict) else conversation
    return str(body.get("previous_response_id") or named or "")


def _said_now(body: dict[str, Any]) -> list[dict[str, Any]]:
    given: Any = body.get("input")
    if isinstance(given, dict):
        given = cast("dict[str, Any]", given).get("messages")
    messages = cast("list[Any]", given) if isinstance(given, list) else [{"type": "human", "content": given}]
    return [cast("dict[str, Any]", one) for one in messages if isinstance(one, dict)]


def _streamed(api: Api, path: str, body: dict[str, Any]) -> bool:
    if api == "langgraph":
        return not path.endswith("/wait")
    return bool(body.get("stream")) or ":streamGenerateContent" in path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of askers that went away."""


class Recorder:
    """The stand-in in this process: ``with Recorder() as recorder: recorder.url``; ``recorder.recording`` is what it heard."""

    def __init__(self, port: int = 0) -> None:
        self.recording = Recording()
        handler = type("Handler", (_Handler,), {"recording": self.recording})
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def base(self) -> str:
        """The address, as other services are given it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The base address, as ``OPENAI_BASE_URL`` wants it."""
        return f"{self.base}/v1"

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
