"""The units that knowledge comes in: ``Framework``, ``Transform``; and what they answer with.

A unit is data plus pure functions. The engine threads profiles through without looking inside.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Backend, Frontend, Profile
    from chatkit_integrator.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file of the repository; lines count from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that the repository does not establish.

    ``choices`` empty means free text. ``suggested`` is given only where taking it is safe. ``blocks`` names the transforms
    that cannot be planned without an answer.
    """

    id: str
    ask: str
    why: str
    choices: tuple[str, ...] = ()
    suggested: str | None = None
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that may hold one side of the integration; ``integrated`` where it holds one that we wrote."""

    root: str
    what: str
    evidence: Location
    integrated: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a framework found in one folder.

    ``settled`` is what our own files there answer already, by question; empty where nothing that is not there yet depends on
    the answer.
    """

    profile: Backend | Frontend
    questions: tuple[Question, ...] = ()
    evidence: Mapping[str, tuple[Location, ...]] = field(default_factory=dict[str, "tuple[Location, ...]"])
    settled: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something left for a person: a command to run, or a secret to set.

    A ``command`` has ``{files}`` where it takes files; what several transforms leave to one command is run on all of theirs.
    """

    text: str
    command: str | None = None
    files: tuple[str, ...] = ()

    @property
    def line(self) -> str | None:
        """The command as it is typed."""
        return self.command and self.command.replace("{files}", " ".join(map(shlex.quote, self.files)))


@dataclass(frozen=True, slots=True)
class Edited:
    """The transform's edits, against the tree it was given."""

    edits: tuple[Edit, ...]
    summary: str
    follow_ups: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """What the transform makes is present, once, in the right place."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The transform does not concern this repository."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The transform will not edit: why, and the patch or snippet to place by hand."""

    reason: str
    patch: str = ""


Outcome: TypeAlias = Edited | AlreadyThere | NotNeeded | Refused


@dataclass(frozen=True, slots=True)
class Transform:
    """One change to a user's repository, as a pure function of tree and profile.

    ``plan`` must answer ``AlreadyThere`` on the tree that its own edits lead to: that is its post-condition, and the engine
    holds it to it. ``needs`` names questions; while one of them is open the transform is refused.
    """

    id: str
    summary: str
    checks: tuple[str, ...]
    plan: Callable[[Tree, Profile], Outcome]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """Knowledge of one framework: where it is, what it looks like there, and what is done to it."""

    id: str
    side: Literal["backend", "frontend"]
    candidates: Callable[[Tree], tuple[Candidate, ...]]
    inspect: Callable[[Tree, str, Mapping[str, str]], Inspected]
    transforms: tuple[Transform, ...]
