"""A judged repository as it is reported: verdicts, what was set aside and why, what is known, how to mend what fails.

Every format is a function of this one value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from chatkit_integrator.model.verdict import Evidence, Failed, NotApplicable, Passed, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.settings import Suppression
    from chatkit_integrator.model.unit import Location
    from chatkit_integrator.model.verdict import Observed, Result, Verdict

VerdictName: TypeAlias = Literal["pass", "fail", "not_applicable", "unknown"]


def verdict_name(verdict: Verdict) -> VerdictName:
    """``pass``, ``fail``, ``not_applicable`` or ``unknown``."""
    match verdict:
        case Passed():
            return "pass"
        case Failed():
            return "fail"
        case NotApplicable():
            return "not_applicable"
        case Unknown():
            return "unknown"


def _evidence(verdict: Verdict | None) -> tuple[Evidence | Observed, ...]:
    return verdict.evidence if isinstance(verdict, (Passed, Failed)) else ()


@dataclass(frozen=True, slots=True)
class Item:
    """What an item of the checklist asks, for somebody who has never met it: ``why`` it matters, and how it is decided."""

    id: str
    title: str
    severity: Literal["error", "warning"]
    why: str
    decides: str
    remedy: str
    url: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits after which the item passes, made by ``plan --only``; they were tried on a copy in memory."""

    summary: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration of several in a repository, by the folders of its sides; ``None`` for a side that there is not."""

    backend: str | None
    frontend: str | None

    @property
    def name(self) -> str:
        """Its folders, for a person; the root is ``.``."""
        return " + ".join(one or "." for one in (self.backend, self.frontend) if one is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict, and what becomes of it: set aside by a suppression, known from the baseline, or counted.

    ``integration`` says which one it is of, where the repository has several.
    """

    result: Result
    suppression: Suppression | None = None
    known: bool = False
    fix: Fix | None = None
    integration: Integration | None = None

    @property
    def name(self) -> VerdictName:
        """The verdict in a word."""
        return verdict_name(self.result.verdict)

    @property
    def counts(self) -> bool:
        """Whether it is a fail that nobody has accounted for."""
        return isinstance(self.result.verdict, Failed) and self.suppression is None and not self.known

    @property
    def evidence(self) -> tuple[Evidence | Observed, ...]:
        """What the verdict rests on, if it is a pass or a fail."""
        return _evidence(self.result.verdict)

    @property
    def of(self) -> str:
        """The name of its integration, where there are several; else nothing."""
        return self.integration.name if self.integration is not None else ""

    @property
    def lines(self) -> tuple[Evidence, ...]:
        """Lines of code to point at: the verdict's own, else those that the reading of the code went by."""
        own = tuple(one for one in self.evidence if isinstance(one, Evidence))
        return own or tuple(one for one in _evidence(self.result.read) if isinstance(one, Evidence))


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside the verdicts: a file that was not read, a suppression or baseline entry that no longer fits."""

    text: str
    place: Location | None = None


def _counted(findings: Iterable[Finding]) -> dict[VerdictName, int]:
    counted: dict[VerdictName, int] = {"pass": 0, "fail": 0, "not_applicable": 0, "unknown": 0}
    for one in findings:
        counted[one.name] += 1
    return counted


@dataclass(frozen=True, slots=True)
class Part:
    """What was found of one integration; ``integration`` is ``None`` where the repository has no several."""

    integration: Integration | None
    findings: tuple[Finding, ...]

    @property
    def summary(self) -> dict[VerdictName, int]:
        """How many of its items passed, failed, do not apply and are unknown."""
        return _counted(self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it. ``items`` describes every item that a finding is of; ``artifacts`` are files that a proof kept.

    ``prefix`` ("" or ending in ``/``) leads from the root of what a CI checked out to the repository that was judged.
    """

    repository: str
    version: str
    findings: tuple[Finding, ...]
    items: Mapping[str, Item]
    notes: tuple[Note, ...] = ()
    proven: bool = False
    artifacts: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    prefix: str = ""

    @property
    def summary(self) -> dict[VerdictName, int]:
        """How many items passed, failed, do not apply and are unknown."""
        return _counted(self.findings)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The findings of each integration, in their order; one part where there are not several."""
        grouped: dict[Integration | None, list[Finding]] = {}
        for one in self.findings:
            grouped.setdefault(one.integration, []).append(one)
        return tuple(Part(name, tuple(found)) for name, found in grouped.items())

    @property
    def set_aside(self) -> tuple[Finding, ...]:
        """The fails that do not count, because of a suppression or the baseline."""
        return tuple(one for one in self.findings if one.name == "fail" and not one.counts)

    def is_bad(self, fail_on: Literal["error", "warning", "never"]) -> bool:
        """Whether a fail counts that is at least that severe."""
        severe = {"error": {"error"}, "warning": {"error", "warning"}, "never": set[str]()}[fail_on]
        return any(one.counts and one.result.severity in severe for one in self.findings)
