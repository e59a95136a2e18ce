"""The demo: copy, integrate, start, sign in, talk, judge; every process it starts is stopped again."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import tempfile
import threading
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.demo.environment import install_site, python_for
from chatkit_integrator.demo.stage import Stage, cdn_is_reachable
from chatkit_integrator.engine.running import run, start
from chatkit_integrator.errors import CommandFailedError
from chatkit_integrator.model.verdict import Failed, Passed
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.wire import Wire, assistant_text, thread_of
from chatkit_integrator.report import jsons, texts
from chatkit_integrator.toolkit import Request, apply, check, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

PERSON = {"email": "ada@example.com", "password": "engine"}
PAGE = "/books/2"
_STARTING = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """The sample, integrated and running: its addresses, and the recording model where there is one."""

    root: Path
    site: str
    backend: str
    recorder: Recorder | None


def run_demo(*, directory: Path | None, keep: bool, say: Callable[[str], None]) -> int:
    """Run it all. Exit status 0 where the conversation and the checklist came out right, 1 where not."""
    with ExitStack() as stack:
        root = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatkit-demo-")))
        root = copy_sample(root)
        say(f"1. A bookshop of our own, without a chat: {root}")
        integrate(root, say)
        running = stack.enter_context(started(root, say))
        talked = converse(running, say)
        fine = judge(root, say)
        if keep:
            stack.enter_context(_shown(running, say))
            _wait()
    return 0 if talked and fine else 1


def copy_sample(root: Path) -> Path:
    """Copy the sample into a folder, as a repository with one commit."""
    with as_file(files("chatkit_integrator.demo") / "sample") as sample:
        skipped = shutil.ignore_patterns("node_modules", ".next", "__pycache__", "*.db")
        shutil.copytree(sample, root, dirs_exist_ok=True, ignore=skipped)
    for argv in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "A bookshop"]):
        run(["git", "-c", "user.name=demo", "-c", "user.email=demo@example.com", *argv], cwd=root, timeout=60)
    return root.resolve()


def integrate(root: Path, say: Callable[[str], None]) -> None:
    """Plan and apply, saying what is done."""
    planned = plan(Request(root))
    say(f"2. Plan {planned.plan.id}: {len(planned.plan.edits)} files, {len(planned.plan.questions)} questions")
    for step in planned.plan.steps:
        say(f"     + {step.summary}")
    done = apply(Request(root), planned.plan.id)
    say(f"3. Applied: {len(done.written)} files written; `chatkit-integrator undo {root}` takes them back")


@contextmanager
def started(root: Path, say: Callable[[str], None]) -> Generator[Running]:
    """Start the sample with everything that it needs."""
    with ExitStack() as stack:
        python = python_for(root / "backend", say)
        install_site(root / "frontend", say)
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatkit-demo-logs-")))
        ports = free_ports(2)
        backend, site = (f"http://127.0.0.1:{port}" for port in ports)
        recorder = None if os.environ.get("OPENAI_API_KEY") else stack.enter_context(Recorder())
        say(
            "4. The model: OpenAI's, by OPENAI_API_KEY"
            if recorder is None
            else "4. The model: a recorded stand-in, because OPENAI_API_KEY is not set"
        )
        api = stack.enter_context(
            start(
                [python, "-m", "uvicorn", "shop.main:app", "--port", str(ports[0]), "--log-level", "warning"],
                cwd=root / "backend",
                env=backend_environment(recorder),
                log=logs / "backend.log",
            )
        )
        env = site_environment(backend)
        say("5. Building the site (next build)")
        run(["npx", "next", "build"], cwd=root / "frontend", env=env, timeout=300)
        web = stack.enter_context(
            start(["npx", "next", "start", "--port", str(ports[1])], cwd=root / "frontend", env=env, log=logs / "site.log")
        )
        api.wait_for_http(f"{backend}/api/books", _STARTING)
        web.wait_for_http(site, _STARTING)
        say(f"6. Running: site {site}, backend {backend}, conversations in SQLite")
        yield Running(root, site, backend, recorder)


def backend_environment(recorder: Recorder | None) -> dict[str, str]:
    """What the backend's process sees."""
    env = {**os.environ, "SHOP_SECRET": secrets.token_urlsafe(48)}
    if recorder is not None:
        env |= {"OPENAI_BASE_URL": recorder.url, "OPENAI_API_KEY": "recorded", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    return env


def site_environment(backend: str) -> dict[str, str]:
    """What the site's process sees."""
    return {**os.environ, "SHOP_BACKEND_URL": backend, "CHATKIT_BACKEND_URL": backend, "NEXT_TELEMETRY_DISABLED": "1"}


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def sign_in(running: Running) -> dict[str, str]:
    """Sign in as Ada; gives the headers that her browser would send."""
    request = urllib.request.Request(  # noqa: S310 - the demo's own server
        f"{running.backend}/api/auth/login",
        data=json.dumps(PERSON).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
        return {"cookie": f"session={json.load(response)['access_token']}"}


def page_context(running: Running) -> dict[str, object]:
    """What the widget tells about a page, read from the page."""
    with urllib.request.urlopen(running.site + PAGE, timeout=30) as response:  # noqa: S310 - the demo's own server
        html = response.read().decode()
    title = re.search(r"<title>(.*?)</title>", html)
    return {"url": running.site + PAGE, "path": PAGE, "title": title.group(1) if title else "", "headings": []}


def converse(running: Running, say: Callable[[str], None]) -> bool:
    """Two turns through the site's own route, as Ada; the second needs the first."""
    chat = f"{running.site}/api/chatkit"
    status, _ = Wire(chat).ask("threads.list", {"limit": 1})
    say(f"7. Signed out, the chat answers {status}; now as Ada, on {PAGE}:")
    ada = Wire(chat, sign_in(running))
    metadata: Mapping[str, object] = {"pageContext": page_context(running)}
    first = ada.create("Hello, my name is Ada.", metadata)
    second = ada.add(thread_of(first), "What is my name?", metadata)
    for question, events in (("Hello, my name is Ada.", first), ("What is my name?", second)):
        say(f"     Ada:   {question}")
        say(f"     Agent: {assistant_text(events)}")
    remembered = "Ada" in assistant_text(second)
    say("   The agent " + ("remembers, through the proxy." if remembered else "does NOT remember: something is wrong."))
    return remembered and status == 401  # noqa: PLR2004 - HTTP's Unauthorized


def judge(root: Path, say: Callable[[str], None]) -> bool:
    """The checklist with its evidence."""
    say("8. The checklist, read from the code:")
    results = check(root)
    for one in results:
        verdict = one.verdict
        say(f"     {jsons.verdict_name(verdict):<14} {one.id} {one.title}")
        if isinstance(verdict, (Passed, Failed)):
            say(f"                    {texts.evidence(verdict.evidence[-1])[:140]}")
    return not any(isinstance(one.verdict, Failed) for one in results)


@contextmanager
def _shown(running: Running, say: Callable[[str], None]) -> Generator[None]:
    with ExitStack() as stack:
        real = cdn_is_reachable()
        url = running.site if real else stack.enter_context(Stage(running.site)).url
        element = "the real chatkit.js" if real else "our stand-in for chatkit.js, because its CDN cannot be reached"
        say(f"9. Open {url} (with {element}); sign in as {PERSON['email']} / {PERSON['password']}. Ctrl-C stops everything.")
        yield


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


__all__ = ["CommandFailedError", "Running", "copy_sample", "integrate", "run_demo", "started"]
