"""Requests to other machines end at the stand-in, whatever library sends them; the guard lets nothing else out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import chatkit_integrator.toolkit.proving
from chatkit_integrator.proofs.recorder import Recorder

SHIM = Path(chatkit_integrator.toolkit.proving.__file__).parent / "shim"
SENDING = {
    "httpx": "import httpx; print(httpx.get('https://api.example.com/v1/x').json())",
    "httpx, waiting": (
        "import asyncio, httpx\n"
        "async def go():\n    async with httpx.AsyncClient() as c: print((await c.get('https://api.example.com/v1/x')).json())\n"
        "asyncio.run(go())"
    ),
    "httpx2": "import httpx2; print(httpx2.get('https://api.example.com/v1/x').json())",
    "urllib": "import json, urllib.request as u; print(json.load(u.urlopen('https://api.example.com/v1/x')))",
}


def run(code: str, recorder: Recorder, **more: str) -> str:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SHIM), "CHATKIT_PROOF_RECORDER": recorder.base, **more}
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60, env=env)
    return done.stdout + done.stderr


@pytest.mark.parametrize("library", SENDING)
def test_each_library_sends_it_to_the_stand_in_which_knows_the_host_that_was_meant(library: str) -> None:
    with Recorder() as recorder:
        assert run(SENDING[library], recorder) == "{'ok': True}\n"
        (request,) = recorder.recording.requests
    assert (request["host"], request["path"]) == ("api.example.com", "/v1/x")


def test_what_stays_on_this_machine_goes_where_it_was_sent() -> None:
    with Recorder() as recorder, Recorder() as other:
        assert run(f"import httpx; print(httpx.get('{other.base}/own').json())", recorder) == "{'ok': True}\n"
        assert recorder.recording.requests == []


def test_the_guard_refuses_a_socket_to_another_machine_and_without_it_there_is_none() -> None:
    code = "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 0.5)\nexcept OSError as error: print(error)"
    with Recorder() as recorder:
        assert "a proof lets nothing out, and this goes to 192.0.2.1" in run(code, recorder, CHATKIT_PROOF_GUARD="1")
        assert "a proof lets nothing out" not in run(code, recorder)
