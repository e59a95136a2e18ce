"""Visits to a running site in a real browser: the page as it is, its chat opened as a person would, nothing let out.

Of the browser's requests only those to the site itself go where they want. Those to another port of this machine, and those of
ChatKit's protocol to anywhere, go to the tap; chatkit.js is the stand-in; everything else is refused, and told in ``outside``.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Observed
from chatkit_integrator.proofs.element import element_script
from chatkit_integrator.proofs.site import standing_in
from chatkit_integrator.proofs.site.tap import object_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

    from chatkit_integrator.model.settings import Login
    from chatkit_integrator.proofs.site.person import Person
    from chatkit_integrator.proofs.site.tap import Tap

SCRIPT = "deployments/chatkit/chatkit.js"
Script = Literal["served", "held", "failed"]
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "0.0.0.0"}  # noqa: S104 - an address that sites call by mistake
_NOTES = (
    "if (window.__proof) window.__proof.store.script = { hydrated: window.__proof.hydrated(), state: document.readyState };\n"
)
_STEP = 100.0
_AFTER_A_CLICK = 1.5
_COMES = 3.0
"""Seconds in which an element that is in the page has to come to life."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that runs, and what a visit needs to know of it.

    ``pages`` are paths that show the widget, the first one first; ``endpoint`` is the path that the backend serves ChatKit at,
    ``None`` where that is not known. ``has_backend`` tells the user's own backend from the stand-in behind the tap.
    ``own_ports`` are ports of this machine that the site's sources take for the site itself.
    """

    url: str
    framework: str
    pages: tuple[str, ...]
    tap: Tap
    artifacts: Path
    person: Person | None = None
    endpoint: str | None = None
    has_backend: bool = False
    has_sign_in: bool = True
    own_ports: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of ChatKit's protocol as the browser sent it; ``status`` is ``None`` where no answer came."""

    url: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    status: int | None
    kind: str

    @property
    def operation(self) -> str:
        """Its operation."""
        return str(self.body.get("type"))


