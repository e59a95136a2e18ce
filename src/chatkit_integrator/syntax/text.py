"""Splices: changes to a text by position, in the text's own line endings and indentation.

Edits are placed by a parser and made here; nothing is ever printed again from a syntax tree, so every byte outside a splice
stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace ``text[start:end]`` by ``new``."""

    start: int
    end: int
    new: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """Make splices that do not overlap, in any order of writing; two at one place keep their order."""
    for one in sorted(splices, key=lambda splice: splice.start)[::-1]:
        text = text[: one.start] + one.new + text[one.end :]
    return text


def line_ending(text: str) -> str:
    """The line ending that the text uses; a line feed where it has none."""
    return "\r\n" if "\r\n" in text else "\n"


def with_endings(new: str, like: str) -> str:
    """Give ``new`` the line endings of ``like``."""
    return new.replace("\r\n", "\n").replace("\n", line_ending(like))


def indentation(text: str, position: int) -> str:
    """The white space that the line of ``position`` begins with."""
    line = text[line_start(text, position) :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def line_start(text: str, position: int) -> int:
    """Where the line of ``position`` begins, behind a byte-order mark."""
    start = text.rfind("\n", 0, position) + 1
    return len(BOM) if not start and text.startswith(BOM) else start


def line_end(text: str, position: int) -> int:
    """Where the line of ``position`` ends, its line ending included."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def indent_unit(text: str) -> str:
    """One level of the text's own indentation: a tab, or as many spaces as its least indented line has."""
    widths: list[int] = []
    for line in text.splitlines():
        if line.startswith("\t"):
            return "\t"
        width = len(line) - len(line.lstrip(" "))
        if width > 1 and line.strip() and not line.lstrip().startswith(("*", "//", "#")):
            widths.append(width)
    return " " * min(widths, default=2)


def append_lines(text: str, new: str) -> str:
    """Add whole lines at the end, ending an unfinished last line first, and only then."""
    ending = line_ending(text)
    glue = "" if not text.removeprefix(BOM) or text.endswith("\n") else ending
    return text + glue + with_endings(new, text or "\n")
