"""Put before a backend that is proven: requests to other machines go to the recording stand-in, whatever library sends them.

Found by Python itself, through ``PYTHONPATH``, and only there. It changes where a request is sent, never what is in it; the
host that was meant goes along in a header. Works from Python 3.9 on, and with any version of the libraries.
"""

from __future__ import annotations

import errno
import importlib.abc
import os
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

_TARGET = urlsplit(os.environ.get("CHATKIT_PROOF_RECORDER", "http://127.0.0.1:9"))
_HERE = {"127.0.0.1", "localhost", "::1", "0.0.0.0", ""}  # noqa: S104 - compared with, not bound to
_MEANT = "x-original-host"
_REFUSED = errno.ECONNREFUSED


def _is_elsewhere(host: str | None) -> bool:
    return (host or "") not in _HERE and not (host or "").startswith("127.")


def _httpx(module: Any) -> None:  # noqa: ANN401 - somebody's module
    """Both httpx and httpx2, at the transport: every client and every SDK over them comes by."""

    def turned(request: Any) -> None:  # noqa: ANN401 - a request of that library
        if _is_elsewhere(request.url.host):
            request.headers[_MEANT] = request.url.host
            request.url = request.url.copy_with(scheme="http", host=_TARGET.hostname, port=_TARGET.port)

    plain, waiting = module.HTTPTransport.handle_request, module.AsyncHTTPTransport.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:  # noqa: ANN401 - as the library has it
        turned(request)
        return plain(self, request)

    async def handle_async_request(self: Any, request: Any) -> Any:  # noqa: ANN401 - the same
        turned(request)
        return await waiting(self, request)

    module.HTTPTransport.handle_request = handle_request
    module.AsyncHTTPTransport.handle_async_request = handle_async_request


def _requests(module: Any) -> None:  # noqa: ANN401 - somebody's module
    plain = module.HTTPAdapter.send

    def send(self: Any, request: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the library has it
        place = urlsplit(str(request.url))
        if _is_elsewhere(place.hostname):
            request.headers[_MEANT] = place.hostname
            request.url = place._replace(scheme="http", netloc=_TARGET.netloc).geturl()
        return plain(self, request, *given, **named)

    module.HTTPAdapter.send = send


def _aiohttp(module: Any) -> None:  # noqa: ANN401 - somebody's module
    plain = module.ClientSession._request  # noqa: SLF001 - there is no other place that every request comes by

    async def _request(self: Any, method: str, address: Any, **named: Any) -> Any:  # noqa: ANN401 - as the library has it
        place = urlsplit(str(address))
        if _is_elsewhere(place.hostname) and place.hostname:
            named["headers"] = {**dict(named.get("headers") or {}), _MEANT: place.hostname}
            named.pop("ssl", None)
            address = place._replace(scheme="http", netloc=_TARGET.netloc).geturl()
        return await plain(self, method, address, **named)

    module.ClientSession._request = _request  # noqa: SLF001 - the same


def _urllib(module: Any) -> None:  # noqa: ANN401 - the standard library's module
    plain = module.OpenerDirector.open

    def opened(self: Any, fullurl: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the library has it
        request = module.Request(fullurl) if isinstance(fullurl, str) else fullurl
        place = urlsplit(str(request.full_url))
        if place.scheme in {"http", "https"} and _is_elsewhere(place.hostname):
            request.add_unredirected_header(_MEANT, place.hostname or "")
            request.full_url = place._replace(scheme="http", netloc=_TARGET.netloc).geturl()
        return plain(self, request, *given, **named)

    module.OpenerDirector.open = opened


def _gemini(module: Any) -> None:  # noqa: ANN401 - somebody's module
    """Google's older SDK speaks gRPC, from C, unless it is told not to."""
    plain = module.configure

    def configure(**named: Any) -> Any:  # noqa: ANN401 - as the library has it
        return plain(**{**named, "transport": "rest"})

    module.configure = configure


_CHANGES = {
    "httpx._transports.default": _httpx,
    "httpx2._transports.default": _httpx,
    "requests.adapters": _requests,
    "aiohttp.client": _aiohttp,
    "urllib.request": _urllib,
    "google.generativeai": _gemini,
}


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: Any, change: Any) -> None:  # noqa: ANN401 - a loader of any kind
        self._inner, self._change = inner, change

    def create_module(self, spec: Any) -> Any:  # noqa: ANN401 - the protocol's
        return self._inner.create_module(spec)

    def exec_module(self, module: Any) -> None:  # noqa: ANN401 - the protocol's
        self._inner.exec_module(module)
        try:
            self._change(module)
        except AttributeError as error:
            sys.stderr.write(
                f"chatkit-integrator: {module.__name__} has another shape, its requests are not redirected: {error}\n"
            )


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:  # noqa: ANN401 - the protocol's
        change = _CHANGES.get(name)
        if change is None:
            return None
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None and spec.loader is not None:
                    spec.loader = _Loader(spec.loader, change)
                    return spec
        return None


def _guard() -> None:
    """Where the system keeps nothing in: no connection of this process to another machine."""
    plain, asked = socket.socket.connect, socket.socket.connect_ex

    def refused(self: socket.socket, address: Any) -> int:  # noqa: ANN401 - as the library has it
        if self.family in {socket.AF_INET, socket.AF_INET6} and _is_elsewhere(str(address[0])):
            return _REFUSED
        return asked(self, address)

    def connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it
        if self.family in {socket.AF_INET, socket.AF_INET6} and _is_elsewhere(str(address[0])):
            raise ConnectionRefusedError(_REFUSED, f"a proof lets nothing out, and this goes to {address[0]}")
        plain(self, address)

    socket.socket.connect = connect
    socket.socket.connect_ex = refused


sys.meta_path.insert(0, _Finder())
if "urllib.request" in sys.modules:
    _urllib(sys.modules["urllib.request"])
if os.environ.get("CHATKIT_PROOF_GUARD") == "1":
    _guard()
