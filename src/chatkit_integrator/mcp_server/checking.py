"""The tools that judge an integration: by its code, and by what it does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.mcp_server.results import Checked, Judged, short
from chatkit_integrator.mcp_server.tools import BackendDir, FrontendDir, RepoPath, refuse, root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chatkit_integrator.model.verdict import Result

Select = Annotated[list[str] | None, Field(description="Only these items, such as CK05.")]

_LINES = 3


def run_checklist(
    repo_path: RepoPath,
    select: Select = None,
    backend: BackendDir = None,
    frontend: FrontendDir = None,
) -> Checked:
    """Judge the integration that is there, item by item, each with the lines that show it. Reads only."""
    from chatkit_integrator.toolkit import check, settings_of  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit.inspecting import repository  # noqa: PLC0415

    path = root(repo_path)
    try:
        settings = settings_of(repository(path).tree())
        results = check(path, backend=backend or settings.backend, frontend=frontend or settings.frontend, select=select or ())
        kept = _keep(path, results)
    except IntegratorError as error:
        refuse(error)
    return checked(results, kept)


def checked(results: Sequence[Result], report: str) -> Checked:
    """What the model reads of it: all that fails or is unknown, and of what passes the line that shows it."""
    from chatkit_integrator.report import jsons, texts  # noqa: PLC0415 - not needed to start

    judged = jsons.checklist(results)
    failed = [one["id"] for one in judged["results"] if one["verdict"] == "fail"]
    found: list[Judged] = []
    for one, result in zip(judged["results"], results, strict=True):
        is_open = one["verdict"] in {"fail", "unknown"}
        shown = getattr(result.verdict, "evidence", ())[: _LINES if is_open else 1]
        found.append(
            Judged(
                id=one["id"],
                title=one["title"],
                verdict=one["verdict"],
                reason=short(one["reason"]),
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
            else "No item fails."
        ),
    )


def _place(line: str) -> str:
    """Where it is, without what it says."""
    path, _, rest = line.partition(":")
    return f"{path}:{rest.partition(':')[0]}"


def _keep(path: Path, results: Sequence[Result]) -> str:
    """Keep the whole report; gives the address of the resource."""
    from chatkit_integrator.engine.kept import keep  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.report.formats import render  # noqa: PLC0415
    from chatkit_integrator.toolkit import report, settings_of  # noqa: PLC0415
    from chatkit_integrator.toolkit.inspecting import repository  # noqa: PLC0415

    tree = repository(path).tree()
    made = report(path, results, settings_of(tree), datetime.now().astimezone().date(), tree=tree)
    return f"chatkit://reports/{keep('reports', render(made, 'markdown'), '.md')}"
