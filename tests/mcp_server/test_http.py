"""The server over HTTP: who is let in."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-of-the-tests-own"
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@dataclass(frozen=True)
class Served:
    url: str
    place: str
    said: str


def start(*environment: tuple[str, str]) -> tuple[subprocess.Popen[str], Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "chatkit_integrator", "serve", "--http", f"127.0.0.1:{port}"],
        env={**os.environ, **dict(environment)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return process, Served(f"http://127.0.0.1:{port}/mcp", f"127.0.0.1:{port}", said)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    process, found = start(("CHATKIT_INTEGRATOR_TOKEN", TOKEN))
    yield found
    process.terminate()
    process.wait(10)


def post(served: Served, **headers: str) -> int:
    usual = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {TOKEN}",
        "host": served.place,
        "origin": f"http://{served.place}",
    }
    sent = {name: value for name, value in {**usual, **headers}.items() if value}
    return httpx2.post(served.url, json=HELLO, headers=sent, timeout=20).status_code


@pytest.mark.parametrize("token", ["", "Bearer wrong", TOKEN, f"Basic {TOKEN}"])
def test_nobody_is_let_in_without_the_token(served: Served, token: str) -> None:
    assert post(served, authorization=token) == 401


def test_a_page_that_rebinds_a_name_is_not_let_in(served: Served) -> None:
    assert post(served, host="evil.example") == 421
    assert post(served, origin="https://evil.example") == 403


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_with_the_token_speaks_to_the_tools(served: Served, era: Literal["auto", "legacy"]) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with (
        httpx2.AsyncClient(headers=headers) as client,
        Client(streamable_http_client(served.url, http_client=client), mode=era) as session,
    ):
        tools = (await session.list_tools()).tools
        refused = await session.call_tool("inspect_repo", {"repo_path": "relative"})

    assert "inspect_repo" in {one.name for one in tools}
    assert "absolute path" in str(refused.content)


def test_a_token_is_made_and_told_where_there_is_none_and_a_given_one_is_not(served: Served) -> None:
    assert TOKEN not in served.said
    process, made = start(("CHATKIT_INTEGRATOR_TOKEN", ""))
    try:
        found = re.search(r"with the token (\S+);", made.said)
        assert found
        assert post(made, authorization=f"Bearer {found.group(1)}") != 401
        assert post(made) == 401
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("address", "token", "sentence"),
    [
        ("8765", "", "write HOST:PORT"),
        ("127.0.0.1:http", "", "write HOST:PORT"),
        ("127.0.0.1:0", "", "write HOST:PORT"),
        ("0.0.0.0:8765", "", "every interface is not served"),
        ("127.0.0.1:8765", "short", "shorter than 16"),
    ],
)
def test_what_cannot_be_served_is_refused_in_words(address: str, token: str, sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", "serve", "--http", address],
        env={**os.environ, "CHATKIT_INTEGRATOR_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
