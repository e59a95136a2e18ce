"""What a symptom may come from, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Result


@dataclass(frozen=True, slots=True)
class Cause:
    """One way to go wrong. ``items`` of the checklist show it, the telling one first.

    ``lines`` are regular expressions of what programs print; ``said`` is what people say, written as ``causes.toml`` tells.
    """

    id: str
    title: str
    why: str
    items: tuple[str, ...]
    lines: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A cause, how much speaks for it, and what: the parts of the symptom, and items of the checklist that fail."""

    cause: Cause
    weight: float
    heard: tuple[str, ...]
    shown: tuple[Result, ...] = ()
