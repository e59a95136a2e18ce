"""What a statement in SQL text does to which rows: its kind, and which of its parameters the rows have to match."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = r"(?:\$\d+|%s|%\(\w+\)s|(?<![:\w]):\w+|\?)"
_COMPARED = re.compile(
    rf"(?:\w+\.)?[\"`]?(?P<column>\w+)[\"`]?(?:::\w+)?\s*(?:=\s*(?:any\s*\()?|\bin\s*\()\s*(?P<value>{_PLACE})", re.IGNORECASE
)
_TURNED = re.compile(rf"(?P<value>{_PLACE})(?:::\w+)?\s*=\s*(?:\w+\.)?[\"`]?(?P<column>\w+)", re.IGNORECASE)
_OWN = re.compile(r"=\s*excluded\.(?P<column>\w+)|excluded\.(?P<other>\w+)\s*=", re.IGNORECASE)
_WHERE = re.compile(r"\b(?:where|on|and exists|having)\b(?!\s+conflict)", re.IGNORECASE)
_END = re.compile(r"\b(?:returning|order\s+by|limit|group\s+by|on\s+conflict|union|values)\b|;", re.IGNORECASE)
_EITHER = re.compile(r"\([^()]*\bor\b[^()]*\)", re.IGNORECASE)
_INSERTED = re.compile(r"insert\s+(?:or\s+\w+\s+)?into\s+[\w.\"`]+\s*\((?P<columns>[^)]*)\)", re.IGNORECASE)
_VALUES = re.compile(r"\bvalues\s*\(", re.IGNORECASE)
_CONFLICT = re.compile(r"on\s+conflict\s*(?:\((?P<columns>[^)]*)\))?[^;]*?\bdo\s+(?P<what>update|nothing)", re.IGNORECASE)
_KINDS = {"select": "read", "with": "read", "insert": "insert", "update": "update", "delete": "delete", "replace": "upsert"}


@dataclass(frozen=True)
class Statement:
    """``matched`` and ``keys`` are placeholders as written: those that rows are compared with, and those of an upsert's key.

    ``columns`` are the placeholders that an insert writes, by column.
    """

    kind: str
    matched: tuple[str, ...]
    keys: tuple[str, ...]


def placeholders(text: str) -> list[str]:
    """Every placeholder, in order."""
    return re.findall(_PLACE, text)


def read(text: str) -> Statement | None:
    """Read a statement; ``None`` where the text is none. Nameless placeholders come back numbered: ``?0``, ``?1``."""
    numbered = iter(range(1000))
    plain = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    plain = re.sub(r"'(?:[^']|'')*'", "''", plain)
    plain = re.sub(r"%s|\?", lambda _: f":_{next(numbered)}", plain)
    found = re.match(r"\s*(\w+)", plain)
    if found is None:
        return None
    kind = _KINDS.get(found[1].lower(), "schema")
    if kind == "read" and not re.search(r"\bfrom\b", plain, re.IGNORECASE):
        kind = "schema"  # of no table
    if kind == "read" and found[1].lower() == "with":
        inner = re.search(r"\)\s*(insert|update|delete)\b", plain, re.IGNORECASE)
        kind = _KINDS[inner[1].lower()] if inner else kind
    if re.match(r"\s*insert\s+or\s+replace", plain, re.IGNORECASE):
        kind = "upsert"
    conflict = _CONFLICT.search(plain)
    keys: list[str] = []
    if conflict is not None and conflict["what"].lower() == "update":
        kind = "upsert"
        keys = _keys(plain, conflict)
    return Statement(kind, tuple(_matched(plain[: conflict.start()] if conflict else plain)), tuple(keys))


def _matched(text: str) -> list[str]:
    found: list[str] = []
    for start in _WHERE.finditer(text):
        rest = text[start.end() :]
        stop = min((one.start() for one in (_END.search(rest), _WHERE.search(rest)) if one), default=len(rest))
        condition = rest[:stop]
        while (plain := _EITHER.sub(" ", condition)) != condition:
            condition = plain
        if re.search(r"\bor\b", condition, re.IGNORECASE):
            continue
        found += [one["value"] for pattern in (_COMPARED, _TURNED) for one in pattern.finditer(condition)]
    return list(dict.fromkeys(found))


def _keys(text: str, conflict: re.Match[str]) -> list[str]:
    """The placeholders of the columns that an upsert's row is found by, and those that its own condition compares."""
    written = _written(text)
    columns = _names(conflict["columns"] or "")
    rest = text[conflict.end() :]
    condition = re.search(r"\bwhere\b(?P<condition>.*)", rest, re.IGNORECASE | re.DOTALL)
    found = [written[one] for one in columns if one in written]
    if condition is not None:
        own = [one["column"] or one["other"] for one in _OWN.finditer(condition["condition"])]
        found += [written[one.lower()] for one in own if one.lower() in written]
        found += _matched("where " + condition["condition"])
    return found


def _written(text: str) -> dict[str, str]:
    inserted, values = _INSERTED.search(text), _VALUES.search(text)
    if inserted is None or values is None:
        return {}
    found: list[str] = []
    depth, part = 0, ""
    for sign in text[values.end() :]:
        if sign == ")" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            found.append(part)
            part = ""
        else:
            part += sign
    found.append(part)
    places = [re.search(_PLACE, one) for one in found]
    return {name: place[0] for name, place in zip(_names(inserted["columns"]), places, strict=False) if place}


def _names(columns: str) -> list[str]:
    return [one.strip().strip('"`').lower() for one in columns.split(",") if one.strip()]
