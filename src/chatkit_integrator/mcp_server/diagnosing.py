"""The tool that goes from a symptom to its cause."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.mcp_server.results import first, short
from chatkit_integrator.mcp_server.tools import BackendDir, FrontendDir, RepoPath, refuse, root

_LONGEST_LINES = 8


class Suspected(TypedDict):
    """One cause."""

    cause: str
    title: str
    why: str
    items: list[str]
    evidence: list[str]
    remedy: str


class Diagnosed(TypedDict):
    """What it comes from, the likeliest first."""

    causes: list[Suspected]
    plan_id: str | None
    patch_path: str | None
    next: str


def diagnose_symptom(
    repo_path: RepoPath,
    symptom: Annotated[str, Field(description="An error line, a log, or what is seen, in words.", min_length=1)],
    backend: BackendDir = None,
    frontend: FrontendDir = None,
) -> Diagnosed:
    """Say why a ChatKit integration goes wrong, from what is seen; the fix is a plan where one is possible. Reads only."""
    from chatkit_integrator.report import texts  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit import Request, diagnose  # noqa: PLC0415

    try:
        found = diagnose(Request(root(repo_path), backend, frontend), symptom)
    except IntegratorError as error:
        refuse(error)
    causes: list[Suspected] = []
    for one in found.causes:
        seen = [f"{item.id} fails: {item.verdict.reason}" for item in one.shown]
        seen += [texts.evidence(line) for item in one.shown for line in getattr(item.verdict, "evidence", ())]
        causes.append(
            Suspected(
                cause=one.cause.id,
                title=one.cause.title,
                why=one.cause.why if not causes else "",
                items=list(one.cause.items),
                evidence=[short(line) for line in first(seen)[:_LONGEST_LINES]],
                remedy=" ".join(item.remedy.text for item in one.shown),
            )
        )
    planned = found.planned
    return Diagnosed(
        causes=causes,
        plan_id=planned.plan.id if planned else None,
        patch_path=str(planned.patch_path) if planned else None,
        next=(
            f"Show the diff at patch_path to the developer; with a yes, apply_plan(plan_id={planned.plan.id})."
            if planned
            else f"No plan: {short(found.unplanned).rstrip('.')}. Mend it by hand as the remedy says, then run_checklist."
            if causes
            else "Nothing known sounds like that: give the exact error line, or run_checklist."
        ),
    )
