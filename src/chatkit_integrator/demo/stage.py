"""A small server in front of the site that puts the stand-in element where chatkit.js would come from its CDN.

Only for looking at the demo where the CDN cannot be reached; the site itself stays as it was integrated.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from chatkit_integrator.proofs.element import element_script

if TYPE_CHECKING:
    from collections.abc import Iterable

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
_OWN = "/__chatkit/chatkit.js"
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding"}


def cdn_is_reachable() -> bool:
    """Whether the real chatkit.js can be fetched from here."""
    try:
        with urllib.request.urlopen(SCRIPT, timeout=3) as response:
            return response.status == http.client.OK
    except (urllib.error.URLError, OSError):
        return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: str

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        """Pass a request on."""
        if self.path == _OWN:
            self._send(200, [("content-type", "text/javascript")], element_script().encode())
        else:
            self._pass_on()

    def do_POST(self) -> None:
        """Pass a request on."""
        self._pass_on()

    def _pass_on(self) -> None:
        place = urlsplit(self.site)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        headers["host"] = self.headers.get("host", "")
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _NOT_PASSED_ON]
            if answer.getheader("content-type", "").startswith(("text/html", "text/x-component")):
                self._send(answer.status, kept, answer.read().replace(SCRIPT.encode(), _OWN.encode()))
            else:
                self._stream(answer, kept)
        finally:
            connection.close()

    def _send(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, answer: http.client.HTTPResponse, headers: Iterable[tuple[str, str]]) -> None:
        self.send_response(answer.status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        while chunk := answer.read1(65536):
            self.wfile.write(chunk)
            self.wfile.flush()
        self.close_connection = True


class Stage:
    """The server: ``with Stage(site) as stage: stage.url``."""

    def __init__(self, site: str) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
