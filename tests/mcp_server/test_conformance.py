"""MCP's own test programs: the conformance suite in both protocol eras, and the Inspector's strict look at the tools."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from chatkit_integrator.mcp_server import create_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

APPLICABLE = {
    "2025-11-25": {
        "server-initialize",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
        "server-session-lifecycle",
    },
    "2026-07-28": {
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "caching",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "http-header-validation",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
    },
}
"""The scenarios that any server can be held to. The others call tools, resources and prompts of the suite's own server."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The server over HTTP, without the token that the suite cannot send."""
    config = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    port = int(socket.getsockname()[1])
    places = [f"127.0.0.1:{port}", f"localhost:{port}"]
    security = TransportSecuritySettings(allowed_hosts=places, allowed_origins=[f"http://{one}" for one in places])
    config.app = create_server().streamable_http_app(transport_security=security)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("version", APPLICABLE)
def test_every_scenario_that_applies_passes(
    version: str, url: str, npm: Callable[..., Path], newer_node: dict[str, str]
) -> None:
    program = npm("@modelcontextprotocol/conformance@0.2.0-alpha.12") / ".bin" / "conformance"
    command = [program, "server", "--url", url, "--requirements", version]
    done = subprocess.run(command, env=newer_node, capture_output=True, text=True, timeout=300, check=False)

    passed = set(re.findall(r"^\u2713 ([\w-]+): [1-9]", done.stdout, re.MULTILINE))
    assert passed >= APPLICABLE[version], done.stdout[-3000:]
    if version == "2026-07-28":
        assert "server-stateless: 26 passed, 2 failed" in done.stdout  # two need a tool of the suite's own server


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_nothing_in_the_tools(era: str, npm: Callable[..., Path], newer_node: dict[str, str]) -> None:
    program = npm("@modelcontextprotocol/inspector@2") / ".bin" / "mcp-inspector"
    server = [sys.executable, "-m", "chatkit_integrator", "serve"]
    options = ["--method", "tools/list", "--strict", "-q", "--format", "json", "--protocol-era", era]
    done = subprocess.run(
        [program, "--cli", *server, *options], env=newer_node, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    assert "inspect_repo" in done.stdout
