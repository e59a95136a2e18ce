"""What has to be known and be there before a site is proven: read from the repository, installed in its copy, plain data.

It is made where packages can be fetched; what follows needs no network at all.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - read back by these annotations
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.model.settings import Site as Wanted
from chatkit_integrator.toolkit.inspecting import Request, inspect
from chatkit_integrator.toolkit.proving import site_browser, site_environment, site_starting
from chatkit_integrator.toolkit.proving.site_environment import Told  # noqa: TC001 - the same
from chatkit_integrator.toolkit.proving.site_pages import pages
from chatkit_integrator.toolkit.proving.site_person import Sessions, sessions
from chatkit_integrator.toolkit.proving.site_starting import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.model.profile import Frontend
    from chatkit_integrator.model.tree import Tree


@dataclass(frozen=True)
class SiteJob:
    """A site that can be built: ``tree`` is the copy of the repository, with the packages in it.

    ``pages`` are the addresses that show the widget; ``hosts_auth``: the site serves its own sign-in below ``/api/auth``;
    ``chromium`` is the browser's executable.
    """

    tree: Path
    kind: Kind
    told: Told
    pages: tuple[str, ...]
    sessions: Sessions
    has_sign_in: bool
    hosts_auth: bool
    makes_accounts: bool
    chromium: str
    wanted: Wanted = field(default_factory=Wanted)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def prepare_site(
    path: Path,
    tree: Tree,
    copy: Path,
    *,
    frontend: str | None,
    kept: Path,
    wanted: Wanted | None = None,
    say: Callable[[str], None] = lambda _: None,
    tick: Callable[[], None] | None = None,
) -> SiteJob | None:
    """Get ready what ``path`` holds of a site; ``None`` where it holds none.

    ``copy`` is the copy of the repository that is run; ``kept`` a folder for what is fetched once. ``BadRequestError`` where
    Node.js, Playwright or a Chromium is missing, ``CommandFailedError`` where the site's packages cannot be installed.
    """
    found = inspect(Request(path, frontend=frontend), tree).profile.frontend
    if found is None:
        return None
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise BadRequestError("The site's proofs need Node.js and npm; install them and run this again.")
    site_browser.require()
    chromium = site_browser.chromium(kept)
    root, workspace = (_folder(one) for one in (found.root, found.workspace_root))
    told = site_environment.told(tree, root, found.framework, above=(workspace, ""))
    kind = Kind(root, workspace, found.framework, found.package_manager, found.static_export, told.has_google_fonts)
    begun = time.monotonic()
    if site_starting.link_packages(path, copy, (workspace, root)):
        how = "with the packages that are installed in the repository"
    else:
        say("Installing the site's packages")
        how = f"installed with `{site_starting.install(copy, kind, tick)}`"
    declared = _declared(tree, root)
    wanted = wanted or Wanted()
    hosts_auth = any("/api/auth/" in f"/{one}" and "node_modules/" not in one for one in tree.under(root))
    return SiteJob(
        tree=copy,
        kind=kind,
        told=told,
        pages=wanted.pages or pages(tree, root, found.framework, _rendered(tree, root)),
        sessions=sessions(tree, root, declared),
        has_sign_in=_has_sign_in(found) or wanted.login is not None,
        hosts_auth=hosts_auth,
        makes_accounts=hosts_auth and "better-auth" in declared and wanted.login is None,
        chromium=chromium,
        wanted=wanted,
        notes=(how,),
        seconds=time.monotonic() - begun,
    )


def _folder(root: str) -> str:
    return "" if root == "." else root


def _has_sign_in(found: Frontend) -> bool:
    return found.auth.kind != "none"


def _rendered(tree: Tree, root: str) -> tuple[str, ...]:
    from chatkit_integrator.reading.client import read_client  # noqa: PLC0415 - heavy: tree-sitter

    reading = read_client(tree, root)
    return tuple(one.path for one in reading.rendered) if reading is not None else ()


def _declared(tree: Tree, root: str) -> frozenset[str]:
    from chatkit_integrator.reading import packages  # noqa: PLC0415 - heavy: tree-sitter

    manifest = packages.look(tree, f"{root}/package.json" if root else "package.json")
    return frozenset(manifest.declared) if manifest is not None else frozenset()
