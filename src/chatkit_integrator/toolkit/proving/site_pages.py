"""Which addresses of a site show the widget, from the files that render it; the likeliest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.model.tree import Tree

_FILE = r"\.(?:tsx|jsx|ts|js|mdx?)$"
_APP = re.compile(r"(?:^|/)(?:src/)?app/(?:(.*)/)?(page|layout|template)" + _FILE)
_PAGES = re.compile(r"(?:^|/)(?:src/)?pages/(.+)" + _FILE)
_ROUTE = re.compile(r"\bpath\s*[=:]\s*\{?\s*[\"'`](/[\w/-]*)[\"'`]")
_BASE = re.compile(r"\b(?:base|baseUrl|basePath)\s*:\s*[\"'`](/[\w./-]*)[\"'`]")
_CONFIGS = ("vite.config.", "next.config.", "docusaurus.config.")
_CHAT = re.compile(r"chat|assistant|copilot|\bai\b|ask", re.IGNORECASE)
_PUBLIC = re.compile(r"log-?in|sign-?(in|up)|register|auth|callback|test|error", re.IGNORECASE)
MOST = 4


def pages(tree: Tree, root: str, framework: str, rendered: Iterable[str]) -> tuple[str, ...]:
    """Addresses, with the base path that the site is served below. ``rendered`` are the files that show the widget."""
    folder = "" if root in {"", "."} else f"{root}/"
    found: list[str] = []
    for path in (one.removeprefix(folder) for one in rendered if one.startswith(folder)):
        found += _addresses(tree, root, folder, framework, path)
    every = list(dict.fromkeys(found))
    if not every:
        known = list(_known(tree, root, folder, framework))
        every = [*sorted((one for one in known if _CHAT.search(one)), key=len), "/"]
    base = base_path(tree, root)
    return tuple(base + one if one != "/" else (base or "") + "/" for one in dict.fromkeys(every))[:MOST]


def base_path(tree: Tree, root: str) -> str:
    """The path that the site is served below, without a slash at its end; empty where it is served at the root."""
    for path in tree.under(root):
        if path.rpartition("/")[2].startswith(_CONFIGS) and path.count("/") == (
            root.count("/") + 1 if root not in {"", "."} else 0
        ):
            found = _BASE.search(javascript.text(tree, path) or "")
            if found:
                return found.group(1).rstrip("/")
    return ""


def _addresses(tree: Tree, root: str, folder: str, framework: str, path: str) -> Iterator[str]:
    if framework == "nextjs":
        in_app, in_pages = _APP.search(path), _PAGES.search(path)
        if in_app and in_app.group(2) == "page":
            address = _address(in_app.group(1) or "")
            if address is not None:
                yield address
        elif in_app:
            yield from _below(tree, root, folder, in_app.group(1) or "")
        elif in_pages:
            yield _page(in_pages.group(1)) or "/"
    elif framework == "docusaurus" and (found := _PAGES.search(path)):
        yield _page(found.group(1)) or "/"
    else:
        known = list(_known(tree, root, folder, framework))
        yield "/"
        yield from sorted(
            (one for one in known if one != "/" and not _PUBLIC.search(one)), key=lambda one: (not _CHAT.search(one), len(one))
        )


def _below(tree: Tree, root: str, folder: str, layout: str) -> Iterator[str]:
    """The pages that a layout is around, those without parameters; people's own pages before those for strangers."""
    inside = list(_known(tree, root, folder, "nextjs", layout))
    yield from sorted(inside, key=lambda one: (bool(_PUBLIC.search(one)), one != "/", len(one)))


def _known(tree: Tree, root: str, folder: str, framework: str, layout: str = "") -> Iterator[str]:
    for path in tree.under(root, *javascript.SUFFIXES):
        here = path.removeprefix(folder)
        if framework == "nextjs":
            found = _APP.search(here)
            if found and found.group(2) == "page" and ((found.group(1) or "") + "/").startswith(layout + "/" if layout else ""):
                address = _address(found.group(1) or "")
                if address is not None:
                    yield address
            elif not layout and (found := _PAGES.search(here)) and not found.group(1).startswith(("api/", "_")):
                yield _page(found.group(1)) or "/"
        elif framework == "docusaurus":
            if found := _PAGES.search(here):
                yield _page(found.group(1)) or "/"
        elif javascript.is_live(path, root):
            yield from _ROUTE.findall(javascript.text(tree, path) or "")


def _address(folder: str) -> str | None:
    """The address of an App Router folder; ``None`` for one with parameters, or that is private."""
    parts = [
        one for one in folder.split("/") if one and not (one.startswith("(") and one.endswith(")")) and not one.startswith("@")
    ]
    if any(one.startswith(("[", "_", "(")) for one in parts):
        return None
    return "/" + "/".join(parts)


def _page(stem: str) -> str | None:
    if stem.startswith("_") or "[" in stem:
        return None
    return "/" + stem.removesuffix("/index").removesuffix("index").strip("/")
