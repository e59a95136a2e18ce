"""Text of a repository, made safe to show: it is data, and what it holds must not steer a terminal, a page or a runner."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Observed

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and newline, marks that turn the direction of text, and what no encoding or XML can hold."""

SEEN = {
    "exchange": "request and response",
    "prompt": "recorded prompt",
    "database": "database",
    "browser": "browser",
    "log": "log",
}
"""What was seen of a running program, in words."""


def printable(text: str) -> str:
    r"""Write steering characters out as their escapes (``\x1b``, ``\u202e``); tabs and line breaks stay."""
    return _STEERING.sub(lambda found: _escape(found.group()), text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - the last of one byte


def as_json(value: object) -> str:
    """JSON whose texts are as they are, with steering characters as JSON's own escapes."""
    dumped = json.dumps(value, indent=2, ensure_ascii=False)
    return _STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", dumped) + "\n"


def in_one_line(text: str) -> str:
    """The same, with runs of white space as one space."""
    return printable(" ".join(text.split()))


def place(shown: Evidence | Observed) -> str:
    """Where it stands: ``path:line``; or what was seen, and the file that has all of it."""
    if isinstance(shown, Evidence):
        return in_one_line(f"{shown.path}:{shown.line}")
    return SEEN[shown.what] + (f", {in_one_line(shown.artifact)}" if shown.artifact else "")
