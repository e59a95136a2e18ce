"""The server over streamable HTTP, for clients that cannot start a program.

Every local program can connect to a port, and a web page can make a browser do so: each request has to carry the token, and its
Host and Origin headers have to name this server. Nothing else is listened on than the address that was given.
"""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings

from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.mcp_server import create_server

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN = "CHATKIT_INTEGRATOR_TOKEN"  # noqa: S105 - the name of a variable, not a secret
PATH = "/mcp"
_SHORTEST = 16
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - refused
_LOCAL = {"127.0.0.1", "localhost"}


class TokenRequired:
    """Answers 401 unless a request carries ``Authorization: Bearer`` with the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "http":
            given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            if not secrets.compare_digest(given, self._wanted):
                from starlette.responses import PlainTextResponse  # noqa: PLC0415 - only here

                refusal = PlainTextResponse("The token is missing or wrong.", 401, {"www-authenticate": "Bearer"})
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def protected_app(host: str, port: int, token: str) -> ASGIApp:
    """The server as an ASGI application that answers at ``/mcp`` of one address, to who has the token."""
    names = _LOCAL if host in _LOCAL else {host}
    places = sorted(f"{f'[{name}]' if ':' in name else name}:{port}" for name in names)
    security = TransportSecuritySettings(allowed_hosts=places, allowed_origins=[f"http://{place}" for place in places])
    app = create_server().streamable_http_app(streamable_http_path=PATH, transport_security=security)
    return TokenRequired(app, token)


def serve_http(address: str) -> None:
    """Serve at ``HOST:PORT`` until stopped. ``BadRequestError`` where that is no address, or the token is short.

    The token is taken from the environment variable ``CHATKIT_INTEGRATOR_TOKEN``; without it one is made and told.
    """
    import uvicorn  # noqa: PLC0415 - only here

    host, port = _parts(address)
    token = os.environ.get(TOKEN) or ""
    if token and len(token) < _SHORTEST:
        raise BadRequestError(f"{TOKEN} is shorter than {_SHORTEST} characters; set a longer one, or none to have one made.")
    told = "" if token else f" with the token {(token := secrets.token_urlsafe(32))}"
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"MCP at http://{shown}:{port}{PATH}{told}; send it as Authorization: Bearer. Ctrl-C stops.\n")
    uvicorn.run(protected_app(host, port, token), host=host, port=port, log_level="warning")


def _parts(address: str) -> tuple[str, int]:
    host, separator, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not port.isdigit() or not 0 < int(port) < 65_536:  # noqa: PLR2004 - TCP's ports
        raise BadRequestError(f"--http {address}: write HOST:PORT, for example --http 127.0.0.1:8765.")
    if host in _EVERYWHERE:
        raise BadRequestError(f"--http {address}: name the one address that clients use; every interface is not served.")
    return host, int(port)
