"""A backend as the site's route asks one: it keeps what it is sent, and answers well or as it is told to."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Request:
    """One request that reached the backend."""

    path: str
    headers: dict[str, str]
    body: dict[str, object]

    @property
    def operation(self) -> str:
        return str(self.body.get("type"))

    @property
    def metadata(self) -> dict[str, object]:
        return cast("dict[str, object]", self.body.get("metadata") or {})


@dataclass
class Backend:
    """Answers as ChatKit's server does, or as ``mood`` says; keeps every request."""

    url: str = ""
    mood: str = "well"
    users: dict[str, dict[str, object]] = field(default_factory=dict[str, "dict[str, object]"])
    requests: list[Request] = field(default_factory=list[Request])
    go_on: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    def of(self, operation: str) -> list[Request]:
        """The requests of an operation; the first of them may be on its way still."""
        deadline = time.monotonic() + 5
        while not (found := [one for one in self.requests if one.operation == operation]) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def forget(self) -> None:
        self.mood = "well"
        self.users.clear()
        self.requests.clear()
        self.left.clear()
        self.go_on.set()


def _events(request: Request) -> Iterator[dict[str, object]]:
    thread = {"id": "thr_1", "created_at": "2026-01-01T00:00:00", "status": {"type": "active"}}
    number = id(request)
    params = cast("dict[str, dict[str, object]]", request.body["params"])
    common = {"thread_id": "thr_1", "created_at": "2026-01-01T00:00:00"}
    if request.operation == "threads.create":
        yield {"type": "thread.created", "thread": thread}
    asked = {"type": "user_message", "id": f"msg_u{number}", **common, **params.get("input", {})}
    yield {"type": "thread.item.done", "item": asked}
    answer: dict[str, object] = {"type": "assistant_message", "id": f"msg_a{number}", **common}
    yield {"type": "thread.item.added", "item": {**answer, "content": []}}
    update = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": "Two minutes"}
    yield {"type": "thread.item.updated", "item_id": answer["id"], "update": update}
    yield {
        "type": "thread.item.done",
        "item": {**answer, "content": [{"type": "output_text", "text": "Two minutes, then pour."}]},
    }


def _about_me(backend: Backend, path: str, who: str, change: bytes) -> tuple[int, bytes]:
    user = who.removeprefix("Bearer ")
    if path != "/api/v1/chatkit/me" or backend.mood == "401":
        return 401 if backend.mood == "401" else 404, b"{}"
    if backend.mood == "page":
        return 200, b"<!doctype html>"
    if change:
        backend.users[user] = json.loads(change)
    return 200, json.dumps({"user": f"of {user}", "preferences": backend.users.get(user, {})}).encode()


def _thread(backend: Backend) -> tuple[int, bytes]:
    if backend.mood == "forgetful":
        return 404, b'{"message": "This conversation is gone."}'
    item = {"type": "assistant_message", "id": "m", "content": [{"type": "output_text", "text": "From before"}]}
    return 200, json.dumps({"id": "thr_1", "items": {"data": [item]}}).encode()


class _Handler(BaseHTTPRequestHandler):
    backend: Backend
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by its base
        del format, args

    def do_PUT(self) -> None:
        change = self.rfile.read(int(self.headers.get("content-length", "0")))
        who = self.headers["authorization"] or self.headers["cookie"]
        self.answer(*_about_me(self.backend, self.path, who, change))

    do_GET = do_PUT  # noqa: N815 - named so by its base

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(body))
        self.backend.requests.append(request)
        if self.backend.mood.isdigit():
            return self.answer(int(self.backend.mood), b'{"detail":"trace of the backend"}')
        if self.backend.mood == "elsewhere" and self.path != "/elsewhere":
            return self.answer(307, b"", location=f"{self.backend.url}/elsewhere")
        if self.backend.mood == "thinking":
            return self.wait_for_the_end()
        if request.operation == "threads.get_by_id":
            return self.answer(*_thread(self.backend))
        if self.backend.mood == "page" or request.operation.endswith(".list"):
            return self.answer(200, b'{"data":[]}')
        return self.stream(request)

    def wait_for_the_end(self) -> None:
        """Say no more, and notice when the other side goes."""
        self.close_connection = True
        readable, _, _ = select.select([self.connection], [], [], 10)
        if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
            self.backend.left.set()

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, request: Request) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(_events(request)):
            if number == 1 and self.backend.mood in {"cut", "endless"}:
                self.close_connection = True
                if self.backend.mood == "endless":
                    self.wait_for_the_end()
                return
            if number == 1:
                self.backend.go_on.wait(30)  # longer than the tests wait for the first event
            chunk = f"data: {json.dumps(event)}\n\n".encode()
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


def handler_of(backend: Backend) -> type[BaseHTTPRequestHandler]:
    """The handler that answers for this backend."""
    return type("Handler", (_Handler,), {"backend": backend})
