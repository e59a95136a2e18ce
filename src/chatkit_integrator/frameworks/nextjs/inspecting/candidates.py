"""Folders of a repository that hold a Next.js site: the manifest depends on next, and there are routes."""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NothingSupportedError, UnreadableError
from chatkit_integrator.frameworks.nextjs.inspecting import written
from chatkit_integrator.model.unit import Candidate, Location
from chatkit_integrator.reading import packages
from chatkit_integrator.reading.javascript import SUFFIXES

if TYPE_CHECKING:
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.packages import Manifest

_OTHER = frozenset({"vite", "react-scripts", "@docusaurus/core"})
_PAGES = (*SUFFIXES, ".mdx", ".md")


def candidates(tree: Tree) -> tuple[Candidate, ...]:
    """Every site; those in folders of samples only where nothing else renders pages.

    A package that depends on next without routes is a site only where nothing better is found, and if it is no library.
    """
    ranked: dict[int, list[Candidate]] = {}
    unread: UnreadableError | None = None
    is_decoy = False
    for path in tree.named("package.json"):
        if "node_modules/" in path:
            continue
        try:
            manifest = packages.read(tree, path)
        except UnreadableError as error:
            content = tree.read(path)
            unread = error if content is not None and b'"next"' in content.data else unread
            continue
        rank = _rank(tree, manifest)
        if rank is not None:
            place, what = Location(path, manifest.line("next")), f"next {manifest.declared['next']}"
            is_ours = bool(written.find(tree, routes(tree, manifest.folder)[0]).files)
            found = Candidate(manifest.folder or ".", what, place, is_ours)
            ranked.setdefault(rank, []).append(found)
        elif _OTHER & manifest.declared.keys() and not packages.is_sample(manifest.folder):
            is_decoy = True
    if not ranked and unread is not None:
        raise unread
    best = min(ranked, default=0)
    return () if best and is_decoy else tuple(ranked.get(best, ()))


def _rank(tree: Tree, manifest: Manifest) -> int | None:
    """0 for a site, 1 for one among samples, 2 for a site yet to be written, ``None`` for none."""
    own = {**manifest.section("devDependencies"), **manifest.section("dependencies")}
    if "next" not in own:
        return None
    if any(routes(tree, manifest.folder)):
        return 1 if packages.is_sample(manifest.folder) else 0
    is_library = any(key in manifest.data for key in ("main", "module", "exports", "types", "peerDependencies"))
    return None if is_library or "next" not in manifest.section("dependencies") else 2


def routes(tree: Tree, folder: str) -> tuple[str | None, str | None]:
    """The folders of the App Router and of the Pages Router, as Next.js looks for them: the root goes before ``src``."""
    found: list[str | None] = []
    for name in ("app", "pages"):
        places = (join(folder, name), join(folder, "src", name))
        found.append(next((one for one in places if next(tree.under(one, *_PAGES), None) is not None), None))
    return found[0], found[1]


def site(tree: Tree, root: str) -> Manifest:
    """The manifest of the site that ``root`` means: its folder, one below it, or the one that it lies in."""
    folder = "" if root in {"", "."} else root.strip("/")
    path = join(folder, "package.json")
    has_own = packages.exists(tree, path)
    if has_own:
        manifest = packages.read(tree, path)
        if "next" in manifest.declared:
            return manifest
    known = {"" if one.root == "." else one.root for one in candidates(tree)}
    below = sorted(one for one in known if not folder or one.startswith(f"{folder}/"))
    above = (
        [] if has_own or next(tree.under(folder), None) is None else [one for one in packages.ancestors(folder) if one in known]
    )
    if len(below) == 1 or (not below and above):
        return packages.read(tree, join((below or above)[0], "package.json"))
    if below:
        raise NothingSupportedError(
            f"{root} holds several Next.js sites ({', '.join(below)}); name one of them with --frontend."
        )
    raise NothingSupportedError(f"{path} does not depend on next; name the site's folder with --frontend.")
