"""The command that judges: check."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chatkit_integrator.cli.proving import proven
from chatkit_integrator.cli.shared import AsJson, Backend, Frontend, Where, err, out
from chatkit_integrator.errors import BadRequestError, BaselineError, NoIntegrationError
from chatkit_integrator.report import formats, texts
from chatkit_integrator.report.baseline import Baseline
from chatkit_integrator.toolkit import check_each, report, settings_of
from chatkit_integrator.toolkit.inspecting import repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatkit_integrator.model.settings import Settings
    from chatkit_integrator.model.verdict import Result

Level = Literal["error", "warning", "never"]


def check_command(
    path: Where,
    select: Annotated[list[str] | None, typer.Option(help="Only these items.", metavar="CKnn")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave these items out.", metavar="CKnn")] = None,
    output_format: Annotated[formats.Format, typer.Option("--format", help="How the report is written.")] = "text",
    output: Annotated[Path | None, typer.Option(help="Write to this file.", metavar="FILE")] = None,
    fail_on: Annotated[Level, typer.Option(help="The least severity that breaks the check.")] = "error",
    baseline: Annotated[Path | None, typer.Option(help="Fails that were there before do not count.", metavar="FILE")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Make the baseline, or bring it down to what still fails.")
    ] = False,
    allow_none: Annotated[bool, typer.Option("--allow-none", help="A repository without ChatKit is fine.")] = False,
    as_json: AsJson = False,
    prove: Annotated[bool, typer.Option("--prove", help="Start the backend, shut in, and see it.")] = False,
    artifacts: Annotated[Path | None, typer.Option(help="Keep what a proof recorded.", metavar="DIR")] = None,
    backend: Backend = None,
    frontend: Frontend = None,
) -> None:
    """Judge the integration item by item, with evidence. Reads only; with --prove it runs a copy of the backend, shut in.

    Ends with 1 where an item fails that counts, with 2 where nothing could be judged or the baseline no longer fits.
    """
    chosen: formats.Format = "json" if as_json else output_format
    tree = repository(path).tree()
    settings = settings_of(tree)
    place = _baseline_place(path, settings, baseline, wanted=update_baseline)
    try:
        with err.status("Checking") as status:
            if prove:
                judged = proven(path, status, artifacts, backend, frontend, select or (), ignore or ())
            else:
                judged = check_each(
                    path,
                    backend=backend or settings.backend,
                    frontend=frontend or settings.frontend,
                    select=select or (),
                    ignore=ignore or (),
                    tree=tree,
                )
    except NoIntegrationError as error:
        if not allow_none:
            raise
        err.print(str(error), markup=False)
        judged = ()
    results = [one for part in judged for one in part.results]
    known = _baseline(place, results, update=update_baseline, proven=prove)
    made = report(
        path,
        judged,
        settings,
        datetime.now().astimezone().date(),
        tree=tree,
        baseline=known,
        with_fixes=chosen in formats.WITH_FIXES,
        prefix=_prefix(path),
        proven=prove,
        artifacts=artifacts,
    )
    if chosen == "text" and output is None:
        out.print(texts.checklist(made), end="")
    else:
        _write(formats.render(made, chosen), output)
    if chosen == "github" and os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
            summary.write(formats.render(made, "markdown") + "\n")
    if known is not None:
        _must_fit(known, results, place, proven=prove)
    if made.is_bad(fail_on):
        raise typer.Exit(1)


def _prefix(path: Path) -> str:
    """The way from what GitHub Actions checked out to the repository, where that is below it."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or path).resolve()
    inside = path.resolve()
    return f"{inside.relative_to(workspace).as_posix()}/" if inside != workspace and inside.is_relative_to(workspace) else ""


def _baseline_place(path: Path, settings: Settings, given: Path | None, *, wanted: bool) -> Path | None:
    if given is not None:
        return given
    if settings.baseline is not None:
        return path / settings.baseline
    if wanted:
        raise BadRequestError("--update-baseline needs to know the file; name it with --baseline FILE.")
    return None


def _baseline(place: Path | None, results: Sequence[Result], *, update: bool, proven: bool) -> Baseline | None:
    """The baseline as it is, made or brought down first where that is asked for."""
    if place is None:
        return None
    if place.is_file():
        known = Baseline.parse(place.read_text(encoding="utf-8"), str(place))
        if not update:
            return known
        known = known.shrunk(results, proven=proven)
    elif update:
        known = Baseline.of(results)
    else:
        raise BaselineError(f"There is no baseline {place}; make it with --update-baseline.")
    place.write_text(known.dump(), encoding="utf-8")
    return known


def _must_fit(known: Baseline, results: Sequence[Result], place: Path | None, *, proven: bool) -> None:
    stale = known.stale(results, proven=proven)
    if stale:
        (item, file), (then, now) = min(stale.items())
        raise BaselineError(
            f"The baseline {place} has {then} of {item} in {file} and there {'is' if now == 1 else 'are'} {now} now"
            f"{f', and {len(stale) - 1} more entries like it' if len(stale) > 1 else ''}; "
            "bring it down with --update-baseline, so that it cannot come back."
        )


def _write(text: str, output: Path | None) -> None:
    """Write what is asked for; a path that is no text is written with escapes."""
    if output is not None:
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    else:
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
