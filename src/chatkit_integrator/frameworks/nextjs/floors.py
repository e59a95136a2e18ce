"""Which of a site's declared packages exclude ChatKit's, decided without a network.

``@openai/chatkit-react`` 1.6 needs React 18. Its types add ``openai-chatkit`` to ``React.JSX``, which ``@types/react`` has
since 18.2.6 only: with older types that addition hides every HTML element from the type checker, in the whole site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOORS: dict[str, tuple[tuple[int, int, int], str]] = {
    "react": ((18, 0, 0), "@openai/chatkit-react"),
    "@types/react": ((18, 2, 6), "@openai/chatkit-react, whose types hide all HTML elements with older ones"),
}
_ONE = re.compile(r"(?P<operator>\^|~|<=|<|=)?\s*v?(?P<parts>\d+(?:\.(?:\d+|[xX*]))*)(?:-[\w.]+)?")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A declared range that excludes every version from the floor on, what is needed instead, and by whom."""

    declared: str
    needs: str
    by: str


def conflicts(packages: Mapping[str, str]) -> tuple[Conflict, ...]:
    """Those of the declared packages, by name and range, that are in the way."""
    found: list[Conflict] = []
    for name, (floor, by) in FLOORS.items():
        if name in packages and ends_below(packages[name], floor):
            shown = ".".join(map(str, floor))
            found.append(Conflict(f"{name} {packages[name]}", f"{name} {shown} or newer", by))
    return tuple(found)


def ends_below(range_: str, floor: tuple[int, int, int]) -> bool:
    """Whether every alternative of an npm range ends below a version; a range that is not understood does not."""
    return all(any(_limit(part) <= floor for part in _parts(one)) for one in range_.split("||"))


def starts_below(range_: str, floor: tuple[int, int, int]) -> bool:
    """Whether an npm range admits versions below one, as far as it is understood."""
    found = [_ONE.match(one.strip().lstrip(">")) for one in range_.split("||")]
    return any(part is not None and (part["operator"] in {"<", "<="} or _first(part) < floor) for part in found)


def _first(part: re.Match[str]) -> tuple[int, ...]:
    numbers = [int(one) for one in part["parts"].split(".") if one.isdigit()]
    return (*numbers, 0, 0)[:3]


def _parts(alternative: str) -> list[re.Match[str]]:
    if not re.fullmatch(r"\s*(?:[\^~=<>]*\s*v?\d[\w.*-]*\s*)+", alternative):
        return []
    return [one for one in _ONE.finditer(alternative) if alternative[: one.start()].rstrip()[-1:] != ">"]


def _limit(part: re.Match[str]) -> tuple[int, ...]:
    """The first version that a comparator excludes."""
    numbers = [int(one) for one in part["parts"].split(".") if one.isdigit()]
    match part["operator"]:
        case "<":
            return tuple(numbers)
        case "^":
            return (numbers[0] + 1,)
        case "~":
            return (*numbers[:1], numbers[1] + 1) if len(numbers) > 1 else (numbers[0] + 1,)
        case _:
            return (*numbers[:-1], numbers[-1] + 1)
