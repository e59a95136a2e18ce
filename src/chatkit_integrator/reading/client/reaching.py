"""From a node back to what people open: through every component, hook and module that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.client.binding import unit, unit_names
from chatkit_integrator.reading.client.entries import Entry
from chatkit_integrator.reading.client.references import Use

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.entries import Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow

_LONGEST = 24
_MOST = 40


@dataclass(frozen=True, slots=True)
class Chain:
    """How an entry leads to a node: the uses on the way, the node itself first, what stands in the entry last."""

    entry: Entry
    uses: tuple[Use, ...]

    @property
    def place(self) -> Evidence:
        """The line of the entry that leads there."""
        return self.uses[-1].place


class Reaching:
    """Who renders what, on one site."""

    def __init__(self, site: Site, follow: Follow) -> None:
        self._site = site
        self._follow = follow

    def chains(self, source: Source, node: SgNode, start: Use | None = None) -> list[Chain]:
        """Every way from an entry to a node; empty for what nobody opens."""
        found: list[Chain] = []
        queue: list[tuple[Use, ...]] = [(start or Use(source, node),)]
        seen: set[tuple[str, SgNode]] = set()
        while queue and len(found) < _MOST:
            uses = queue.pop(0)
            last = uses[-1]
            entry = self._entry(last)
            if entry is not None:
                found.append(Chain(entry, uses))
            statement = unit(last.node)
            if last.page or (last.source.path, statement) in seen or len(uses) > _LONGEST:
                continue
            seen.add((last.source.path, statement))
            queue += [(*uses, one) for one in self._uses(last.source, statement)]
        return found

    def _uses(self, source: Source, statement: SgNode) -> list[Use]:
        """Uses, elsewhere, of what a statement declares; a statement without names runs wherever its module is imported."""
        references = self._follow.references
        names = unit_names(statement)
        found = [
            use
            for name in names
            for use in references.of(source, name)
            if use.source is not source or unit(use.node) != statement
        ]
        if statement.kind() == "export_statement" and any(one.kind() == "default" for one in statement.children()):
            found += references.of_export(source, "default")
        if names or statement.kind() in {"export_statement", "import_statement"}:
            return found
        for path in self._follow.files.importers(source.path):
            other = self._follow.files.source(path)
            named = (
                next((one.node for one in other.imports.values() if self._leads(other, one.module, source)), None)
                if other
                else None
            )
            if other is not None:
                found.append(Use(other, named or other.root.child(0) or other.root))
        return found

    def _leads(self, other: Source, module: str, source: Source) -> bool:
        return self._follow.files.locate(other.path, module) == source.path

    def _entry(self, use: Use) -> Entry | None:
        """The entry that a use stands in, where the framework renders or runs the statement around it."""
        if use.page:
            return Entry("document", use.source.path)
        entry = self._site.entry(use.source.path)
        if entry is None:
            return None
        statement = unit(use.node)
        names = unit_names(statement)
        if entry.kind in {"script", "module", "document"}:
            return entry if not names or entry.kind != "script" else None
        default = use.source.exports.get("default")
        if default is None:
            return entry if entry.kind == "theme" and not names else None
        if default.module is not None:
            return entry if unit(default.node) == statement else None
        is_default = statement.kind() == "export_statement" and any(one.kind() == "default" for one in statement.children())
        given = any(name == "default" for own in names for name in self._follow.references.given_as(use.source, own))
        return entry if is_default or given else None
