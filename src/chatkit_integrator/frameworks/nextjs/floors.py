"""Which of a site's declared packages exclude ChatKit's, decided without a network.

``@openai/chatkit-react`` 1.6 needs React 18. Its types add ``openai-chatkit`` to ``React.JSX``, which ``@types/react`` has
since 18.2.6 only: with older types that addition hides every HTML element from the type checker, in the whole site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import join, normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Frontend
    from chatkit_integrator.model.tree import Tree

FLOORS: dict[str, tuple[tuple[int, int, int], str]] = {
    "react": ((18, 0, 0), "@openai/chatkit-react"),
    "@types/react": ((18, 2, 6), "@openai/chatkit-react, whose types hide all HTML elements with older ones"),
}
_ONE = re.compile(r"(?P<operator>\^|~|<=|<|=)?\s*v?(?P<parts>\d+(?:\.(?:\d+|[xX*]))*)(?:-[\w.-]+)?")

_PRERELEASE = re.compile(r"[=v]*\d+\.\d+\.\d+-[\w.-]+")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A declared range that excludes every version from the floor on, what is needed instead, and by whom."""

    declared: str
    needs: str
    by: str


def in_the_way(tree: Tree, site: Frontend, packages: Mapping[str, str]) -> tuple[Conflict, ...]:
    """Those of the site's declared packages that are in the way of its own package manager.

    To npm a pre-release is no newer version of anything (``ERESOLVE``), unless ``.npmrc`` has ``legacy-peer-deps=true``; pnpm,
    yarn and bun only warn.
    """
    react = packages.get("react", "")
    strict = site.package_manager in {None, "npm"} and not any(
        _is_lenient(tree, one) for one in {site.root, site.workspace_root}
    )
    if strict and _PRERELEASE.fullmatch(react):
        why = "@openai/chatkit-react, and npm counts no pre-release as newer (legacy-peer-deps=true in .npmrc makes it)"
        return (*conflicts(packages), Conflict(f"react {react}", "react 18.0.0 or newer", why))
    return conflicts(packages)


def _is_lenient(tree: Tree, folder: str) -> bool:
    path = normpath(join(folder, ".npmrc"))
    return path in tree.paths and re.search(r"^\s*legacy-peer-deps\s*=\s*true\b", tree.text(path), re.MULTILINE) is not None


def conflicts(packages: Mapping[str, str]) -> tuple[Conflict, ...]:
    """Those of the declared packages, by name and range, that exclude every version that is new enough."""
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
