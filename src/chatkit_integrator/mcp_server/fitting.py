"""Results that fit into a conversation whatever the repository is like: what is too long is cut, and ``next`` says so."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from mcp.server.mcpserver.exceptions import ToolError

LONGEST = 20_000
"""Characters of a result, as the JSON that a model reads."""

_LONGEST_REFUSAL = 4_000
_WHOLE = ("plan_id", "patch_path", "next")
"""What the next call needs as it is."""

_NOTE = " This result was cut to fit; ask for less with select, only, backend or frontend."


def fitted(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Make a tool, ``async`` or not, whose results are mappings give only such that fit, and refuse in words that do."""

    @contextmanager
    def briefly() -> Generator[None]:
        try:
            yield
        except ToolError as refusal:
            raise ToolError(_shortened(str(refusal), _LONGEST_REFUSAL)) from refusal

    @functools.wraps(tool)
    def within(*args: object, **kwargs: object) -> dict[str, Any]:
        with briefly():
            return fit(tool(*args, **kwargs))

    @functools.wraps(tool)
    async def within_later(*args: object, **kwargs: object) -> dict[str, Any]:
        with briefly():
            return fit(await tool(*args, **kwargs))

    return within_later if inspect.iscoroutinefunction(tool) else within


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
        return _shortened(value, text)
    if isinstance(value, Mapping):
        entries = list(cast("Mapping[str, object]", value).items())
        return {key[:text]: _cut(one, text, items) for key, one in entries[: 4 * items]}
    if isinstance(value, (list, tuple)):
        listed = list(cast("list[object]", value))
        return [_cut(one, text, items) for one in listed[:items]]
    return value


def _shortened(text: str, longest: int) -> str:
    """Leave out the middle: what it is about comes first, what to do about it last."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
