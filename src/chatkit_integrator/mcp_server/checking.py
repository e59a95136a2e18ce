"""The tools that judge an integration: by its code, and by what it does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK reads the annotation
from pydantic import Field

from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.mcp_server.results import Checked, Judged, Proved, first, short
from chatkit_integrator.mcp_server.tools import BackendDir, FrontendDir, RepoPath, refuse, root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chatkit_integrator.model.verdict import Result
    from chatkit_integrator.toolkit.checking import Judged as OneJudged

Select = Annotated[list[str] | None, Field(description="Only these items, such as CK05.")]

_LINES = 3
_ALL_TOLD = "No item fails. Tell the developer what was seen, what was only read, and what stays unknown and why."
_OTHERS = 9


def run_checklist(
    repo_path: RepoPath,
    select: Select = None,
    backend: BackendDir = None,
    frontend: FrontendDir = None,
) -> Checked:
    """Judge the integration that is there, item by item, each with the lines that show it. Reads only."""
    from chatkit_integrator.toolkit import check_each, settings_of  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit.inspecting import repository  # noqa: PLC0415

    path = root(repo_path)
    try:
        settings = settings_of(repository(path).tree())
        judged = check_each(
            path, backend=backend or settings.backend, frontend=frontend or settings.frontend, select=select or ()
        )
        kept = _keep(path, judged)
    except IntegratorError as error:
        refuse(error)
    one, *others = judged
    found = checked(one.results, kept)
    return Checked({**found, "next": f"{_several(one, others)} {found['next']}"}) if others else found


def _several(shown: OneJudged, others: Sequence[OneJudged]) -> str:
    """Which integration was judged here, and how to ask for the others."""
    calls = [
        f"run_checklist(backend={json.dumps(backend or '.')}, frontend={json.dumps(frontend or '.')})"
        for backend, frontend in (one.chosen for one in others)
    ]
    return (
        f"{1 + len(others)} integrations are here; these results are of {shown.name}. "
        f"For the others: {'; '.join(calls[:_OTHERS])}."
    )


async def prove_checklist(
    repo_path: RepoPath,
    ctx: Context[Any, Any],
    select: Select = None,
    backend: BackendDir = None,
    frontend: FrontendDir = None,
) -> Proved:
    """Judge the integration by what it does: runs a copy of the developer's code, shut in, with a recorded model. Ask first.

    Takes a minute or more. Nothing of the repository is written.
    """
    from chatkit_integrator.engine.kept import folder  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit.checking import Judged as OneJudged  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving import prove, statuses  # noqa: PLC0415

    path = root(repo_path)
    artifacts = folder("proofs", str(path))
    steps = 0

    async def tell(text: str) -> None:
        nonlocal steps
        steps += 1
        await ctx.report_progress(steps, None, text)

    try:
        found = await prove(path, backend=backend, frontend=frontend, select=select or (), artifacts=artifacts, progress=tell)
        kept = _keep(path, [OneJudged(backend, frontend, found.results)], proven=True, artifacts=artifacts)
    except IntegratorError as error:
        refuse(error)
    judged = checked(found.results, kept, proven=True)
    return Proved(**judged, notes=[short(line) for line in first(list(statuses(found)))], artifacts=str(artifacts))


def checked(results: Sequence[Result], report: str, *, proven: bool = False) -> Checked:
    """What the model reads of it: all that fails or is unknown, and of what passes the line that shows it.

    A reason that several items share is told once.
    """
    from chatkit_integrator.report import jsons, texts  # noqa: PLC0415 - not needed to start

    judged = jsons.checklist(results)
    failed = [one["id"] for one in judged["results"] if one["verdict"] == "fail"]
    found: list[Judged] = []
    told: dict[str, str] = {}
    for one, result in zip(judged["results"], results, strict=True):
        is_open = one["verdict"] in {"fail", "unknown"}
        shown = getattr(result.verdict, "evidence", ())[: _LINES if is_open else 1]
        found.append(
            Judged(
                id=one["id"],
                title=one["title"],
                verdict=one["verdict"],
                reason=short(one["reason"])
                if told.setdefault(one["reason"], one["id"]) == one["id"]
                else f"as {told[one['reason']]}",
                evidence=[texts.evidence(line) if is_open else _place(texts.evidence(line)) for line in shown],
                remedy=one["remedy"]["text"] if is_open else "",
            )
        )
    return Checked(
        summary=judged["summary"],
        results=found,
        report=report,
        next=(
            f"plan_integration(only={json.dumps(failed)}), or mend them by hand, then run_checklist again."
            if failed
            else _ALL_TOLD
            if proven
            else "No item fails. prove_checklist shows it by running it, if the developer agrees."
        ),
    )


def _place(line: str) -> str:
    """Where it is, without what it says."""
    path, _, rest = line.partition(":")
    return f"{path}:{rest.partition(':')[0]}"


def _keep(path: Path, judged: Sequence[OneJudged], *, proven: bool = False, artifacts: Path | None = None) -> str:
    """Keep the whole report; gives the address of the resource."""
    from chatkit_integrator.engine.kept import keep  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.report.formats import render  # noqa: PLC0415
    from chatkit_integrator.toolkit import report, settings_of  # noqa: PLC0415
    from chatkit_integrator.toolkit.inspecting import repository  # noqa: PLC0415

    tree = repository(path).tree()
    today = datetime.now().astimezone().date()
    made = report(path, judged, settings_of(tree), today, tree=tree, proven=proven, artifacts=artifacts)
    return f"chatkit://reports/{keep('reports', render(made, 'markdown'), '.md')}"
