"""Results that fit into a conversation whatever the repository is like: what is too long is cut, and ``next`` says so."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

LONGEST = 20_000
"""Characters of a result, as the JSON that a model reads."""

_WHOLE = ("plan_id", "patch_path", "next")
"""What the next call needs as it is."""

_NOTE = " This result was cut to fit; ask for less with select, only, backend or frontend."

P = ParamSpec("P")
T = TypeVar("T")


def fitted(tool: Callable[P, T]) -> Callable[P, T]:
    """Make a tool whose results are mappings give only such that fit."""

    @functools.wraps(tool)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        return cast("T", fit(cast("Mapping[str, Any]", tool(*args, **kwargs))))

    return within


def fit(result: Mapping[str, Any], longest: int = LONGEST) -> dict[str, Any]:
    """Shorten long texts and long lists until the whole fits; what fits already is not touched."""
    whole = dict(result)
    if _size(whole) <= longest:
        return whole
    whole["next"] = f"{whole.get('next', '')}{_NOTE}"
    text, items, cut = 1_600, 50, whole
    while _size(cut) > longest and items > 1:
        text, items = text * 3 // 4, items * 3 // 4
        cut = {key: value if key in _WHOLE else _cut(value, text, items) for key, value in whole.items()}
    return cut


def _cut(value: object, text: int, items: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= text else f"{value[: text // 2]}…{value[len(value) - text // 2 :]}"
    if isinstance(value, Mapping):
        entries = list(cast("Mapping[str, object]", value).items())
        return {key[:text]: _cut(one, text, items) for key, one in entries[: 4 * items]}
    if isinstance(value, (list, tuple)):
        listed = list(cast("list[object]", value))
        return [_cut(one, text, items) for one in listed[:items]]
    return value


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
