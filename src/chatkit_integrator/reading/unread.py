"""Files that speak of ChatKit and that cannot be read whole: they are named, so that no verdict hides behind them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import IntegratorError, NotUtf8Error, SyntaxRefusedError
from chatkit_integrator.model.tree import LONGEST_SOURCE
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.newer import older
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, the line at which reading ended, and why in a sentence."""

    text: str
    place: Location


def unread(tree: Tree) -> Iterator[Unread]:
    """Live sources with the word ChatKit that are not UTF-8 or do not parse, in the order of their paths."""
    for path in tree.under("", ".py", *javascript.SUFFIXES):
        if not javascript.is_live(path, "") or path.startswith("."):
            continue
        try:
            content = tree.read(path)
        except IntegratorError as error:
            yield Unread(str(error), Location(path, 1))
            continue
        if content is None or b"chatkit" not in content.data.lower():
            continue
        if len(content.data) > LONGEST_SOURCE:
            size = len(content.data) // 1_000_000
            yield Unread(f"{path} has {size} MB, was taken for a generated file and left out.", Location(path, 1))
            continue
        try:
            line = _broken(path, tree.text(path))
        except NotUtf8Error:
            yield Unread(f"{path} is not UTF-8 and was left out; convert it.", Location(path, 1))
            continue
        if line:
            yield Unread(
                f"{path}:{line} does not parse; what stands in it may be missing from the verdicts.", Location(path, line)
            )


def _broken(path: str, text: str) -> int | None:
    """The line that does not parse."""
    if path.endswith(".py"):
        try:
            ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError) as error:
            return None if older(text) is not None else (error.lineno if isinstance(error, SyntaxError) else None) or 1
        return None
    try:
        tsx.parse_check(text, path)
    except SyntaxRefusedError as error:
        told = str(error).removeprefix(f"{path}:").split(" ", 1)[0]
        return int(told) if told.isdigit() else 1
    return None
