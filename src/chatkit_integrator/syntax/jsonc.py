"""Edits of JSON text by span: an entry added to an object, in the text's own indentation and order."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import BOM, Splice, apply, indent_unit, line_ending

_NEXT = -2
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def load(text: str, path: str) -> dict[str, Any]:
    """The object that a JSON text holds; comments and trailing commas are allowed."""
    body = text.removeprefix(BOM)
    try:
        value = json.loads(body)
    except json.JSONDecodeError:
        try:
            value = json.loads(_plain(body))
        except json.JSONDecodeError as error:
            raise SyntaxRefusedError(
                f"{path}:{error.lineno} does not parse as JSON; mend it first, nothing was edited."
            ) from error
    if not isinstance(value, dict):
        raise SyntaxRefusedError(f"{path} does not hold a JSON object; nothing was edited.")
    return cast("dict[str, Any]", value)


def parse_check(text: str, path: str) -> None:
    """Raise ``SyntaxRefusedError`` where the text is no JSON."""
    body = text.removeprefix(BOM)
    try:
        json.loads(body)
    except json.JSONDecodeError:
        load(text, path)


def _plain(text: str) -> str:
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith(("//", "/*"))]
    kept: list[str] = []
    for token in tokens:
        if token in {"}", "]"} and kept and kept[-1] == ",":
            kept.pop()
        kept.append(token)
    return "".join(kept)


def add_entry(text: str, path: str, section: str, key: str, value: str) -> str:
    """Add ``"key": "value"`` to the object ``section`` of the top object, made where it is not there yet.

    It goes where the order of keys has it, if they are in order, and to the end otherwise.
    """
    top = _object(text, path, text.index("{"))
    unit, ending = indent_unit(text), line_ending(text)
    if section not in top.entries:
        body = f'{{{ending}{unit * 2}"{key}": "{value}"{ending}{unit}}}'
        return _insert(text, top, f'"{section}": {body}', unit, ending, None)
    start = top.entries[section][1]
    if text[start] != "{":
        raise SyntaxRefusedError(f'"{section}" in {path} is no object; add "{key}": "{value}" to it by hand.')
    inner = _object(text, path, start)
    names = list(inner.entries)
    before = next((name for name in names if name > key), None) if names == sorted(names) else None
    return _insert(text, inner, f'"{key}": "{value}"', unit * 2, ending, before)


class _Object:
    """Spans of an object: its braces, and of each entry its start and the start and end of its value."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.entries: dict[str, tuple[int, int, int]] = {}


def _object(text: str, path: str, start: int) -> _Object:
    found = _Object(start)
    depth = 0
    key: str | None = None
    key_start = value_start = -1
    last_end = start
    for token in _TOKEN.finditer(text, start):
        word = token.group()
        if word.startswith(("//", "/*")):
            continue
        if depth == 1 and key is None and word.startswith('"'):
            key, key_start, value_start = str(json.loads(word)), token.start(), -1
        elif depth == 1 and key is not None and word == ":" and value_start < 0:
            value_start = _NEXT
        elif depth == 1 and value_start == _NEXT:
            value_start = token.start()
        if depth == 1 and word in {",", "}"} and key is not None:
            found.entries[key] = (key_start, value_start, last_end)
            key = None
        depth += (word in {"{", "["}) - (word in {"}", "]"})
        last_end = token.end()
        if depth == 0:
            found.end = token.start()
            return found
    raise SyntaxRefusedError(f"{path} does not parse as JSON; mend it first, nothing was edited.")


def _insert(text: str, found: _Object, entry: str, indent: str, ending: str, before: str | None) -> str:
    if not found.entries:
        outer = indent[: len(indent) // 2] if indent.strip("\t") else indent[:-1]
        return apply(text, [Splice(found.start, found.end + 1, f"{{{ending}{indent}{entry}{ending}{outer}}}")])
    one_line = "\n" not in text[found.start : found.end]
    glue = ", " if one_line else f",{ending}{indent}"
    if before is not None:
        place = found.entries[before][0]
        return apply(text, [Splice(place, place, entry + glue)])
    place = max(end for _, _, end in found.entries.values())
    return apply(text, [Splice(place, place, glue + entry)])
