"""Edits as a patch that ``git apply`` takes, and that leads to exactly the planned bytes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatkit_integrator.model.edit import Content, Edit

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}


def patch(edits: Iterable[Edit]) -> str:
    """Render net edits, sorted by path, with three lines of context."""
    return "".join(_file(edit) for edit in sorted(edits, key=lambda one: one.path))


def counts(edit: Edit) -> tuple[int, int]:
    """How many lines the patch of an edit adds and removes."""
    lines = _hunks(_lines(edit.path, edit.before), _lines(edit.path, edit.after))
    return sum(line[0] == "+" for line in lines), sum(line[0] == "-" for line in lines)


def _file(edit: Edit) -> str:
    old, new = _quote(f"a/{edit.path}"), _quote(f"b/{edit.path}")
    head = [f"diff --git {old} {new}"]
    match edit.before, edit.after:
        case None, after if after is not None:
            head.append(f"new file mode {_mode(after)}")
        case before, None if before is not None:
            head.append(f"deleted file mode {_mode(before)}")
        case before, after if before is not None and after is not None and before.executable != after.executable:
            head += [f"old mode {_mode(before)}", f"new mode {_mode(after)}"]
        case _:
            pass
    body = _hunks(_lines(edit.path, edit.before), _lines(edit.path, edit.after))
    if body:
        head += [f"--- {old if edit.before else '/dev/null'}", f"+++ {new if edit.after else '/dev/null'}"]
    return "\n".join(head) + "\n" + "".join(body)


def _hunks(before: Sequence[str], after: Sequence[str]) -> list[str]:
    shown = list(difflib.unified_diff(before, after, "", "", n=3, lineterm="\n"))[2:]
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in shown]


def _lines(path: str, content: Content | None) -> list[str]:
    """Lines as git counts them: ended by a line feed and by nothing else."""
    if content is None:
        return []
    try:
        text = content.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(f"{path} is not UTF-8 and cannot be shown as a diff; leave it out.") from error
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _mode(content: Content) -> str:
    return "100755" if content.executable else "100644"


def _quote(path: str) -> str:
    """A path as git writes it: in double quotes, with escapes, where it holds something unusual."""
    if all(" " <= char < "\x7f" and char not in '"\\' for char in path):
        return path
    quoted: list[str] = []
    for byte in path.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in _ESCAPES:
            quoted.append(_ESCAPES[char])
        else:
            quoted.append(char if " " <= char < "\x7f" else f"\\{byte:03o}")
    return '"' + "".join(quoted) + '"'
