"""Additions to pip's requirements files, and what they declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.syntax.text import append_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMENT = re.compile(r"(^|\s)#.*$")
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


def add(text: str, lines: Iterable[str]) -> str:
    """Append requirement lines."""
    return append_lines(text, "".join(f"{line}\n" for line in lines))
