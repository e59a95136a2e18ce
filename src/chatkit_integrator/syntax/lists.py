"""Edits of what JavaScript writes between brackets with commas: objects, arrays, the names of an import.

What is put in follows its neighbours: on one line or on lines of its own, with or without a comma behind the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.syntax import tsx
from chatkit_integrator.syntax.text import Splice, indent_unit, indentation, line_ending

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def append(text: str, holder: SgNode, new: str) -> list[Splice]:
    """Put something behind the last of what is between the brackets."""
    last = next((one for one in reversed(holder.children()) if one.is_named() and one.kind() != "comment"), None)
    if last is None:
        return _only(text, holder, new)
    end, comma = tsx.span(last).end, _comma_behind(holder, last)
    if not _has_own_lines(text, holder):
        return [Splice(end, end, f", {new}")]
    place = tsx.span(comma).end if comma is not None else end
    line = len(text) if text.find("\n", place) < 0 else text.find("\n", place)
    line -= text[place:line].endswith("\r")
    start = f"{line_ending(text)}{indentation(text, tsx.span(last).start)}"
    if comma is not None:
        return [Splice(line, line, f"{start}{new},")]
    return [Splice(end, line, f",{text[end:line]}{start}{new}")]


def prepend(text: str, holder: SgNode, new: str) -> list[Splice]:
    """Put something before the first of what is between the brackets."""
    there = [one for one in holder.children() if one.is_named()]
    if all(one.kind() == "comment" for one in there):
        return _only(text, holder, new)
    line = holder.range().start.line
    first = next(one for one in there if one.kind() != "comment" or one.range().start.line > line)
    at = tsx.span(first).start
    if first.range().start.line == line:
        return [Splice(at, at, f"{new}, ")]
    return [Splice(at, at, f"{new},{line_ending(text)}{indentation(text, at)}")]


def _only(text: str, holder: SgNode, new: str) -> list[Splice]:
    opening = tsx.span(holder).start + 1
    if any(one.kind() == "comment" for one in holder.children()):
        outer = indentation(text, tsx.span(holder).start)
        return [Splice(opening, opening, f"{line_ending(text)}{outer}{indent_unit(text)}{new},")]
    place = tsx.span(holder)
    is_list = text[place.start] == "["
    return [Splice(place.start + 1, place.end - 1, new if is_list else f" {new} ")]


def _comma_behind(holder: SgNode, last: SgNode) -> SgNode | None:
    end = tsx.span(last).end
    return next((one for one in holder.children() if one.kind() == "," and tsx.span(one).start >= end), None)


def _has_own_lines(text: str, holder: SgNode) -> bool:
    """Whether the closing bracket stands on a line of its own."""
    closing = tsx.span(holder).end - 1
    return not text[:closing].rsplit("\n", 1)[-1].strip() and "\n" in text[tsx.span(holder).start : closing]
