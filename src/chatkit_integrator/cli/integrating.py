"""The commands that integrate: inspect, plan, apply, undo."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chatkit_integrator.cli.shared import (
    Answers,
    AsJson,
    Backend,
    Dirty,
    Frontend,
    Only,
    PlanId,
    Where,
    Yes,
    dump,
    err,
    out,
)
from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.report import jsons, texts
from chatkit_integrator.toolkit import Request, inspect, plan
from chatkit_integrator.toolkit import apply as apply_plan
from chatkit_integrator.toolkit import undo as undo_plan

if TYPE_CHECKING:
    from pathlib import Path


def _request(
    path: Path, backend: str | None, frontend: str | None, answers: list[str] | None, yes: bool, only: list[str] | None
) -> Request:
    pairs: dict[str, str] = {}
    for one in answers or []:
        key, separator, value = one.partition("=")
        if not separator:
            raise BadRequestError(f"--answer {one}: write KEY=VALUE, for example --answer identity=guest.")
        pairs[key.strip()] = value.strip()
    return Request(path, backend, frontend, pairs, accept_suggestions=yes, only=frozenset(only or []))


def _interactive(as_json: bool, yes: bool) -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty() and not as_json and not yes


def _ask(request: Request) -> Request:
    """Ask a person what the repository does not say, once."""
    for one in inspect(request).questions:
        err.print(f"\n{one.ask}\n  {one.why}", markup=False)
        for number, choice in enumerate(one.choices, 1):
            err.print(f"  {number}. {choice}", markup=False)
        given = typer.prompt("Answer (empty: leave open)", default=one.suggested or "", err=True).strip()
        if given.isdigit() and 0 < int(given) <= len(one.choices):
            given = one.choices[int(given) - 1]
        if not given:
            continue
        if one.id in {"backend", "frontend"}:
            request = replace(request, backend=given if one.id == "backend" else request.backend)
            request = replace(request, frontend=given if one.id == "frontend" else request.frontend)
        else:
            request = replace(request, answers={**request.answers, one.id: given})
    return request


def inspect_command(
    path: Where,
    answer: Answers = None,
    backend: Backend = None,
    frontend: Frontend = None,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Say what is in a repository, with the lines that show it. Reads only."""
    with err.status("Reading"):
        found = inspect(_request(path, backend, frontend, answer, yes, None))
    if as_json:
        dump(jsons.inspection(found))
    else:
        out.print("\n".join(texts.inspection(found)), markup=False)


def plan_command(
    path: Where,
    answer: Answers = None,
    yes: Yes = False,
    only: Only = None,
    show_diff: Annotated[bool, typer.Option("--diff", help="Print the diff.")] = False,
    as_json: AsJson = False,
    backend: Backend = None,
    frontend: Frontend = None,
) -> None:
    """Say what would be done. Reads only."""
    request = _request(path, backend, frontend, answer, yes, only)
    if _interactive(as_json, yes):
        request = _ask(request)
    with err.status("Planning"):
        planned = plan(request)
    if as_json:
        dump(jsons.plan(planned.plan))
        return
    if show_diff:
        out.print(texts.diff(planned.patch), end="")
        return
    out.print("\n".join(texts.plan(planned.plan, str(planned.patch_path))), markup=False)
    out.print("\n".join(texts.risks(planned.inspection.risks)), markup=False, end="\n" if planned.inspection.risks else "")
    if planned.plan.steps:
        out.print(f"Next: chatkit-integrator apply {path} {planned.plan.id}", markup=False)


def apply_command(
    path: Where,
    plan_id: PlanId = None,
    answer: Answers = None,
    yes: Yes = False,
    only: Only = None,
    allow_dirty: Dirty = False,
    as_json: AsJson = False,
    backend: Backend = None,
    frontend: Frontend = None,
) -> None:
    """Write a plan to the repository: all of it or nothing."""
    request = _request(path, backend, frontend, answer, yes, only)
    if plan_id is None and not yes:
        if not _interactive(as_json, yes):
            raise BadRequestError("Give the id of a plan that was shown, or --yes to apply without looking.")
        request = _ask(request)
        planned = plan(request)
        out.print(texts.diff(planned.patch), end="")
        out.print("\n".join(texts.plan(planned.plan, str(planned.patch_path))), markup=False)
        if not planned.plan.edits:
            return
        typer.confirm("Write this?", abort=True, err=True)
        plan_id = planned.plan.id
    with err.status("Writing"):
        done = apply_plan(request, plan_id, allow_dirty=allow_dirty)
    if as_json:
        dump(
            {
                "schema": jsons.SCHEMA,
                "plan_id": done.plan_id,
                "written": list(done.written),
                "deleted": list(done.deleted),
                "follow_ups": jsons.follow_ups(done.follow_ups),
            }
        )
        return
    if not done.written and not done.deleted:
        out.print(f"Plan {done.plan_id} changes nothing. Next: chatkit-integrator plan {path}", markup=False)
        return
    lines = [f"Plan {done.plan_id}: wrote {len(done.written)} files", *(f"  {one}" for one in done.written)]
    out.print("\n".join([*lines, *texts.follow_ups(done.follow_ups)]), markup=False)
    out.print(f"Next: chatkit-integrator check {path}    (take it back: chatkit-integrator undo {path})", markup=False)


def undo_command(path: Where, plan_id: PlanId = None, as_json: AsJson = False) -> None:
    """Take an applied plan back, byte for byte; the last one unless an id is given."""
    undone, restored = undo_plan(path, plan_id)
    if as_json:
        dump({"schema": jsons.SCHEMA, "plan_id": undone, "restored": list(restored)})
    else:
        out.print(f"Took plan {undone} back: {len(restored)} files as they were before.", markup=False)
