"""Edits of JavaScript and TypeScript text, JSX included. tree-sitter finds the places; splices make the edit.

All positions are character offsets into the text, byte-order mark and line endings included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import BOM, Splice, apply, indent_unit, indentation, line_end, line_ending, with_endings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

_DIRECTIVE = re.compile(r"""^['"]use [a-z]+['"];?$""")


@dataclass(frozen=True, slots=True)
class Span:
    """From the first character to behind the last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Element:
    """One JSX element: its name, where it is, its opening tag, and its content (``None``: it closes itself)."""

    name: str
    span: Span
    opening: Span
    content: Span | None
    line: int


@dataclass(frozen=True, slots=True)
class Html:
    """An ``<html>`` element with its head and body, and whether it renders the children it is given."""

    element: Element
    head: Element | None
    body: Element | None
    renders_children: bool


@lru_cache(maxsize=64)
def root(text: str) -> SgNode:
    """The syntax tree of a text. TSX reads JavaScript, TypeScript and JSX alike."""
    from ast_grep_py import SgRoot  # noqa: PLC0415 - heavy

    return SgRoot(text, "tsx").root()


def parse_check(text: str, path: str) -> None:
    """Raise ``SyntaxRefusedError`` where the text does not parse.

    A type assertion in angle brackets is TypeScript and no TSX, so ``.ts`` files are read as TypeScript.
    """
    from ast_grep_py import SgRoot  # noqa: PLC0415 - heavy

    body = text.removeprefix(BOM)
    is_plain = path.endswith((".ts", ".mts", ".cts"))
    tree = SgRoot(body, "typescript").root() if is_plain else root(body)
    broken = next(errors(tree), None)
    if broken is not None:
        raise SyntaxRefusedError(f"{path}:{broken.range().start.line + 1} does not parse; mend it first, nothing was edited.")


def errors(node: SgNode) -> Iterator[SgNode]:
    """Every place that does not parse."""
    yield from node.find_all(kind="ERROR")


def span(node: SgNode) -> Span:
    """Where a node is."""
    place = node.range()
    return Span(place.start.index, place.end.index)


def element(node: SgNode) -> Element:
    """Describe a ``jsx_element`` or ``jsx_self_closing_element``."""
    whole = span(node)
    line = node.range().start.line + 1
    if node.kind() == "jsx_self_closing_element":
        name = node.field("name")
        return Element(name.text() if name else "", whole, whole, None, line)
    children = node.children()
    opening, closing = children[0], children[-1]
    name = opening.field("name")
    inside = Span(span(opening).end, span(closing).start)
    return Element(name.text() if name else "", whole, span(opening), inside, line)


def elements(node: SgNode, *names: str) -> Iterator[tuple[SgNode, Element]]:
    """JSX elements below a node, by name; all of them without names."""
    for kind in ("jsx_element", "jsx_self_closing_element"):
        for found in node.find_all(kind=kind):
            described = element(found)
            if not names or described.name in names:
                yield found, described


def attributes(found: SgNode) -> dict[str, str]:
    """The attributes of an element as written, quotes and braces taken off plain strings."""
    opening = found if found.kind() == "jsx_self_closing_element" else found.children()[0]
    read: dict[str, str] = {}
    for one in opening.children():
        if one.kind() == "jsx_attribute":
            parts = one.children()
            value = parts[-1].text() if len(parts) > 1 else "true"
            value = value[1:-1].strip() if value.startswith("{") else value
            read[parts[0].text()] = value[1:-1] if value[:1] in {'"', "'", "`"} else value
    return read


def html_elements(text: str) -> tuple[Html, ...]:
    """Every ``<html>`` that the text renders, in order."""
    found: list[Html] = []
    for node, described in sorted(elements(root(text), "html"), key=lambda pair: pair[1].span.start):
        head = body = None
        body_node = None
        for child in node.children():
            if child.kind() in {"jsx_element", "jsx_self_closing_element"}:
                inner = element(child)
                if inner.name in {"head", "Head"}:
                    head = inner
                elif inner.name == "body":
                    body, body_node = inner, child
        renders = any(_is_children(one.text()) for one in (body_node or node).find_all(kind="jsx_expression"))
        found.append(Html(described, head, body, renders))
    return tuple(found)


def _is_children(expression: str) -> bool:
    return bool(re.search(r"\bchildren\b", expression))


def the_html(text: str, path: str) -> Html | None:
    """The one ``<html>`` that renders the page; ``None`` without any.

    Where there are several, it is the one that renders ``children``; ``SyntaxRefusedError`` where that is not one.
    """
    found = html_elements(text)
    if len(found) <= 1:
        return found[0] if found else None
    rendering = [one for one in found if one.renders_children]
    if len(rendering) != 1:
        raise SyntaxRefusedError(
            f"{path} renders <html> {len(found)} times, {len(rendering)} of them with children; the right one is not certain."
        )
    return rendering[0]


def append_child(text: str, parent: Element, child: str) -> str:
    """Put JSX as the last child of an element, on lines of its own wherever the element does not share its line.

    A child may have several lines; a tab at the start of one stands for one level of the text's own indentation.
    """
    if parent.content is None:
        return _open_up(text, parent, child)
    inside = text[parent.content.start : parent.content.end]
    if "\n" not in inside:
        return _broken_up(text, parent, parent.content, child)
    outer = indentation(text, parent.content.end)
    first = next((line for line in inside.split("\n")[1:] if line.strip()), "")
    inner = first[: len(first) - len(first.lstrip())] if first.strip() else outer + indent_unit(text)
    place = parent.content.start + len(inside.rstrip(" \t"))
    if text[place - 1] != "\n":
        return apply(text, [Splice(parent.content.end, parent.content.end, _on_one_line(child))])
    return apply(text, [Splice(place, place, f"{inner}{_block(text, inner, child)}{line_ending(text)}")])


def _broken_up(text: str, parent: Element, content: Span, child: str) -> str:
    """Break an element that is one line into several, which JSX does not see, unless other things are on that line."""
    inside = text[content.start : content.end]
    before, after = text[: parent.span.start].rsplit("\n", 1)[-1], text[parent.span.end :].split("\n", 1)[0]
    if before.strip() or after.strip() or "\n" in text[parent.span.start : content.start] or inside != inside.strip():
        return apply(text, [Splice(content.end, content.end, _on_one_line(child))])
    ending, outer = line_ending(text), indentation(text, parent.span.start)
    inner = outer + indent_unit(text)
    lines = [line for line in (inside, _block(text, inner, child)) if line]
    new = "".join(f"{ending}{inner}{line}" for line in lines) + ending + outer
    return apply(text, [Splice(content.start, content.end, new)])


def _on_one_line(child: str) -> str:
    return " ".join(line.strip() for line in child.split("\n"))


def _block(text: str, indent: str, child: str) -> str:
    return child.replace("\t", indent_unit(text)).replace("\n", line_ending(text) + indent)


def _open_up(text: str, parent: Element, child: str) -> str:
    tag = text[parent.span.start : parent.span.end]
    opened = tag.removesuffix("/>").rstrip() + ">"
    ending, unit = line_ending(text), indent_unit(text)
    outer = indentation(text, parent.span.start)
    if text[: parent.span.start].rsplit("\n", 1)[-1].strip():
        return apply(text, [Splice(parent.span.start, parent.span.end, f"{opened}{_on_one_line(child)}</{parent.name}>")])
    new = f"{opened}{ending}{outer}{unit}{_block(text, outer + unit, child)}{ending}{outer}</{parent.name}>"
    return apply(text, [Splice(parent.span.start, parent.span.end, new)])


def insert_before(text: str, sibling: Element, lines: list[str]) -> str:
    """Put JSX before an element: on lines of its own where the element starts its line, beside it otherwise.

    A tab at the start of one of ``lines`` stands for one level of the text's own indentation, and each may be several lines.
    """
    at = sibling.span.start
    if text[:at].rsplit("\n", 1)[-1].strip():
        return apply(text, [Splice(at, at, "".join(map(_on_one_line, lines)))])
    outer, ending = indentation(text, at), line_ending(text)
    new = "".join(f"{_block(text, outer, line)}{ending}{outer}" for line in lines)
    return apply(text, [Splice(at, at, new)])


def imports(text: str) -> Iterator[tuple[SgNode, str]]:
    """Import statements at the top level, each with the module that it names."""
    for node in root(text).children():
        if node.kind() == "import_statement":
            source = node.field("source")
            if source is not None:
                yield node, source.text()[1:-1]


def imported_as(text: str, module: str, name: str) -> str | None:
    """The local name of an import (``"default"`` for the default one); ``None`` where it is not imported."""
    for node, source in imports(text):
        if source != module:
            continue
        clause = next((one for one in node.children() if one.kind() == "import_clause"), None)
        if clause is None:
            continue
        for part in clause.children():
            if part.kind() == "identifier" and name == "default":
                return part.text()
            if part.kind() == "named_imports":
                for one in part.children():
                    if one.kind() == "import_specifier":
                        original, alias = one.field("name"), one.field("alias")
                        if original is not None and original.text() == name:
                            return (alias or original).text()
    return None


def add_import(text: str, clause: str, module: str, behind: str | None = None) -> str:
    """Add ``import <clause> from "<module>"`` behind the last import, else behind directives and leading comments.

    ``behind`` is a module that is imported: behind that import, then. Quotes and semicolons follow the text's own imports.
    """
    found = [node for node, source in imports(text) if behind in {None, source}]
    sample = found[-1].text() if found else _first_string(text)
    quote = "'" if "'" in sample and '"' not in sample else '"'
    semicolon = ";" if (not found and ";" in text) or (found and sample.rstrip().endswith(";")) else ""
    statement = f"import {clause} from {quote}{module}{quote}{semicolon}\n"
    if found:
        place = line_end(text, span(found[-1]).end - 1)
        if not text[:place].endswith("\n"):
            statement = "\n" + statement
        return apply(text, [Splice(place, place, with_endings(statement, text))])
    place = len(BOM) if text.startswith(BOM) else 0
    for node in root(text).children():
        is_directive = node.kind() == "expression_statement" and _DIRECTIVE.match(node.text().strip())
        if not is_directive and node.kind() != "hash_bang_line":
            break
        place = line_end(text, span(node).end - 1)
        statement = "\n" + statement if is_directive else statement
    return apply(text, [Splice(place, place, with_endings(statement + "\n", text))])


def _first_string(text: str) -> str:
    found = root(text).find(kind="string")
    return found.text() if found else '"'


def names(text: str) -> frozenset[str]:
    """Every identifier that the text uses."""
    return frozenset(node.text() for node in root(text).find_all(kind="identifier"))
