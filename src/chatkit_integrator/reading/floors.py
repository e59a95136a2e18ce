"""What can be installed together with ChatKit, decided without a network.

The floors are those of the packages that ``openai-chatkit`` 1.4.0 (the first with a Stop button) and ``openai-agents`` 0.3.2
bring with them, found by resolving that pair at its lowest. A declared requirement that admits nothing at or above its floor
cannot be met; without a floor a resolver falls back to ``openai-chatkit`` 0.0.1, an empty package, and is content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement
    from packaging.specifiers import Specifier, SpecifierSet
    from packaging.version import Version

CHATKIT = "openai-chatkit>=1.4.0"
WITH_FILES = "openai-chatkit>=1.6.0"  # the first that tells the store which conversation a file was sent in
AGENTS = "openai-agents>=0.3.2"
SQLALCHEMY = "sqlalchemy[asyncio]>=2.0.25"
GREENLET = "greenlet>=3.0"  # SQLAlchemy's asyncio extra; it declares it itself up to 2.0 only
ASYNCPG = "asyncpg>=0.29"
AIOSQLITE = "aiosqlite>=0.20"
PYJWT = "pyjwt>=2.8"
CRYPTOGRAPHY = "cryptography>=42"
HTTPX = "httpx>=0.27"
MULTIPART = "python-multipart>=0.0.18"
DOTENV = "python-dotenv>=0.21"  # what pydantic-settings asks for
OLDEST_PYTHON = "3.11"
OLDEST_FOR_CHATKIT = "3.10"
WARMS = "0.112.2"
"""The first FastAPI that runs a router's lifespan."""

FLOORS: dict[str, tuple[str, str]] = {
    "anyio": ("4.5", "mcp, which openai-agents needs"),
    "fastapi": ("0.100", "pydantic 2.10, which openai-agents needs"),
    "httpx": ("0.27", "mcp and openai"),
    "jsonschema": ("4.20", "mcp, which openai-agents needs"),
    "openai": ("1.107.1", "openai-agents"),
    "openai-agents": ("0.3.2", "openai-chatkit"),
    "openai-chatkit": ("1.4.0", "the chat's own code"),
    "pydantic": ("2.10", "openai-agents"),
    "pydantic-settings": ("2.5.2", "mcp, which openai-agents needs"),
    "pyjwt": ("2.8", "the chat's own code"),
    "python-multipart": ("0.0.9", "mcp, which openai-agents needs"),
    "sqlalchemy": ("2.0.25", "the chat's own code"),
    "sse-starlette": ("1.6.1", "mcp, which openai-agents needs"),
    "starlette": ("0.27", "mcp, which openai-agents needs"),
    "typing-extensions": ("4.12.2", "openai-agents"),
    "uvicorn": ("0.23.1", "mcp, which openai-agents needs"),
}
GAPS: dict[str, tuple[str, str, str]] = {"fastapi": ("0.102", "0.109", "anyio 4.5, which mcp needs")}
"""Releases that hold something below its floor: from the first version on, up to the second, and what."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A declared requirement that cannot be met, what is needed instead, and by whom."""

    manifest: str
    requirement: str
    needs: str
    by: str


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A release that breaks the chat where an older package holds its counterpart back, and the requirement that avoids it."""

    requirement: str
    breaks: str
    held: str
    holders: tuple[tuple[str, str], ...]

    @property
    def package(self) -> str:
        """The package that is kept below what breaks."""
        return re.split(r"[<>=]", self.requirement, maxsplit=1)[0]


CEILINGS = (
    Ceiling(
        requirement="pydantic>=2.11,<2.14",
        breaks="2.14",
        held="mcp, for openai-agents, below 1.20",
        holders=(("pyjwt", "2.10.1"), ("fastapi-users", "14.0.1")),
    ),
    Ceiling(
        requirement="openai>=1.107.1,<2.45",
        breaks="2.45",
        held="openai-agents below 0.18.1",
        holders=(
            ("openai-agents", "0.18.1"),
            ("uvicorn", "0.31.1"),
            ("pydantic", "2.12.2"),
            ("typing-extensions", "4.14.1"),
            ("mcp", "1.19"),
            ("websockets", "15"),
        ),
    ),
)
"""Pairs that a resolver allows and that do not work: mcp 1.13 to 1.19 does not import beside pydantic 2.14, and every turn of
openai-agents before 0.18.1 fails with openai 2.45 or newer (``cache_write_tokens``). Found by installing and running them."""


PAIRS: tuple[tuple[tuple[str, str], tuple[str, str, str]], ...] = (
    (("openai", "2.45"), ("openai-agents", "0", "0.18.1")),
    (("pydantic", "2.14"), ("mcp", "1.13", "1.20")),
)
"""The same for versions that are settled: from the first version on, what does not work from the second up to the third."""


@dataclass(frozen=True, slots=True)
class Held:
    """A ceiling that is needed, what makes it so, and whether the package is declared already without one."""

    ceiling: Ceiling
    by: str
    raise_to: str
    declared: bool


def ceilings(declared: Iterable[str]) -> tuple[Held, ...]:
    """The ceilings that one manifest's requirements call for; those that it keeps already are left out."""
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    known = {name: (text, parsed) for text in declared for name, parsed in [_parse(text)] if parsed is not None}
    found: list[Held] = []
    for ceiling in CEILINGS:
        own = known.get(ceiling.package)
        if own is not None and excludes(own[1].specifier, Version(ceiling.breaks)):
            continue
        for name, version in ceiling.holders:
            if name in known and excludes(known[name][1].specifier, Version(version)):
                found.append(Held(ceiling, known[name][0], f"{name} {version}", own is not None))
                break
    return tuple(found)


