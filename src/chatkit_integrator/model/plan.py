"""A plan: what would be done, what would not and why, what has to be asked, and what is left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.edit import digest, net

if TYPE_CHECKING:
    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.unit import FollowUp, Question


@dataclass(frozen=True, slots=True)
class Step:
    """One transform's part of a plan."""

    transform: str
    summary: str
    edits: tuple[Edit, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it changes, sorted."""
        return tuple(sorted({edit.path for edit in self.edits}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a transform would not do: why, the patch to make by hand, and the checklist items that turn green then."""

    transform: str
    reason: str
    patch: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order; each was planned on the tree that the steps before it lead to."""

    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...] = ()
    questions: tuple[Question, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All steps as one edit a path."""
        return net(edit for step in self.steps for edit in step.edits)

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the digest of the net edits: what was previewed is what gets applied."""
        return digest(self.edits)[:12]


NOTHING = Plan(()).id
"""The id of every plan that changes nothing."""
