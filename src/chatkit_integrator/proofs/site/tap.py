"""What stands between a site and its backend: it keeps every request that arrives, and passes it on, or answers itself.

Where the repository has no backend, or none that runs, it answers as ChatKit's server does. ``mood`` makes it fail instead.
Standard library only.
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self, cast
from urllib.parse import urlsplit

from chatkit_integrator.proofs.site import standing_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Mood = Literal["well", "unavailable", "broken"]
ORIGINAL = "x-proof-original"
_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding", "keep-alive"}
_TIMEOUT = 60.0


@dataclass
class Arrival:
    """One request that arrived. Header names are in small letters; ``status`` is 0 until it is answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 0
    kind: str = ""

    @property
    def operation(self) -> str | None:
        """The operation of ChatKit's protocol; ``None`` where it is no such request."""
        return operation_of(self.body)

    @property
    def sent(self) -> dict[str, Any]:
        """The body, where it is an object."""
        return object_of(self.body)


def object_of(body: bytes | str | None) -> dict[str, Any]:
    """A JSON object, or an empty one."""
    try:
        found: Any = json.loads(body or b"{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def operation_of(body: bytes | str | None) -> str | None:
    """The operation that a body asks of a ChatKit server; ``None`` where it asks none."""
    kind = object_of(body).get("type")
    return kind if isinstance(kind, str) and kind.startswith(("threads.", "items.", "attachments.")) else None


@dataclass
class Tap:
    """The server: ``with Tap() as tap: tap.url``. ``target`` is the real backend's address, where there is one.

    ``endpoint`` is the path that ChatKit is served at; a stand-in answers 404 at every other (``None``: it is not known, and
    any will do). ``person`` is told to who asks for it with credentials; without a backend there is nobody else to ask.
    """

    target: str | None = None
    endpoint: str | None = None
    person: Mapping[str, object] = field(default_factory=dict[str, object])
    mood: Mood = "well"
    arrivals: list[Arrival] = field(default_factory=list[Arrival])

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"tap": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def chats(self, since: int = 0) -> list[Arrival]:
        """The requests of ChatKit's protocol that arrived, from a number of arrivals on."""
        return [one for one in self.arrivals[since:] if one.operation is not None]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tap: Tap

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        """Keep the request, and pass it on or answer it."""
        arrival = Arrival(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("content-length") or "0")),
        )
        if self.command == "OPTIONS":
            self._send(arrival, 204, (), b"")
            return
        self.tap.arrivals.append(arrival)
        try:
            if arrival.operation is not None and self.tap.mood != "well":
                self._fail(arrival)
            elif self.tap.target is not None:
                self._pass_on(arrival, self.tap.target)
            else:
                self._answer(arrival)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - the base class's names

    def _fail(self, arrival: Arrival) -> None:
        if self.tap.mood == "broken" and standing_in.is_streaming(arrival.operation):
            event = {"type": "error", "code": "custom", "message": standing_in.FAILURE, "allow_retry": False}
            self._send(arrival, 200, [("content-type", "text/event-stream")], standing_in.encoded([event]))
        else:
            text = json.dumps({"detail": standing_in.FAILURE, "message": standing_in.FAILURE}).encode()
            self._send(arrival, 503, [("content-type", "application/json")], text)

    def _pass_on(self, arrival: Arrival, target: str) -> None:
        place = urlsplit(target)
        connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=_TIMEOUT)
        headers = {name: value for name, value in arrival.headers.items() if name not in _HOP and name != ORIGINAL}
        try:
            connection.request(self.command, self.path, arrival.body, {**headers, "host": place.netloc})
            answer = connection.getresponse()
        except OSError as error:
            text = json.dumps({"detail": f"the backend cannot be reached: {error}"}).encode()
            self._send(arrival, 502, [("content-type", "application/json")], text)
        else:
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            self._head(arrival, answer.status, [*kept, ("connection", "close")])
            while self.command != "HEAD" and (chunk := answer.read1(65536)):
                self.wfile.write(chunk)
                self.wfile.flush()
            self.close_connection = True
        finally:
            connection.close()

    def _answer(self, arrival: Arrival) -> None:
        path = urlsplit(arrival.path).path.rstrip("/")
        if arrival.operation is not None:
            if self.tap.endpoint is not None and path != self.tap.endpoint.rstrip("/"):
                self._json(arrival, 404, {"detail": "Not Found"})
            elif standing_in.is_streaming(arrival.operation):
                body = standing_in.encoded(standing_in.events(arrival.sent))
                self._send(arrival, 200, [("content-type", "text/event-stream")], body)
            else:
                self._json(arrival, 200, standing_in.value(arrival.sent))
        elif standing_in.asks_who(path):
            known = "authorization" in arrival.headers or "cookie" in arrival.headers
            self._json(arrival, 200 if known else 401, self.tap.person if known else {"detail": "Not authenticated"})
        else:
            self._json(arrival, 200, [] if path.endswith("s") else {})

    def _json(self, arrival: Arrival, status: int, value: object) -> None:
        self._send(arrival, status, [("content-type", "application/json")], json.dumps(value).encode())

    def _send(self, arrival: Arrival, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self._head(arrival, status, [*headers, ("content-length", str(len(body)))])
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, arrival: Arrival, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Send the head, open to the page: whether a backend's own CORS is right is another proof."""
        given = list(headers)
        arrival.status = status
        arrival.kind = next((value for name, value in given if name.lower() == "content-type"), "")
        self.send_response(status)
        for name, value in given:
            if not name.lower().startswith("access-control-"):
                self.send_header(name, value)
        self.send_header("access-control-allow-origin", arrival.headers.get("origin", "*"))
        self.send_header("access-control-allow-credentials", "true")
        self.send_header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS")
        self.send_header("access-control-allow-headers", arrival.headers.get("access-control-request-headers", "*"))
        self.end_headers()
