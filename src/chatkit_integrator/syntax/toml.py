"""Edits of TOML text: entries added to arrays and tables, every other byte kept.

tomlkit keeps what it read; each edit is compared with the text before, and is refused where more than the addition changed.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import line_ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def parse_check(text: str, path: str) -> None:
    """Raise ``SyntaxRefusedError`` where the text is no TOML."""
    import tomllib  # noqa: PLC0415 - only where TOML is met

    try:
        tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise SyntaxRefusedError(f"{path} does not parse as TOML ({error}); mend it first, nothing was edited.") from error


def load(text: str, path: str) -> dict[str, Any]:
    """The values of a TOML text."""
    import tomllib  # noqa: PLC0415 - only where TOML is met

    parse_check(text, path)
    return tomllib.loads(text.removeprefix("\ufeff"))


def add_to_array(text: str, path: str, table: Sequence[str], key: str, items: Sequence[str]) -> str:
    """Append strings to the array ``key`` of ``table``; made where it is not there yet.

    An array of several lines gets a line for each item, indented as its lines are.
    """
    import tomlkit  # noqa: PLC0415 - heavy
    from tomlkit.items import Array  # noqa: PLC0415

    document = tomlkit.parse(text)
    holder = _table(document, table)
    if key not in holder:
        array: Any = tomlkit.array()
        array.extend(items)
        holder[key] = array.multiline(len(items) > 1)
        return _only_added(text, tomlkit.dumps(document), path)
    array = holder[key]
    if not isinstance(array, Array):
        raise SyntaxRefusedError(f"{'.'.join((*table, key))} in {path} is no array; add {', '.join(items)} by hand.")
    before = array.as_string()
    grown: Any = array
    for item in items:
        if "\n" in before:
            grown.add_line(item, indent=_indent(before))
        else:
            grown.append(item)
    return _only_added(text, tomlkit.dumps(document), path)


def add_to_table(text: str, path: str, table: Sequence[str], entries: Mapping[str, Any]) -> str:
    """Add keys to a table that is there."""
    import tomlkit  # noqa: PLC0415 - heavy

    document = tomlkit.parse(text)
    holder = _table(document, table)
    for name, value in entries.items():
        if isinstance(value, dict):
            inline: Any = tomlkit.inline_table()
            inline.update(cast("dict[str, Any]", value))
            holder[name] = inline
        else:
            holder[name] = value
    return _only_added(text, tomlkit.dumps(document), path)


def _table(document: Any, table: Sequence[str]) -> Any:  # noqa: ANN401 - tomlkit's containers share no type
    holder = document
    for part in table:
        holder = holder[part]
    return holder


def _indent(array: str) -> str:
    for line in array.splitlines()[1:]:
        if line.strip() and not line.strip().startswith(("]", "#")):
            return line[: len(line) - len(line.lstrip())]
    return "    "


def _only_added(before: str, after: str, path: str) -> str:
    ending = line_ending(before)
    if ending == "\r\n":
        after = after.replace("\r\n", "\n").replace("\n", "\r\n")
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    removed = sum(i2 - i1 for tag, i1, i2, _, _ in matcher.get_opcodes() if tag in {"delete", "replace"})
    if removed > 1:
        raise SyntaxRefusedError(f"the edit of {path} would change lines that are not its own; add the entries by hand.")
    return after
