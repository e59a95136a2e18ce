"""What a proof is: one behaviour, the items of the checklist that it decides, and how it is brought about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Passed, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatkit_integrator.model.verdict import Observed, Verdict
    from chatkit_integrator.proofs.stage import Stage


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of an item. ``is_half`` is true where a pass shows but a part of what it claims.

    A part that holds goes before no reading that found fault.
    """

    verdict: Verdict
    is_half: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A behaviour. ``prove`` gives a verdict for each of ``items`` that it could decide, or say why not."""

    id: str
    title: str
    items: tuple[str, ...]
    prove: Callable[[Stage], Mapping[str, Seen]]


def passed(reason: str, first: Observed, *more: Observed, half: bool = False) -> Seen:
    """It holds, as was seen."""
    return Seen(Passed(reason, (first, *more)), half)


def failed(reason: str, first: Observed, *more: Observed, half: bool = False) -> Seen:
    """It does not hold, as was seen."""
    return Seen(Failed(reason, (first, *more)), half)


def unknown(reason: str) -> Seen:
    """Nothing that decides it was seen."""
    return Seen(Unknown(reason))
