"""What a check concludes; a pass or fail without evidence cannot be written: the type asks for at least one.

A line of code is ``Evidence``, and what was seen of a running program is ``Observed``; a verdict rests on the one or the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Evidence:
    """The line that shows it. ``excerpt`` is the line's text, shortened to 200 characters."""

    path: str
    line: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen while the program ran.

    ``excerpt`` is the telling part, shortened to 2,000 characters, secrets masked; ``artifact`` is a file with all of it,
    relative to the folder that the proof keeps, where there is one.
    """

    what: Literal["exchange", "prompt", "database", "browser", "log"]
    excerpt: str
    artifact: str | None = None


Evidences: TypeAlias = tuple[Evidence, *tuple[Evidence, ...]]
Observations: TypeAlias = tuple[Observed, *tuple[Observed, ...]]
Proof: TypeAlias = Literal["static", "behaviour"]


def _proof(evidence: Evidences | Observations) -> Proof:
    return "behaviour" if isinstance(evidence[0], Observed) else "static"


@dataclass(frozen=True, slots=True)
class Passed:
    """The claim holds."""

    reason: str
    evidence: Evidences | Observations

    @property
    def proof(self) -> Proof:
        """Whether it was read or seen."""
        return _proof(self.evidence)


@dataclass(frozen=True, slots=True)
class Failed:
    """The claim does not hold."""

    reason: str
    evidence: Evidences | Observations

    @property
    def proof(self) -> Proof:
        """Whether it was read or seen."""
        return _proof(self.evidence)


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
    """One item of the checklist, judged. ``read`` is what the code alone said, where what was seen decided otherwise."""

    id: str
    title: str
    severity: Literal["error", "warning"]
    verdict: Verdict
    remedy: Remedy
    read: Verdict | None = None
