"""A backend that knows people by its own cookie alone, integrated: a production build, the generated backend, one conversation.

The cookie is set by the backend's own sign-in, which people reach through a rewrite of the site.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt
import pytest

from chatkit_integrator.demo.run import free_ports
from chatkit_integrator.engine.running import start
from chatkit_integrator.model.verdict import Failed, Passed, Unknown
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.wire import Wire, assistant_text, errors, thread_of
from chatkit_integrator.toolkit import Request, apply, check, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own-cookie")]

REPOSITORY = Path(__file__).parents[3] / "repos" / "own_cookie"
SECRET = "a secret of the studio that is long enough"
PASSWORD = "clay and fire"


@dataclass
class Studio:
    """The addresses of the site and of its backend."""

    url: str
    backend: str

    def at(self, path: str, **headers: str) -> Wire:
        return Wire(self.url + path, headers)

    def signed_in(self, name: str) -> str:
        """Sign in as the page does; gives the cookie."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.netloc, timeout=30)
        body = json.dumps({"name": name, "password": PASSWORD})
        connection.request("POST", "/studio/login", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 204, answer.read()
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        return cookie.split(";")[0]


@pytest.fixture(scope="module")
def integrated(committed: Callable[[Path], Path]) -> Path:
    """The repository, without an answer: nothing is asked."""
    root = committed(REPOSITORY)
    planned = plan(Request(root)).plan
    assert (planned.questions, planned.refusals) == ((), ())
    assert any("Ports of one host share their cookies" in one.text for one in planned.follow_ups)
    apply(Request(root), planned.id)
    return root


@pytest.fixture(scope="module")
def studio(integrated: Path, with_packages: Callable[[Path, tuple[str, ...]], None]) -> Iterator[Studio]:
    """Site and backend, running."""
    web, api = free_ports(2)
    with_packages(integrated / "web", ())
    found = Studio(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{api}")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(integrated), "NEXT_TELEMETRY_DISABLED": "1"}
    site = {**environment, "API_URL": found.backend, "CHATKIT_BACKEND_URL": found.backend}
    build = ["node_modules/.bin/next", "build"]
    done = subprocess.run(build, cwd=integrated / "web", env=site, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with ExitStack() as stack:
        recorder = stack.enter_context(Recorder())
        model = {"OPENAI_API_KEY": "recorded", "OPENAI_BASE_URL": recorder.url, "OPENAI_AGENTS_DISABLE_TRACING": "1"}
        own = {**environment, **model, "SECRET_KEY": SECRET, "STUDIO_PASSWORD": PASSWORD}
        command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(api), "--log-level", "warning"]
        backend = stack.enter_context(start(command, cwd=integrated / "api", env=own, log=integrated / "api.log"))
        backend.wait_for_http(f"{found.backend}/openapi.json", 60)
        command = ["node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", str(web)]
        running = stack.enter_context(start(command, cwd=integrated / "web", env=site, log=integrated / "site.log"))
        running.wait_for_http(f"{found.url}/login", 60)
        yield found


@pytest.mark.parametrize("compiler", ["typescript", "typescript7"])
def test_the_site_is_strictly_typed(studio: Studio, integrated: Path, compiler: str) -> None:
    assert studio.url
    command = ["node", f"node_modules/{compiler}/bin/tsc", "--project", "."]
    done = subprocess.run(command, cwd=integrated / "web", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("cookie", ["", "theme=dark", "pottery_session=", "pottery_session=ada", "pottery_session=e30.e30.x"])
def test_whoever_has_no_session_is_a_401_on_both_sides(studio: Studio, cookie: str) -> None:
    assert studio.at("/api/chatkit", cookie=cookie).ask("threads.list", {"limit": 1})[0] == 401
    assert Wire(f"{studio.backend}/chatkit", {"cookie": cookie}).ask("threads.list", {"limit": 1})[0] == 401


def test_somebody_who_is_signed_in_talks_and_is_remembered(studio: Studio) -> None:
    wire = studio.at("/api/chatkit", cookie=f"theme=dark; {studio.signed_in('Ada')}; csrf=1")
    first = wire.create("Hello, my name is Ada.")
    second = wire.add(thread_of(first), "What is my name?")
    assert assistant_text(first) == "Hello Ada, nice to meet you."
    assert assistant_text(second) == "Your name is Ada, you told me before."


def test_nobody_reaches_a_conversation_of_somebody_else(studio: Studio) -> None:
    mine, theirs = (studio.at("/api/chatkit", cookie=studio.signed_in(name)) for name in ("Ada", "Bob"))
    thread = thread_of(mine.create("Hello, my name is Ada."))
    assert thread in [one["id"] for one in mine.ask("threads.list", {"limit": 9})[1]["data"]]
    assert theirs.ask("threads.list", {"limit": 9})[1]["data"] == []
    for operation in ("threads.get_by_id", "items.list", "threads.delete"):
        assert theirs.ask(operation, {"thread_id": thread})[0] == 404
    assert errors(theirs.add(thread, "What is my name?")) != []


def test_no_header_makes_somebody_of_nobody_or_somebody_else(studio: Studio) -> None:
    ada = studio.signed_in("Ada")
    token = ada.partition("=")[2]
    thread = thread_of(studio.at("/api/chatkit", cookie=ada).create("Hello, my name is Ada."))
    lies = {"authorization": f"Bearer {token}", "x-user-id": "Ada", "x-pottery-session": token}
    assert studio.at("/api/chatkit", **lies).ask("threads.list", {"limit": 1})[0] == 401
    bob = studio.at("/api/chatkit", cookie=studio.signed_in("Bob"), **lies)
    assert bob.ask("threads.get_by_id", {"thread_id": thread})[0] == 404


def test_a_session_that_is_forged_or_over_is_a_401(studio: Studio) -> None:
    later, over = int(time.time()) + 60, int(time.time()) - 60
    for secret, end in ((SECRET, over), ("another secret that is long enough too", later)):
        cookie = f"pottery_session={jwt.encode({'sub': 'Ada', 'exp': end}, secret, 'HS256')}"
        assert studio.at("/api/chatkit", cookie=cookie).ask("threads.list", {"limit": 1})[0] == 401
    good = f"pottery_session={jwt.encode({'sub': 'Ada', 'exp': later}, SECRET, 'HS256')}"
    assert studio.at("/api/chatkit", cookie=good).ask("threads.list", {"limit": 1})[0] == 200


def test_other_sites_cannot_speak_for_a_person(studio: Studio) -> None:
    wire = studio.at("/api/chatkit", cookie=studio.signed_in("Ada"), origin="https://evil.example")
    assert wire.ask("threads.list", {"limit": 1})[0] == 403


def test_the_checklist_passes_with_the_line_that_picks_the_cookie(integrated: Path) -> None:
    results = {one.id: one.verdict for one in check(integrated)}
    assert [(name, one) for name, one in results.items() if isinstance(one, (Failed, Unknown))] == []
    for name in ("CK05", "CK13"):
        verdict = results[name]
        assert isinstance(verdict, Passed)
        assert "web/app/api/chatkit/route.ts" in {getattr(one, "path", "") for one in verdict.evidence}
