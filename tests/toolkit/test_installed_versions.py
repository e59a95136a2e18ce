"""What we declare installs and talks: with the newest packages, with the oldest, and beside those that hold others back."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest
from uv import find_uv_bin

from chatkit_integrator.demo.run import free_ports
from chatkit_integrator.engine.running import start
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.wire import Wire, assistant_text, errors, spoken, thread_of
from chatkit_integrator.toolkit import Request, apply, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests that is long enough"
MAIN = 'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/")\ndef home() -> str:\n    return "Hello"\n'
CASES = {
    "the newest": ("fastapi\nuvicorn\n", "highest", "on"),
    "the oldest": ("fastapi==0.100.0\nuvicorn==0.31.1\n", "lowest-direct", "off"),
    "the oldest that attachments work with": ("fastapi==0.100.0\nuvicorn==0.31.1\n", "lowest-direct", "on"),
    "an old server, which holds the agents back": ("fastapi==0.115.0\nuvicorn[standard]==0.30.6\n", "highest", "on"),
    "an old sign-in, which holds mcp back": (
        "fastapi\nuvicorn\nfastapi-users[sqlalchemy]>=13,<14\n",
        "highest",
        "off",  # its python-multipart is older than what attachments are read with
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_chat_answers_remembers_and_reads_what_is_attached_with(
    case: str, git_repository: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    requirements, resolution, attachments = CASES[case]
    root = git_repository({"main.py": MAIN, "requirements.txt": requirements})
    request = Request(root, answers={"identity": "guest", "attachments": attachments})
    apply(request, plan(request).plan.id)
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv/bin/python")
    install = [uv, "pip", "install", "--quiet", "--python", python, "--resolution", resolution, "-r", "requirements.txt"]
    subprocess.run(install, cwd=root, check=True, timeout=300)

    [port] = free_ports(1)
    with Recorder() as recorder:
        environment = {
            "PATH": "/usr/bin:/bin",
            "CHATKIT_GUEST_SECRET": SECRET,
            "OPENAI_API_KEY": "recorded",
            "OPENAI_BASE_URL": recorder.url,
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
        }
        command = [python, "-m", "uvicorn", "main:app", "--port", str(port), "--log-level", "warning"]
        with start(command, cwd=root, env=environment, log=tmp_path / "log") as backend:
            backend.wait_for_http(f"http://127.0.0.1:{port}/", 60)
            token = jwt.encode({"sub": "v1", "iss": "chatkit-guest", "exp": 4_000_000_000}, SECRET, "HS256")
            visitor = Wire(f"http://127.0.0.1:{port}/chatkit", {"authorization": f"Bearer {token}"})
            first = visitor.create("Hello, my name is Ada.")
            second = visitor.add(thread_of(first), "What is my name?")
            if attachments == "on":
                form = {"file": ("brew.txt", b"Steep it for four minutes.")}
                attached = httpx.post(f"{visitor.url}/attachments", headers=visitor.headers, files=form)
                assert attached.status_code == 200, (tmp_path / "log").read_text()
                message = {"input": spoken("Look", attachments=[attached.json()["id"]])}
                assert errors(visitor.stream("threads.create", message, None)) == []
                assert "Steep it for four minutes." in str(recorder.recording.prompts[-1]["body"])
    assert assistant_text(first) == "Hello Ada, nice to meet you.", (tmp_path / "log").read_text()
    assert assistant_text(second) == "Your name is Ada, you told me before.", (tmp_path / "log").read_text()