def held_below(declared: Iterable[str], name: str, version: str) -> str | None:
    """The requirement that keeps a package below a version; ``None`` where nothing does."""
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    for text in declared:
        found, requirement = _parse(text)
        if found == name and requirement is not None and excludes(requirement.specifier, Version(version)):
            return text
    return None


def conflicts(declared: Iterable[tuple[str, str]]) -> tuple[Conflict, ...]:
    """Those of the declared ``(manifest, requirement)`` pairs that exclude every version from the floor on."""
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    found: list[Conflict] = []
    for manifest, text in declared:
        name, requirement = _parse(text)
        if requirement is None or name not in FLOORS:
            continue
        floor, by = FLOORS[name]
        first, last, gap_by = GAPS.get(name, (floor, floor, by))
        if excludes(requirement.specifier, Version(floor)):
            found.append(Conflict(manifest, text, f"{requirement.name}>={floor}", by))
        elif excludes(requirement.specifier, Version(last)) and not _reaches_below(requirement.specifier, Version(first)):
            found.append(Conflict(manifest, text, f"{requirement.name}>={last}", gap_by))
    return tuple(found)


def python_in_the_way(asked: str | None, manager: str) -> tuple[str, str] | None:
    """The Python that is needed, and by whom, where what a project asks for does not fit; ``None`` where it does.

    uv, Poetry and PDM resolve for every Python that is admitted, so that one which is too old leaves no solution.
    """
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    if asked and excludes(_specifiers(asked), Version(OLDEST_PYTHON)):
        return f"Python >={OLDEST_PYTHON}", "the chat's own code"
    if manager in {"uv", "poetry", "pdm"} and admits_older(asked, OLDEST_FOR_CHATKIT):
        return f"Python >={OLDEST_FOR_CHATKIT}", f"openai-chatkit, and {manager} resolves for every Python that is admitted"
    return None


def admits_older(asked: str | None, python: str) -> bool:
    """Whether what a project asks for admits the Python before ``python``."""
    major, minor = python.split(".")
    return bool(asked) and _specifiers(asked or "").contains(f"{major}.{int(minor) - 1}.99")


def _specifiers(asked: str) -> SpecifierSet:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - only when planning

    try:
        return SpecifierSet(asked)
    except InvalidSpecifier:
        return SpecifierSet(f">={OLDEST_PYTHON}")  # nothing is known to be in the way


def _parse(text: str) -> tuple[str, Requirement | None]:
    """A requirement's name and parts; ``None`` where it is none, or not one of the Python that the chat runs on."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - only when planning
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return "", None
    return canonicalize_name(requirement.name), requirement if _here(requirement) else None


def _here(requirement: Requirement) -> bool:
    """Whether a requirement with a marker concerns the Python that the chat runs on."""
    return requirement.marker is None or requirement.marker.evaluate({"python_version": OLDEST_PYTHON, "extra": ""})


def excludes(specifiers: SpecifierSet, floor: Version) -> bool:
    """Whether no version from ``floor`` on can satisfy the specifiers."""
    return any(_is_below(one, floor) for one in specifiers)


def _reaches_below(specifiers: SpecifierSet, first: Version) -> bool:
    """Whether the specifiers admit something older than ``first``."""
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    floors = [Version(one.version.removesuffix(".*")) for one in specifiers if one.operator in {"==", "===", ">=", ">", "~="}]
    return not floors or max(floors) < first


def _is_below(one: Specifier, floor: Version) -> bool:
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    version = Version(one.version.removesuffix(".*"))
    match one.operator:
        case "==" | "===":
            wildcard = one.version.endswith(".*")
            return _next(version.release) <= floor if wildcard else version < floor
        case "<":
            return version <= floor
        case "<=":
            return version < floor
        case "~=":
            return _next(version.release[:-1]) <= floor
        case _:
            return False


def _next(release: tuple[int, ...]) -> Version:
    from packaging.version import Version  # noqa: PLC0415 - only when planning

    return Version(".".join(str(part) for part in (*release[:-1], release[-1] + 1)))
