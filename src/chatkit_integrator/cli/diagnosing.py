"""The command that goes from a symptom to its cause: diagnose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chatkit_integrator.cli.shared import AsJson, Backend, Frontend, Where, dump, err, out
from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.report import jsons, texts
from chatkit_integrator.toolkit import Request, diagnose


def diagnose_command(
    path: Where,
    symptom: Annotated[str | None, typer.Option(help="An error line, or what is seen.", metavar="TEXT")] = None,
    log: Annotated[Path | None, typer.Option(help="A log; - is standard input.", metavar="FILE", allow_dash=True)] = None,
    backend: Backend = None,
    frontend: Frontend = None,
    as_json: AsJson = False,
) -> None:
    """Say what a symptom comes from, with what the repository shows, and how to mend it. Reads only."""
    if (symptom is None) == (log is None):
        raise BadRequestError("Give --symptom TEXT or --log FILE, one of the two.")
    text = symptom if symptom is not None else _read(log or Path("-"))
    with err.status("Reading"):
        found = diagnose(Request(path, backend, frontend), text)
    plan_id = found.planned.plan.id if found.planned else None
    if as_json:
        dump(jsons.diagnosis(found.causes, judged=found.judged, plan_id=plan_id, unplanned=found.unplanned))
        return
    out.print("\n".join(texts.diagnosis(found.causes, judged=found.judged)), markup=False)
    if found.planned is not None:
        out.print("\n".join(texts.plan(found.planned.plan, str(found.planned.patch_path))), markup=False)
        out.print(f"Next: chatkit-integrator apply {path} {plan_id}", markup=False)
    elif found.causes:
        out.print(f"No plan: {found.unplanned.rstrip('.')}. Next: chatkit-integrator check {path}", markup=False)


def _read(log: Path) -> str:
    try:
        data = typer.get_binary_stream("stdin").read() if str(log) == "-" else log.read_bytes()
    except OSError as error:
        raise BadRequestError(
            f"{log} cannot be read ({error.strerror}); give the file of the log, or --symptom TEXT."
        ) from error
    return data.decode("utf-8", "replace")
