"""The frontend's half of ``prove``: the user's own site, unchanged, in a real browser, judged by what it does.

``prove_site`` starts a copy of the site against the user's running backend (``Backing.url``), or against a stand-in that
records, and gives a verdict for each item that a browser can show. Nothing leaves the machine.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError, IntegratorError
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.verdict import Unknown
from chatkit_integrator.proofs.site import (
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
from chatkit_integrator.toolkit.inspecting import Request, inspect, repository
from chatkit_integrator.toolkit.proving import site_environment, site_starting
from chatkit_integrator.toolkit.proving.site_browser import launched
from chatkit_integrator.toolkit.proving.site_pages import pages
from chatkit_integrator.toolkit.proving.site_person import Identity, identity_of, person_of, signed_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Browser

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.person import Login, Person

ITEMS = ("CK05", "CK06", "CK07", "CK08", "CK13", "CK14", "CK15", "CK17", "CK27")


@dataclass(frozen=True, slots=True)
class Backing:
    """What the site talks to. ``url`` is the user's own backend where it runs; ``None``: a stand-in answers.

    ``endpoint`` is the path that ChatKit is served at, where it is known; ``identity`` somebody whom the backend knows;
    ``environment`` variables that the backend was started with and the site has to agree on, such as secrets.
    """

    url: str | None = None
    endpoint: str | None = None
    identity: Identity | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a repository's settings say of its site: how to sign in, which pages to look at, more variables."""

    login: Login | None = None
    pages: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class SiteProved:
    """What came of it. ``errors`` is the client's half of CK10; ``notes`` say how it was done, ``seconds`` how long it took."""

    verdicts: dict[str, Verdict] = field(default_factory=dict[str, "Verdict"])
    errors: Verdict = field(default_factory=lambda: Unknown("the site was not looked at"))
    notes: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def prove_site(
    path: Path,
    frontend: str | None,
    backing: Backing,
    *,
    work: Path,
    artifacts: Path,
    kept: Path,
    wanted: Wanted | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> SiteProved:
    """Prove the site. ``work`` is a folder to make the copy in, ``artifacts`` where pictures are kept, ``kept`` a cache.

    ``BadRequestError`` where what it needs is not installed. A site that cannot be installed or does not start gives
    ``Unknown`` everywhere, with the reason.
    """
    wanted = wanted or Wanted()
    proved = SiteProved()
    site_starting.node()
    tree = repository(path).tree()
    found = inspect(Request(path, frontend=frontend), tree).profile.frontend
    if found is None:
        raise BadRequestError("No supported frontend was found; name its folder with --frontend.")
    artifacts.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(launched(kept))
            site = _started(stack, path, tree, found, backing, wanted, proved, work, artifacts, say)
        except BadRequestError:
            raise
        except IntegratorError as error:
            reason = f"the site could not be run: {str(error)[:900]}"
            proved.verdicts.update({item: Unknown(reason) for item in ITEMS})
            proved.errors = Unknown(reason)
            return proved
        say("Looking at the site in a browser")
        begun = time.monotonic()
        look(browser, site, proved)
        proved.seconds["proofs"] = time.monotonic() - begun
    return proved


def look(browser: Browser, site: Site, proved: SiteProved) -> None:
    """Every proof, on a site that runs. The visit whose script fails goes first: a page may take its time to say so."""
    with ExitStack() as stack:
        failed = stack.enter_context(visit(browser, site, site.person, "failed"))
        main = stack.enter_context(visit(browser, site, site.person))
        seen = conversation.hold(main)
        failed.go(seen.path, until="commit")
        proved.verdicts.update(
            CK05=authentication.judge(seen),
            CK06=context.judge(seen),
            CK17=context.judge_every_message(seen),
            CK13=http_only.judge(seen),
            CK15=exact_path.judge(seen),
            CK14=before_interactive.judge(seen),
        )
        script.press(failed, seen)
        opened = time.monotonic()
        proved.errors = errors.prove(main, seen)
        proved.verdicts["CK08"] = signed_out.prove(browser, seen)
        proved.verdicts["CK27"] = loaded.prove(main, seen)
        proved.verdicts["CK07"] = script.prove(browser, failed, seen, opened)
        _note(proved, "stood in for the sign-in service at", main.stood_in)
        _note(proved, "kept from leaving the machine:", main.outside)
        elsewhere = [one.headers["x-proof-original"] for one in site.tap.arrivals if "x-proof-original" in one.headers]
        _note(proved, "the site's server asked other machines, and the tap answered:", elsewhere)


def _note(proved: SiteProved, text: str, things: list[str]) -> None:
    if things:
        proved.notes.append(f"{text} {', '.join(dict.fromkeys(things))[:600]}")


def _started(
    stack: ExitStack,
    path: Path,
    tree: Tree,
    found: Frontend,
    backing: Backing,
    wanted: Wanted,
    proved: SiteProved,
    work: Path,
    artifacts: Path,
    say: Callable[[str], None],
) -> Site:
    root = "" if found.root == "." else found.root
    workspace = "" if found.workspace_root == "." else found.workspace_root
    told = site_environment.told(tree, root, found.framework, above=(workspace, ""))
    kind = site_starting.Kind(
        root, workspace, found.framework, found.package_manager, found.static_export, told.has_google_fonts
    )
    folder = work / "site"
    site_starting.copied(path, tree.paths, folder)
    begun = time.monotonic()
    if site_starting.link_packages(path, folder, (workspace, root)):
        proved.notes.append("with the packages that are installed in the repository")
    else:
        say("Installing the site's packages")
        proved.notes.append(f"installed with `{site_starting.install(folder, kind)}`")
    proved.seconds["install"] = time.monotonic() - begun
    port = site_starting.free_port()
    identity = backing.identity or identity_of(next((v for k, v in backing.environment.items() if "SECRET" in k), "") or _SECRET)
    has_sign_in = found.auth.kind != "none" or wanted.login is not None
    declared = _declared(tree, root)
    person = person_of(tree, root, identity, packages=declared, login=wanted.login)
    tap = stack.enter_context(Tap(backing.url, backing.endpoint, person.described()))
    hosts_auth = _hosts_auth(tree, root)
    places = site_environment.Places(
        f"http://127.0.0.1:{port}", tap.url, backing.endpoint, secret=_SECRET, secrets=backing.environment
    )
    env = {**site_environment.environment(told, places, hosts_auth=hosts_auth), **wanted.env}
    say("Building the site")
    made = stack.enter_context(
        site_starting.served(folder, kind, port, env, tap=tap.url, ports=told.ports, logs=artifacts)
    )
    proved.notes += made.notes
    proved.seconds.update(made.seconds)
    if hosts_auth and "better-auth" in declared and wanted.login is None:
        account = signed_up(made.url, person)
        proved.notes.append("signed up through the site's own API" if account else "no account could be made through the site's own API")
        person = account or person
    return Site(
        made.url,
        found.framework,
        wanted.pages or pages(tree, root, found.framework, _rendered(tree, root)),
        tap,
        artifacts,
        person if has_sign_in or person.cookies or person.storage or backing.identity else None,
        backing.endpoint,
        backing.url is not None,
        has_sign_in,
        told.own_ports,
    )


_SECRET = site_environment.Places("", "").secret


def _rendered(tree: Tree, root: str) -> tuple[str, ...]:
    from chatkit_integrator.reading.client import read_client  # noqa: PLC0415 - heavy: tree-sitter

    reading = read_client(tree, root)
    return tuple(one.path for one in reading.rendered) if reading is not None else ()


def _declared(tree: Tree, root: str) -> frozenset[str]:
    from chatkit_integrator.reading import packages  # noqa: PLC0415 - heavy: tree-sitter

    manifest = packages.look(tree, f"{root}/package.json" if root else "package.json")
    return frozenset(manifest.declared) if manifest is not None else frozenset()


def _hosts_auth(tree: Tree, root: str) -> bool:
    """Whether the site serves its own sign-in, below ``/api/auth``."""
    return any("/api/auth/" in f"/{path}" and "node_modules/" not in path for path in tree.under(root))
