"""Edits of TOML text: entries added to arrays and tables, every other byte kept.

tomlkit places them; each edit is then read back and refused where its values are not those of before with the entries added,
or where more than one line that was there would be written anew.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import BOM, line_ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#[^\n]*|[^\s\"'#]")


def parse_check(text: str, path: str) -> None:
    """Raise ``SyntaxRefusedError`` where the text is no TOML."""
    load(text, path)


def load(text: str, path: str) -> dict[str, Any]:
    """The values of a TOML text; ``SyntaxRefusedError`` where it is none."""
    import tomllib  # noqa: PLC0415 - only where TOML is met

    try:
        return tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        raise SyntaxRefusedError(f"{path} does not parse as TOML ({error}); mend it first, nothing was edited.") from error


def add_to_array(text: str, path: str, table: Sequence[str], key: str, items: Sequence[str]) -> str:
    """Append strings to the array ``key`` of ``table``; made where it is not there yet.

    An array of several lines gets a line for each item, indented as its lines are.
    """
    import tomlkit  # noqa: PLC0415 - heavy
    from tomlkit.items import Array  # noqa: PLC0415

    wanted = load(text, path)
    values = _table(wanted, table, path)
    document = tomlkit.parse(text.removeprefix(BOM))
    holder = _table(document, table, path)
    if key not in values:
        array: Any = tomlkit.array()
        array.extend(items)
        holder[key] = array.multiline(len(items) > 1)
        values[key] = [*items]
        return _only_added(text, tomlkit.dumps(document), path, wanted, is_entry=True)
    array = holder[key]
    if not isinstance(array, Array):
        raise SyntaxRefusedError(f"{'.'.join((*table, key))} in {path} is no array; add {', '.join(items)} by hand.")
    before = array.as_string()
    grown: Any = array
    for item in items:
        if "\n" in before:
            grown.add_line(item, indent=_indent(before), add_comma=item != items[-1] or _has_last_comma(before))
        else:
            grown.append(item)
    values[key] = [*values[key], *items]
    return _only_added(text, tomlkit.dumps(document), path, wanted, is_entry=False)


def add_to_table(text: str, path: str, table: Sequence[str], entries: Mapping[str, Any]) -> str:
    """Add keys to a table that is there."""
    import tomlkit  # noqa: PLC0415 - heavy

    wanted = load(text, path)
    _table(wanted, table, path).update(entries)
    document = tomlkit.parse(text.removeprefix(BOM))
    holder = _table(document, table, path)
    for name, value in entries.items():
        if isinstance(value, dict):
            inline: Any = tomlkit.inline_table()
            inline.update(cast("dict[str, Any]", value))
            holder[name] = inline
        else:
            holder[name] = value
    return _only_added(text, tomlkit.dumps(document), path, wanted, is_entry=True)


def _table(document: Any, table: Sequence[str], path: str) -> Any:  # noqa: ANN401 - tomlkit's containers share no type
    holder = document
    for part in table:
        if part not in holder:
            raise SyntaxRefusedError(f"{path} has no table [{'.'.join(table)}]; add the entries by hand.")
        holder = holder[part]
    return holder


def _indent(array: str) -> str:
    for line in array.splitlines()[1:]:
        if line.strip() and not line.strip().startswith(("]", "#")):
            return line[: len(line) - len(line.lstrip())]
    return "    "


def _has_last_comma(array: str) -> bool:
    """Whether a comma stands behind the last item; an array without items counts as one that would have it."""
    tokens = [token for token in _TOKEN.findall(array) if not token.startswith("#")]
    return tokens[-2:-1] in ([","], ["["])


def _only_added(before: str, after: str, path: str, wanted: Mapping[str, Any], *, is_entry: bool) -> str:
    """Give ``after`` with the lines that were there as they were, byte for byte, and the line endings of ``before``.

    An entry of a table is put above the comment that leads on to the next table.
    """
    old = before.removeprefix(BOM).split("\n")
    new = [line.removesuffix("\r") for line in after.split("\n")]
    carriage = "\r" if line_ending(before) == "\r\n" else ""
    matcher = difflib.SequenceMatcher(None, [line.removesuffix("\r") for line in old], new, autojunk=False)
    written = 0
    lines: list[str] = []
    for tag, start, end, first, last in matcher.get_opcodes():
        written += end - start if tag != "equal" else 0
        belongs = _run_below(lines, old[start:]) if tag == "insert" and is_entry else len(lines)
        below = lines[belongs:]
        fresh = old[start:end] if tag == "equal" else [line + carriage for line in new[first:last] if line or not below]
        lines[belongs:] = [*fresh, *below]
    edited = "\n".join(lines)
    edited = edited if edited.endswith("\n") else edited.removesuffix("\r")
    if written > 1 or load(edited, path) != wanted:
        raise SyntaxRefusedError(f"the edit of {path} would change lines that are not its own; add the entries by hand.")
    return BOM + edited if before.startswith(BOM) else edited


def _run_below(above: Sequence[str], below: Sequence[str]) -> int:
    """Where the blank and comment lines at the end begin that belong to what follows."""
    start = len(above)
    while start and (not above[start - 1].strip() or above[start - 1].lstrip().startswith("#")):
        start -= 1
    blank = next((at for at in range(start, len(above)) if not above[at].strip()), None)
    if blank is not None:
        return blank
    return start if any(line.strip() for line in below) else len(above)
