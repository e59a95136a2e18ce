"""Additions to env examples. What is there is never touched: quotes, comments, several lines, a missing last line ending."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.syntax.text import BOM, append_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENTRY = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*(?:"(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`|)""", re.MULTILINE
)


def keys(text: str) -> frozenset[str]:
    """The variables that the text sets; what stands in a comment, or inside a quoted value of several lines, is none."""
    return frozenset(_ENTRY.findall(text.removeprefix(BOM)))


def add(text: str, entries: Iterable[tuple[str, str, str]]) -> str:
    """Append ``(key, value, comment)`` entries that are not there yet, after a blank line."""
    present = keys(text)
    missing = [entry for entry in entries if entry[0] not in present]
    if not missing:
        return text
    block = "".join(f"# {comment}\n{key}={value}\n" for key, value, comment in missing)
    is_apart = not text.strip(f"{BOM} \t\r\n") or re.search(r"\n[ \t]*\r?\n[ \t]*$", text)
    return append_lines(text, block if is_apart else f"\n{block}")
