"""How chatkit.js is loaded: which element does it, where that stands, and on which pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.client.entries import Entry, Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.reaching import Chain, Reaching
    from chatkit_integrator.reading.client.references import Use
    from chatkit_integrator.reading.client.texts import Texts

_SCRIPT = re.compile(r"deployments/chatkit/chatkit\.js")
_MARK = b"deployments/chatkit/chatkit.js"
_TAG = re.compile(r"<script\b[^>]*deployments/chatkit/chatkit\.js", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One thing that loads the script. ``how`` is a strategy of next/script, ``raw``, ``html``, ``config`` or ``code``."""

    place: Evidence
    how: str
    where: str
    root: bool
    entries: tuple[Entry, ...] = ()


def loaded(site: Site, reaching: Reaching, texts: Texts) -> tuple[Loaded, ...]:
    """Everything that loads the script on some page."""
    found = list(_html(site))
    holding = [path for path in site.files.containing(_MARK) if site.files.source(path) is not None]
    for path in list(holding):
        holding += [one for one in site.files.importers(path) if one not in holding and site.files.source(one) is not None]
    for path in holding:
        source = site.files.source(path)
        if source is not None and path.endswith((".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs")):
            found += _of_source(site, source, reaching, texts)
    return tuple(found)


def _html(site: Site) -> Iterator[Loaded]:
    for path in site.html() if not site.is_next else ():
        text = javascript.text(site.files.tree, path) or ""
        shown = _COMMENT.sub(lambda one: re.sub(r"[^\n]", " ", one.group()), text)
        for tag in _TAG.finditer(shown):
            number = shown.count("\n", 0, tag.end()) + 1
            where = "head" if "</head>" in shown[tag.end() :] else "body"
            yield Loaded(Evidence(path, number, text.splitlines()[number - 1].strip()[:200]), "html", where, root=True)


def _of_source(site: Site, source: Source, reaching: Reaching, texts: Texts) -> Iterator[Loaded]:
    script = next((name for name, one in source.imports.items() if one.module == "next/script" and one.name == "default"), None)
    for node, element in tsx.elements(source.root):
        value = javascript.attribute(node, "src") if element.name in {"script", "Script", script} else None
        if value is None or not any(_SCRIPT.search(text) for text in texts.of(source, value)):
            continue
        chains = reaching.chains(source, node)
        where = "head" if any(_in_head(use) for chain in chains for use in chain.uses) else "body"
        strategy = javascript.attribute(node, "strategy")
        how = (javascript.string(strategy) or "afterInteractive") if element.name == script else "raw"
        if chains:
            root = any(_is_root(site, chain) for chain in chains)
            yield Loaded(source.at(node), how, where, root, tuple(one.entry for one in chains))
    if site.inside(source.path).startswith("docusaurus.config."):
        for text, _, node in javascript.strings(source.text):
            if _SCRIPT.search(text):
                yield Loaded(source.at(node), "config", "head", root=True)
        return
    for node in [*source.root.find_all(kind="assignment_expression"), *source.root.find_all(kind="call_expression")]:
        left, given = node.field("left"), javascript.arguments(node) if node.kind() == "call_expression" else []
        value = node.field("right") if left is not None and javascript.last_name(left) == "src" else None
        if (
            javascript.last_name(node.field("function")) == "setAttribute"
            and len(given) > 1
            and javascript.string(given[0]) == "src"
        ):
            value = given[1]
        if value is None or not any(_SCRIPT.search(text) for text in texts.of(source, value)):
            continue
        chains = reaching.chains(source, node)
        if chains:
            yield Loaded(source.at(node), "code", "body", root=False, entries=tuple(one.entry for one in chains))


def _is_root(site: Site, chain: Chain) -> bool:
    if chain.entry.kind in {"_document", "_app"}:
        return chain.entry.kind == "_document"
    return chain.entry.kind == "layout" and not any(one != chain.entry.path for one in site.layouts(chain.entry))


def covers(site: Site, one: Loaded, entry: Entry) -> bool:
    """Whether the script is loaded where an entry is shown."""
    if one.root or not one.entries:
        return True
    around = {entry.path, *site.layouts(entry)}
    return any(
        given.path in around or given.kind in {"_document", "_app", "script", "theme", "module"} for given in one.entries
    )


def _in_head(use: Use) -> bool:
    """Whether a use stands in ``<head>``, or in the ``<Head>`` of Next.js."""
    for outer in use.node.ancestors():
        opening = outer.child(0) if outer.kind() == "jsx_element" else None
        name = opening.field("name") if opening is not None else None
        if name is not None and name.text() in {"head", "Head"}:
            return True
    return False
