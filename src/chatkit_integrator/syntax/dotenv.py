"""Additions to env examples. What is there is never touched: quotes, comments, several lines, a missing last line ending."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.syntax.text import append_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=", re.MULTILINE)
_QUOTED = re.compile(r"=[ \t]*(\"(?:\\.|[^\"\\])*\"|'[^']*')", re.DOTALL)


def keys(text: str) -> frozenset[str]:
    """The variables that the text sets; what stands inside a quoted value of several lines is none."""
    return frozenset(_KEY.findall(_QUOTED.sub('=""', text)))


def add(text: str, entries: Iterable[tuple[str, str, str]]) -> str:
    """Append ``(key, value, comment)`` entries that are not there yet, after a blank line."""
    present = keys(text)
    missing = [entry for entry in entries if entry[0] not in present]
    if not missing:
        return text
    block = "".join(f"# {comment}\n{key}={value}\n" for key, value, comment in missing)
    return append_lines(text, ("\n" if text.strip() else "") + block)
