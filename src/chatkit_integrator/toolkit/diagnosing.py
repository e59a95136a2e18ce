"""The verb ``diagnose``: from what a person sees to why, by the words and by what the code shows, with the fix as a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError, IntegratorError
from chatkit_integrator.toolkit.checking import check
from chatkit_integrator.toolkit.integrating import plan

if TYPE_CHECKING:
    from chatkit_integrator.model.diagnosis import Suspicion
    from chatkit_integrator.model.verdict import Result
    from chatkit_integrator.toolkit.inspecting import Request
    from chatkit_integrator.toolkit.integrating import Planned

MOST = 5


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The likeliest causes, at most five, the likeliest first; the plan that mends the first, or why there is none."""

    causes: tuple[Suspicion, ...]
    judged: bool
    planned: Planned | None
    unplanned: str


def diagnose(request: Request, symptom: str) -> Diagnosis:
    """Say what a symptom comes from. Reads only.

    ``symptom`` is an error line, a log (its last 200,000 characters count) or a sentence; ``BadRequestError`` if empty.
    """
    from chatkit_integrator.checks.symptoms import rank, weigh  # noqa: PLC0415 - not needed to start a server

    if not symptom.strip():
        raise BadRequestError("The symptom is empty; give an error line, a log, or a sentence that says what is seen.")
    heard = rank(symptom)
    results = _judged(request)
    causes = weigh(heard, results)[:MOST]
    planned, unplanned = _plan(request, causes[0]) if causes else (None, "")
    return Diagnosis(causes, bool(results), planned, unplanned)


def _judged(request: Request) -> dict[str, Result]:
    try:
        results = check(request.path, backend=request.backend, frontend=request.frontend)
    except BadRequestError:
        return {}
    return {one.id: one for one in results}


def _plan(request: Request, cause: Suspicion) -> tuple[Planned | None, str]:
    """The plan for the items of a cause that fail; none where nothing fails or nothing can be edited."""
    wanted = frozenset(one.id for one in cause.shown)
    if not wanted:
        return None, "none of its items fails here"
    try:
        planned = plan(replace(request, only=wanted))
    except IntegratorError as error:
        return None, str(error)
    if planned.plan.steps:
        return planned, ""
    reasons = [one.reason for one in planned.plan.refusals]
    return None, reasons[0] if reasons else "no transform edits that; the remedy says what to do by hand"
