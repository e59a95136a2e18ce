"""The frontend's half of a proof: the user's own site, unchanged, in a real browser, judged by what it does.

``building`` begins to build it at once, beside whatever else goes on; ``Building.look`` waits for that, serves the site before
the user's running backend, or before a stand-in that records, and gives a verdict for each item that a browser can show.
Nothing leaves the machine.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.model.verdict import Unknown
from chatkit_integrator.proofs.site import (
    ITEMS,
    authentication,
    before_interactive,
    context,
    conversation,
    errors,
    exact_path,
    http_only,
    loaded,
    script,
    signed_out,
)
from chatkit_integrator.proofs.site.tap import Tap
from chatkit_integrator.proofs.site.visiting import Site, visit
from chatkit_integrator.toolkit.proving import site_environment, site_starting
from chatkit_integrator.toolkit.proving.application import free_ports
from chatkit_integrator.toolkit.proving.site_browser import launched
from chatkit_integrator.toolkit.proving.site_environment import SECRET, Places
from chatkit_integrator.toolkit.proving.site_person import Identity, identity_of, person_of, signed_up

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser

    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.toolkit.proving.site_job import SiteJob
    from chatkit_integrator.toolkit.proving.site_starting import Built


@dataclass(frozen=True, slots=True)
class Backing:
    """What the site talks to. ``url`` is the user's own backend where it runs; ``None``: a stand-in answers.

    ``endpoint`` is the path that ChatKit is served at, where it is known; ``identity`` somebody whom the backend knows.
    """

    url: str | None = None
    endpoint: str | None = None
    identity: Identity | None = None


@dataclass
class SiteProved:
    """What came of it. ``errors`` is the client's half of CK10; ``notes`` say how it was done, ``seconds`` how long it took."""

    verdicts: dict[str, Verdict] = field(default_factory=dict[str, "Verdict"])
    errors: Verdict = field(default_factory=lambda: Unknown("the site was not looked at"))
    notes: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def timed(self, name: str) -> Generator[None]:
        """How long a part of it takes is kept under a name."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = time.monotonic() - begun

    def unseen(self, why: str) -> SiteProved:
        """Nothing could be seen, and why."""
        self.verdicts.update({item: Unknown(why) for item in ITEMS})
        self.errors = Unknown(why)
        return self


class Building:
    """A site that is being built in a thread of its own."""

    def __init__(self, job: SiteJob, tap: Tap, shared: Mapping[str, str], endpoint: str | None, artifacts: Path) -> None:
        self._job, self._tap, self._artifacts = job, tap, artifacts
        self._secret = next((value for name, value in shared.items() if "SECRET" in name), SECRET)
        [self._port] = free_ports(1)
        self._env = _environment(job, f"http://127.0.0.1:{self._port}", tap.url, endpoint, self._secret, shared)
        self._built: Built | None = None
        self._failed = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._build, daemon=True)
        self._thread.start()

    def _build(self) -> None:
        job = self._job
        try:
            self._built = site_starting.build(
                job.tree, job.kind, self._port, self._env, tap=self._tap.url, ports=job.told.ports, tick=self._tick
            )
        except IntegratorError as error:
            self._failed = str(error)[:900]

    def _tick(self) -> None:
        if self._stopped.is_set():
            raise IntegratorError("The build was stopped.")

    def stop(self) -> None:
        """Stop building, where that still goes on."""
        self._stopped.set()
        self._thread.join()

    def look(self, backing: Backing, say: Callable[[str], None] = lambda _: None) -> SiteProved:
        """Serve the site and look at it; ``Unknown`` everywhere, with the reason, where it cannot be served."""
        job = self._job
        proved = SiteProved(notes=list(job.notes), seconds={"install": job.seconds})
        say("Building the site")
        with ExitStack() as stack:
            try:
                with proved.timed("browser"):
                    browser = stack.enter_context(launched(job.chromium))
            except IntegratorError as error:
                return proved.unseen(str(error))
            self._thread.join()
            if self._built is None:
                return proved.unseen(f"the site cannot be built: {self._failed}")
            proved.notes += self._built.notes
            proved.seconds["build"] = self._built.seconds
            begun = time.monotonic()
            try:
                url = stack.enter_context(site_starting.serving(self._built, self._artifacts))
            except IntegratorError as error:
                return proved.unseen(f"the site does not start: {str(error)[:900]}")
            proved.seconds["start"] = time.monotonic() - begun
            site = self._site(url, backing, proved)
            say("Looking at the site in a browser")
            with proved.timed("proofs"):
                _looked(browser, site, proved)
        return proved

    def _site(self, url: str, backing: Backing, proved: SiteProved) -> Site:
        """The site with somebody who is signed in to it."""
        job, tap = self._job, self._tap
        person = person_of(job.sessions, backing.identity or identity_of(self._secret), job.wanted.login)
        if job.makes_accounts:
            account = signed_up(url, person)
            how = "signed up through the site's own API" if account else "no account could be made through the site's own API"
            proved.notes.append(how)
            person = account or person
        tap.target, tap.endpoint, tap.person = backing.url, backing.endpoint, person.described()
        is_known = job.has_sign_in or person.cookies or person.storage or backing.identity is not None
        return Site(
            url=url,
            framework=job.kind.framework,
            pages=job.pages,
            tap=tap,
            artifacts=self._artifacts,
            person=person if is_known else None,
            endpoint=backing.endpoint,
            has_backend=backing.url is not None,
            has_sign_in=job.has_sign_in,
            own_ports=job.told.own_ports,
        )


def _environment(
    job: SiteJob, site: str, tap: str, endpoint: str | None, secret: str, shared: Mapping[str, str]
) -> dict[str, str]:
    places = Places(site, tap, endpoint, secret=secret, secrets=shared)
    return {**site_environment.environment(job.told, places, hosts_auth=job.hosts_auth), **job.wanted.env}


def needs_endpoint(job: SiteJob, shared: Mapping[str, str]) -> bool:
    """Whether the site is built with the path that the backend serves ChatKit at."""
    without, having = (_environment(job, "", "", endpoint, SECRET, shared) for endpoint in (None, "/a/path"))
    return without != having


@contextmanager
def building(job: SiteJob, artifacts: Path, *, shared: Mapping[str, str], endpoint: str | None = None) -> Generator[Building]:
    """Begin to build. ``shared`` are variables that the backend is started with, on some of which the site has to agree."""
    artifacts.mkdir(parents=True, exist_ok=True)
    with Tap(endpoint=endpoint) as tap:
        made = Building(job, tap, shared, endpoint, artifacts)
        try:
            yield made
        finally:
            made.stop()


def _looked(browser: Browser, site: Site, proved: SiteProved) -> None:
    """Look; what a browser that gives up has not shown by then is unknown."""
    from playwright.sync_api import Error  # noqa: PLC0415 - heavy

    try:
        look(browser, site, proved)
    except Error as error:
        why = f"the browser gave up: {error.message[:300]}"
        for item in ITEMS:
            proved.verdicts.setdefault(item, Unknown(why))


def look(browser: Browser, site: Site, proved: SiteProved) -> None:
    """Every proof, on a site that runs. The visit whose script fails begins first: a page may take its time to say so."""
    with ExitStack() as stack:
        failed = stack.enter_context(visit(browser, site, site.person, "failed"))
        main = stack.enter_context(visit(browser, site, site.person))
        failed.go(site.pages[0], until="commit")
        with proved.timed("conversation"):
            seen = conversation.hold(main)
        if seen.path != site.pages[0]:
            failed.go(seen.path, until="commit")
        proved.verdicts.update(
            CK05=authentication.judge(seen),
            CK06=context.judge(seen),
            CK13=http_only.judge(seen),
            CK14=before_interactive.judge(seen),
            CK15=exact_path.judge(seen),
            CK17=context.judge_every_message(seen),
        )
        with proved.timed("a failing script"):
            script.press(failed, seen)
        opened = time.monotonic()
        with proved.timed("errors"):
            proved.errors = errors.prove(main, seen)
        with proved.timed("signed out"):
            proved.verdicts["CK08"] = signed_out.prove(browser, seen)
        with proved.timed("pages"):
            proved.verdicts["CK27"] = loaded.prove(main, seen)
        with proved.timed("script"):
            proved.verdicts["CK07"] = script.prove(browser, failed, seen, opened)
        _note(proved, "stood in for the sign-in service at", main.stood_in)
        _note(proved, "kept from leaving the machine:", main.outside)
        elsewhere = [one.headers["x-proof-original"] for one in site.tap.arrivals if "x-proof-original" in one.headers]
        _note(proved, "the site's server asked other machines, and the tap answered:", elsewhere)


def _note(proved: SiteProved, text: str, things: list[str]) -> None:
    if things:
        proved.notes.append(f"{text} {', '.join(dict.fromkeys(things))[:600]}")
