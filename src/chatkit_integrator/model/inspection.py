"""What inspection found, whole: both sides, where each fact was read, and what is left to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.unit import Location, Question


@dataclass(frozen=True, slots=True)
class Risk:
    """Something unsafe that a chat would inherit: it is told, and left as it is."""

    text: str
    place: Location


@dataclass(frozen=True, slots=True)
class Inspection:
    """``answers`` are those that were used: given by the caller, or suggestions that the caller accepted."""

    profile: Profile
    questions: tuple[Question, ...] = ()
    evidence: Mapping[str, tuple[Location, ...]] = field(default_factory=dict[str, "tuple[Location, ...]"])
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    risks: tuple[Risk, ...] = ()
