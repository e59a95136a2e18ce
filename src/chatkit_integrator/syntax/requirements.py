"""Additions to pip's requirements files, and what they declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.syntax.text import append_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMENT = re.compile(r"(^|\s)#.*$")
_TAKEN_IN = re.compile(r"^[ \t]*(?:-r|--requirement)(?:[ \t]+|=|(?<=-r))([^\s#]+)", re.MULTILINE)
_OPTIONS = re.compile(r"\s--?[a-z].*$")


def declared(text: str) -> tuple[str, ...]:
    """Requirement lines, without comments, options and hashes; lines that are continued are joined."""
    joined = re.sub(r"\\\r?\n", " ", text.removeprefix("\ufeff"))
    found: list[str] = []
    for raw in joined.splitlines():
        line = _OPTIONS.sub("", _COMMENT.sub("", raw)).strip()
        if line and not line.startswith("-"):
            found.append(line)
    return tuple(found)


def taken_in(text: str) -> tuple[str, ...]:
    """The files that ``-r`` takes in, as written."""
    return tuple(_TAKEN_IN.findall(text))


def add(text: str, lines: Iterable[str]) -> str:
    """Append requirement lines."""
    return append_lines(text, "".join(f"{line}\n" for line in lines))