@dataclass
class Visit:
    """One browser's visit: the page, and what was noted while it lasted."""

    site: Site
    page: Page
    context: BrowserContext
    person: Person | None
    script: Script
    asked: list[Request] = field(default_factory=list["Request"])
    outside: list[str] = field(default_factory=list[str])
    stood_in: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    console: list[str] = field(default_factory=list[str])
    scripts: list[str] = field(default_factory=list[str])
    held: list[Route] = field(default_factory=list["Route"])
    opener: str | None = None
    hidden: dict[str, str] = field(default_factory=dict[str, str])
    """The cookies of whoever signed in that scripts cannot read."""

    def go(self, path: str, *, until: Literal["commit", "domcontentloaded"] = "domcontentloaded") -> None:
        """Open a page of the site; one that is not there after half a minute is looked at as it is."""
        from playwright.sync_api import Error  # noqa: PLC0415 - heavy
        from playwright.sync_api import TimeoutError as TooLate  # noqa: PLC0415 - the same

        try:
            self.page.goto(self.site.url + path, wait_until=until, timeout=30_000)
        except TooLate:
            self.problems.append(f"{path} was not loaded within 30 s")
        except Error as error:
            if "interrupted by another navigation" not in error.message and "ERR_ABORTED" not in error.message:
                raise

    def ask(self, what: str, *given: object) -> Any:  # noqa: ANN401 - what JavaScript gives
        """Call the probe in the page; ``None`` where the page is just being replaced."""
        from playwright.sync_api import Error  # noqa: PLC0415 - heavy

        try:
            return self.page.evaluate(f"(given) => window.__proof ? window.__proof.{what}(...given) : null", list(given))
        except Error as error:
            if "Execution context was destroyed" in error.message or "navigat" in error.message:
                return None
            raise

    def noted(self, name: str) -> Any:  # noqa: ANN401 - the same
        """What the probe has noted under a name."""
        found: Any = self.page.evaluate("() => window.__proof?.store ?? {}")
        return found.get(name)

    def chats(self) -> list[dict[str, bool]]:
        """The elements in the page: whether each is defined, visible, covered."""
        return cast("list[dict[str, bool]]", self.ask("chats") or [])

    def is_open(self) -> bool:
        """Whether a chat that works is there to be seen."""
        return any(one["defined"] and one["visible"] for one in self.chats())

    def is_bare(self) -> bool:
        """Whether the element is shown though nothing defines it: an empty place."""
        return any(one["placed"] and not one["defined"] for one in self.chats())

    def lines(self) -> list[str]:
        """The text that can be seen."""
        return cast("list[str]", self.ask("lines") or [])

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.page.wait_for_timeout(seconds * 1000)

    def wait_open(self, seconds: float) -> bool:
        """Wait for a chat to be there."""
        deadline = time.monotonic() + seconds
        while not self.is_open():
            if time.monotonic() > deadline:
                return False
            self.page.wait_for_timeout(_STEP)
        return True

    def open_chat(self, seconds: float = 10.0) -> bool:
        """Find the chat: on the page as it is, else behind the buttons that look as if they opened one, the likeliest first."""
        if self.wait_open(0.6):
            return True
        begun = time.monotonic()
        turn = 0
        while time.monotonic() < begun + seconds:
            here = self.page.url
            labels = self.openers()
            if not labels and time.monotonic() > begun + seconds / 2:
                return False
            if labels:
                self.click(turn % len(labels))
            is_open = self.wait_open(_AFTER_A_CLICK if labels else 0.5)
            if is_open or self.is_bare():
                self.opener = labels[turn % len(labels)] if labels else None
                return is_open or self.wait_open(_COMES)
            turn += 1
            if labels and self.page.url != here and turn < len(labels):
                self.go(urlsplit(here).path)
                self.wait_open(0.6)
        return False

    def openers(self) -> list[str]:
        """What looks as if it opened a chat, by name."""
        return cast("list[str]", self.ask("openers") or [])

    def press(self, label: str) -> bool:
        """Click the opener of a name, where it is there."""
        labels = self.openers()
        if label in labels:
            self.click(labels.index(label))
        return label in labels

    def click(self, number: int) -> None:
        """Click the opener of a number."""
        from playwright.sync_api import Error  # noqa: PLC0415 - heavy

        try:
            self.page.click(f'[data-proof-opener="{number}"]', timeout=1500)
        except Error:
            # Covered, moved or gone since it was seen; a person would try the next.
            self.page.wait_for_timeout(_STEP)

    def say(self, text: str) -> str:
        """Say something in the chat, and wait for the answer's end; gives what went wrong, or nothing."""
        return str(self.ask("say", text) or "")

    def sent(self, since: int = 0) -> list[Sent]:
        """The requests of ChatKit's protocol that the page made, from a number of requests on."""
        return [_sent(one) for one in self.asked[since:]]

    def release(self) -> None:
        """Let the script come that was held."""
        for route in self.held:
            _serve_script(route)
        self.held.clear()
        self.script = "served"

    def observed(self, excerpt: str, name: str) -> Observed:
        """What the browser shows, kept as a picture."""
        return Observed("browser", self.masked(excerpt)[:2000], self.picture(name))

    def picture(self, name: str) -> str | None:
        """Keep a screenshot; ``None`` where the page is too busy to be painted."""
        from playwright.sync_api import Error  # noqa: PLC0415 - heavy

        path = self.site.artifacts / f"{name}.png"
        try:
            self.page.screenshot(path=path, timeout=5000, animations="disabled")
        except Error:
            return None
        return path.name

    def masked(self, text: str) -> str:
        """A text without credentials."""
        return self.person.masked(text, self.hidden.values()) if self.person is not None else text


@contextmanager
def visit(browser: Browser, site: Site, person: Person | None, script: Script = "served") -> Generator[Visit]:
    """A visit by somebody, or by nobody who is known; the browser forgets it afterwards."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block", ignore_https_errors=True)
    try:
        context.add_init_script((files("chatkit_integrator.proofs.site") / "probe.js").read_text(encoding="utf-8"))
        context.add_init_script("window.__chatkitRetryDelay = 60;")
        page = context.new_page()
        made = Visit(site, page, context, person, script)
        context.on("request", lambda one: made.asked.append(one) if operation_of(_body(one)) else None)
        page.on("pageerror", lambda error: made.problems.append(str(error)[:300]))
        page.on("console", lambda one: made.console.append(one.text[:300]) if one.type in {"error", "warning"} else None)
        context.route("**/*", lambda route: _route(made, route))
        if person is not None:
            _let_in(made, person)
        yield made
    finally:
        context.close()


def _let_in(made: Visit, person: Person) -> None:
    """Give the browser what somebody who signed in has."""
    for one in person.cookies:
        made.context.add_cookies([{"name": one.name, "value": one.value, "url": made.site.url, "httpOnly": one.http_only}])
    if person.storage:
        pairs = json.dumps(dict(person.storage))
        made.context.add_init_script(
            f"for (const [key, value] of Object.entries({pairs})) "
            "if (localStorage.getItem(key) === null) localStorage.setItem(key, value);"
        )
    if person.login is not None:
        _fill_in(made, person.login)
    cookies = made.context.cookies()
    made.hidden = {one.get("name", ""): one.get("value", "") for one in cookies if one.get("httpOnly")}
    made.context.add_cookies([{"name": "proof-beside", "value": "1", "url": made.site.url, "httpOnly": True}])


def _fill_in(made: Visit, login: Login) -> None:
    """Sign in through the site's own form."""
    made.go(login.path)
    page = made.page
    for label, value in login.fields.items():
        page.get_by_label(label).or_(page.locator(f'[name="{label}"]')).first.fill(value, timeout=10_000)
    here = page.url
    if login.submit:
        page.locator("form").get_by_role("button", name=login.submit).first.click(timeout=10_000)
    else:
        page.keyboard.press("Enter")
    deadline = time.monotonic() + 15
    while page.url == here and time.monotonic() < deadline:
        page.wait_for_timeout(_STEP)


