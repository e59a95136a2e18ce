"""What a check concludes; a pass or fail without evidence cannot be written: the type asks for at least one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Evidence:
    """The line that shows it. ``excerpt`` is the line's text, shortened to 200 characters."""

    path: str
    line: int
    excerpt: str


Evidences: TypeAlias = tuple[Evidence, *tuple[Evidence, ...]]
Proof: TypeAlias = Literal["static", "behaviour"]


@dataclass(frozen=True, slots=True)
class Passed:
    """The claim holds."""

    reason: str
    evidence: Evidences
    proof: Proof = "static"


@dataclass(frozen=True, slots=True)
class Failed:
    """The claim does not hold."""

    reason: str
    evidence: Evidences
    proof: Proof = "static"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The claim does not concern this repository."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be decided, and why."""

    reason: str


Verdict: TypeAlias = Passed | Failed | NotApplicable | Unknown


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a fail; ``only`` is what ``plan --only`` takes where a transform does it."""

    text: str
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One item of the checklist, judged."""

    id: str
    title: str
    severity: Literal["error", "warning"]
    verdict: Verdict
    remedy: Remedy
