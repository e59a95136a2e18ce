"""What a framework renders or runs by itself: pages and layouts, an index.html's script, swizzled components, documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, cast

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.files import DOCUMENT
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.client.files import Files

_SOURCE = r"\.(?:tsx|jsx|ts|js|mjs)$"
_APP = re.compile(rf"^(?:src/)?app/(?P<route>(?:.+/)?)(?P<what>page|layout|template|default|error|not-found|loading){_SOURCE}")
_PAGES = re.compile(rf"^(?:src/)?pages/(?P<route>.+?){_SOURCE}")
_THEME = re.compile(rf"^src/theme/(?P<what>.+?)(?:/index)?{_SOURCE}")
_MODULE = re.compile(r"""<script\b[^>]*\bsrc=["']([^"']+\.(?:tsx|jsx|ts|js|mjs))["']""")
_MAIN = re.compile(rf"^src/(?:index|main){_SOURCE}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A module that a framework starts from. ``route`` is the path that it answers, where it has one."""

    kind: str
    path: str
    route: str | None = None


class Site:
    """One site: which framework it is made with, and where that starts."""

    def __init__(self, files: Files) -> None:
        self.files = files
        data = manifest(files.tree, join(files.root, "package.json"))
        given = [cast("dict[str, object]", data.get(one) or {}) for one in ("devDependencies", "dependencies")]
        self.declared = {name for one in given for name in one}
        self.is_next = "next" in self.declared or any(files.has(f"next.config.{one}") for one in ("js", "ts", "mjs", "cjs"))
        self.is_docusaurus = "@docusaurus/core" in self.declared
        self._scripts = self._of_html()
        self._is_application = bool(self.html()) or any(name in self.declared for name in ("react-scripts", "@craco/craco"))

    @property
    def name(self) -> str:
        """The framework, by name."""
        if self.is_next:
            return "next"
        if self.is_docusaurus:
            return "docusaurus"
        if self.files.has_document:
            return "html"
        return "cra" if "react-scripts" in self.declared else "vite"

    def inside(self, path: str) -> str:
        """A path as seen from the site's root."""
        return path.removeprefix(f"{self.files.root}/") if self.files.root else path

    def entry(self, path: str) -> Entry | None:
        """What a module is to the framework; ``None`` for one that somebody has to import."""
        inside = self.inside(path)
        if path.endswith(DOCUMENT):
            return Entry("document", path) if self.name == "html" else None
        if self.is_next:
            return self._next(path, inside)
        if self.is_docusaurus:
            return self._docusaurus(path, inside)
        if path in self._scripts or (not self._scripts and self._is_application and _MAIN.match(inside)):
            return Entry("script", path)
        return None

    def _next(self, path: str, inside: str) -> Entry | None:
        found = _APP.match(inside)
        if found is not None:
            parts = [one for one in found["route"].split("/") if one]
            if any(one.startswith("_") for one in parts):
                return None
            return Entry("layout" if found["what"] in {"layout", "template"} else "page", path, _route(parts))
        found = _PAGES.match(inside)
        if found is None or found["route"].startswith("api/"):
            return None
        if found["route"] in {"_app", "_document"}:
            return Entry(found["route"], path, "/")
        return Entry("page", path, _route(found["route"].removesuffix("index").split("/")))

    def _docusaurus(self, path: str, inside: str) -> Entry | None:
        if _THEME.match(inside):
            return Entry("theme", path, "/")
        found = _PAGES.match(inside)
        if found is not None and inside.startswith("src/") and not re.search(r"(^|/)_", found["route"]):
            return Entry("page", path, _route(found["route"].removesuffix("index").split("/")))
        return Entry("module", path) if path in self._modules() else None

    def _modules(self) -> frozenset[str]:
        """Client modules, and plugins, that the configuration names."""
        found: set[str] = set()
        for suffix in ("ts", "js", "mjs", "cjs"):
            path = join(self.files.root, f"docusaurus.config.{suffix}")
            source = self.files.source(path) if self.files.has(f"docusaurus.config.{suffix}") else None
            for text, _, _ in javascript.strings(source.text) if source is not None else ():
                located = self.files.locate(path, text) if text.startswith((".", "@site/")) else None
                if located is None and text.startswith("src/"):
                    located = self.files.locate(path, f"./{text}")
                found |= {located} if located is not None else set()
        return frozenset(found)

    def layouts(self, entry: Entry) -> list[str]:
        """The layouts around a page of the App Router, the root one first."""
        if not self.is_next or not _APP.match(self.inside(entry.path)):
            return []
        folder, found = dirname(entry.path), list[str]()
        while True:
            for what in ("template", "layout"):
                for suffix in ("tsx", "jsx", "ts", "js"):
                    path = join(folder, f"{what}.{suffix}")
                    if path != entry.path and self.files.source(path) is not None:
                        found.insert(0, path)
            if not folder or re.search(r"(^|/)app$", folder):
                return found
            folder = dirname(folder)

    def html(self) -> list[str]:
        """The HTML documents that the site is served in."""
        if self.name == "html":
            return [path for path in self.files.paths if path.endswith(DOCUMENT)]
        named = [name for name in ("index.html", "public/index.html") if self.files.has(name)]
        return [join(self.files.root, name) for name in named]

    def _of_html(self) -> frozenset[str]:
        found: set[str] = set()
        for page in self.html():
            for named in _MODULE.findall(javascript.text(self.files.tree, page) or ""):
                for start in (self.files.root, dirname(page)):
                    path = normpath(join(start, named.lstrip("/")))
                    found |= {path} if self.files.source(path) is not None else set()
        return frozenset(found)


def manifest(tree: Tree, path: str) -> dict[str, object]:
    """A package.json, as it is written; empty where it cannot be read."""
    try:
        return dict(jsonc.load(javascript.text(tree, path) or "{}", path))
    except SyntaxRefusedError:
        return {}


def _route(parts: list[str]) -> str:
    """The address of a folder of pages: groups and slots left out."""
    kept = [one for one in parts if one and not (one.startswith("(") and one.endswith(")")) and not one.startswith("@")]
    return "/" + "/".join(re.sub(r"^\(\.+\)", "", one) for one in kept)