def _route(made: Visit, route: Route) -> None:
    request = route.request
    place = urlsplit(request.url)
    own = urlsplit(made.site.url)
    is_own = place.netloc == own.netloc
    if SCRIPT in request.url:
        _script(made, route)
    elif place.scheme in {"data", "blob"}:
        route.continue_()
    elif operation_of(_body(request)) is not None:
        _pass(made, route, is_own=is_own)
    elif _is_stood_in_for(made, request, is_own=is_own) and standing_in.asks_who(place.path.rstrip("/")):
        _who(made, route, is_own=is_own)
    elif is_own:
        route.continue_()
    elif place.hostname in _LOOPBACK:
        _pass(made, route, is_own=False)
    else:
        made.outside.append(f"{request.method} {place.scheme}://{place.netloc}{place.path}")
        route.abort("blockedbyclient")


def _is_stood_in_for(made: Visit, request: Request, *, is_own: bool) -> bool:
    """Whether it may be a sign-in service's; a form that is sent is none, nor is the site where people sign in by its own."""
    person = made.person
    if person is None or not person.stands_in or request.is_navigation_request():
        return False
    return not (is_own and person.login is not None)


def _script(made: Visit, route: Route) -> None:
    made.scripts.append(made.script)
    if made.script == "failed":
        route.abort("failed")
    elif made.script == "held":
        made.held.append(route)
    else:
        _serve_script(route)


def _serve_script(route: Route) -> None:
    headers = {"access-control-allow-origin": "*", "cache-control": "no-store"}
    route.fulfill(content_type="text/javascript", body=_NOTES + element_script(), headers=headers)


def _pass(made: Visit, route: Route, *, is_own: bool) -> None:
    """Let a request through: to the site, to the tap, or to the site where its sources name another port for it."""
    place = urlsplit(route.request.url)
    if is_own or place.netloc == urlsplit(made.site.tap.url).netloc:
        route.continue_()
        return
    base = made.site.url if place.hostname in _LOOPBACK and place.port in made.site.own_ports else made.site.tap.url
    target = base + (place.path or "/") + (f"?{place.query}" if place.query else "")
    if place.scheme == "http":
        route.continue_(url=target)
        return
    answer = route.fetch(url=target, timeout=30_000)
    headers = {**answer.headers, "access-control-allow-origin": route.request.headers.get("origin", "*")}
    route.fulfill(response=answer, headers=headers)


def _who(made: Visit, route: Route, *, is_own: bool) -> None:
    """Answer a question for the session, unless the site's own answer names somebody."""
    from playwright.sync_api import Error  # noqa: PLC0415 - heavy

    place = urlsplit(route.request.url)
    if is_own:
        try:
            answer = route.fetch(timeout=10_000, max_redirects=0)
            if answer.ok and _names_somebody(answer.text()):
                route.fulfill(response=answer)
                return
        except Error:
            pass  # An answer that never comes is no answer that names somebody.
    person = made.person
    assert person is not None  # noqa: S101 - asked by the caller
    made.stood_in.append(f"{route.request.method} {place.path}")
    headers = {
        "access-control-allow-origin": route.request.headers.get("origin", "*"),
        "access-control-allow-credentials": "true",
    }
    route.fulfill(content_type="application/json", body=json.dumps(person.described()), headers=headers)


def _names_somebody(text: str) -> bool:
    value = object_of(text)
    return any(value.get(key) for key in ("user", "email", "id", "token", "access_token", "accessToken"))


def _body(request: Request) -> str | None:
    from playwright.sync_api import Error  # noqa: PLC0415 - heavy

    try:
        return request.post_data
    except (Error, UnicodeDecodeError):
        return None  # An upload: not text, and so none of the protocol's requests.


def _sent(request: Request) -> Sent:
    from playwright.sync_api import Error  # noqa: PLC0415 - heavy

    try:
        headers = request.all_headers()
        answer = request.response()
        status = answer.status if answer is not None else None
        kind = answer.headers.get("content-type", "") if answer is not None else ""
    except Error:
        headers, status, kind = request.headers, None, ""
    return Sent(request.url, headers, object_of(_body(request)), status, kind)
