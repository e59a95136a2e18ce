"""The files that render ``<html>``, and which router the site is built with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.frameworks.nextjs.inspecting.written import FOLDER
from chatkit_integrator.model.profile import Layout
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.existing import SCRIPT
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.scripts import Scripts

_ENDS = (".tsx", ".jsx", ".ts", ".js")
_PAGE = re.compile(r"^(page|layout|template|default)\.([jt]sx?|mdx?)$")


@dataclass(frozen=True, slots=True)
class Found:
    """A layout, and the line on which its ``<html>`` starts."""

    layout: Layout
    place: Location


def of_app(tree: Tree, scripts: Scripts, app_dir: str) -> tuple[Found, ...]:
    """The root layouts, the one of ``/`` first.

    Where a layout leaves ``<html>`` to a component that it imports, that component's file is the one.
    """
    paths = [path for path in tree.under(app_dir, *_ENDS) if _is_layout(path, app_dir)]
    found: dict[str, Found] = {}
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        if any(_is_above(other, path) for other in found):
            continue
        one = _look(tree.text(path), path, "html")
        if one is not None:
            found[path] = one
    if not found:
        elsewhere = (one for path in paths for one in _elsewhere(scripts, path))
        found = {one.layout.path: one for one in elsewhere}
    return tuple(sorted(found.values(), key=lambda one: _order(tree, one.layout.path, app_dir)))


def _is_layout(path: str, app_dir: str) -> bool:
    folders = dirname(path.removeprefix(f"{app_dir}/")).split("/")
    return basename(path).rsplit(".", 1)[0] == "layout" and not any(one.startswith(("_", "@")) for one in folders)


def _is_above(layout: str, path: str) -> bool:
    return path.startswith(f"{dirname(layout)}/")


def _order(tree: Tree, path: str, app_dir: str) -> tuple[bool, int, str]:
    """Layouts under which ``/`` lies come first: no folder with a name of its own between."""
    folder = dirname(path)
    named = [one for one in folder.removeprefix(app_dir).split("/") if one and one[0] not in "(["]
    has_page = any(tree.has(f"{folder}/page{end}") for end in _ENDS)
    return bool(named) or not has_page, folder.count("/"), path


def _look(text: str, path: str, element: str) -> Found | None:
    if f"<{element}" not in text:
        return None
    first = next((one for _, one in tsx.elements(tsx.root(text), element)), None)
    if first is None:
        return None
    has_head = any(True for _ in tsx.elements(tsx.root(text), "head", "Head"))
    return Found(Layout(path, has_head), Location(path, first.line))


def _elsewhere(scripts: Scripts, path: str) -> Iterator[Found]:
    script = scripts.script(path)
    for one in javascript.imports(script.text) if script else ():
        target = scripts.locate(path, one.module)
        inner = scripts.script(target) if target else None
        found = _look(inner.text, inner.path, "html") if inner else None
        if found is not None:
            yield found


def has_chat(tree: Tree, one: Found) -> bool:
    """Whether a layout loads the chat's script or renders our widget."""
    text = tree.text(one.layout.path)
    return SCRIPT in text or f"{FOLDER}/chat-widget" in text


def of_pages(tree: Tree, pages_dir: str) -> Found | None:
    """``_document`` where there is one, else ``_app``."""
    for name, element in (("_document", "Html"), ("_app", "")):
        for end in _ENDS:
            path = f"{pages_dir}/{name}{end}"
            if tree.has(path):
                text = tree.text(path)
                found = _look(text, path, element) if element else None
                has_head = any(True for _ in tsx.elements(tsx.root(text), "head", "Head"))
                return found or Found(Layout(path, has_head), Location(path, 1))
    return None


def router(tree: Tree, app_dir: str | None, pages_dir: str | None, found: tuple[Found, ...]) -> Literal["app", "pages"] | None:
    """The router that renders the site: an ``app`` folder with nothing but route handlers beside ``pages`` is not it."""
    if app_dir is None:
        return "pages" if pages_dir is not None else None
    renders = bool(found) or any(_PAGE.match(basename(path)) for path in tree.under(app_dir))
    return "app" if renders or pages_dir is None else "pages"
