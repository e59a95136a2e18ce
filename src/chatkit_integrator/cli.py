"""The command line: the verbs of the toolkit for people and for CI.

Results go to standard output, everything else to standard error. Exit status 0: done; 1: ``check`` found something; 2:
refused or failed, with one sentence that names the next step.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chatkit_integrator import __version__
from chatkit_integrator.errors import BadRequestError, IntegratorError
from chatkit_integrator.model.verdict import Failed
from chatkit_integrator.report import jsons, texts
from chatkit_integrator.toolkit import Request, inspect, plan
from chatkit_integrator.toolkit import apply as apply_plan
from chatkit_integrator.toolkit import check as run_check
from chatkit_integrator.toolkit import undo as undo_plan

app = typer.Typer(
    name="chatkit-integrator",
    help="Put OpenAI ChatKit into a repository that already exists, and prove that it works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Where = Annotated[Path, typer.Argument(help="The repository.", metavar="PATH")]
Answers = Annotated[list[str] | None, typer.Option("--answer", help="Answer a question.", metavar="KEY=VALUE")]
Yes = Annotated[bool, typer.Option("--yes", help="Take every suggestion, and do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Backend = Annotated[str | None, typer.Option(help="The backend's folder, where there are several.", metavar="DIR")]
Frontend = Annotated[str | None, typer.Option(help="The frontend's folder, where there are several.", metavar="DIR")]
Only = Annotated[list[str] | None, typer.Option(help="Only this transform or checklist item.", metavar="ID")]
PlanId = Annotated[str | None, typer.Argument(help="A plan that was shown.", metavar="PLAN_ID")]
Dirty = Annotated[bool, typer.Option("--allow-dirty", help="Edit files that have uncommitted changes.")]


def run() -> None:
    """Run, and turn what goes wrong into a sentence and an exit status."""
    try:
        app()
    except IntegratorError as error:
        err.print(str(error), markup=False)
        raise SystemExit(2) from None
    except Exception as error:  # the boundary: a person gets a sentence, whatever happened
        if os.environ.get("CHATKIT_INTEGRATOR_DEBUG"):
            raise
        err.print(
            f"A defect of chatkit-integrator {__version__}: {type(error).__name__}: {error}. Nothing more was done; "
            "run again with CHATKIT_INTEGRATOR_DEBUG=1 for the traceback.",
            markup=False,
        )
        raise SystemExit(2) from None


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


def _dump(data: object) -> None:
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


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


@app.command("inspect")
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
        _dump(jsons.inspection(found))
    else:
        out.print("\n".join(texts.inspection(found)), markup=False)


@app.command("plan")
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
        _dump(jsons.plan(planned.plan))
        return
    if show_diff:
        out.print(texts.diff(planned.patch), end="")
        return
    out.print("\n".join(texts.plan(planned.plan, str(planned.patch_path))), markup=False)
    out.print("\n".join(texts.risks(planned.inspection.risks)), markup=False, end="\n" if planned.inspection.risks else "")
    if planned.plan.steps:
        out.print(f"Next: chatkit-integrator apply {path} {planned.plan.id}", markup=False)


@app.command("apply")
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
        _dump(
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


@app.command("undo")
def undo_command(path: Where, plan_id: PlanId = None, as_json: AsJson = False) -> None:
    """Take an applied plan back, byte for byte; the last one unless an id is given."""
    undone, restored = undo_plan(path, plan_id)
    if as_json:
        _dump({"schema": jsons.SCHEMA, "plan_id": undone, "restored": list(restored)})
    else:
        out.print(f"Took plan {undone} back: {len(restored)} files as they were before.", markup=False)


@app.command("check")
def check_command(
    path: Where,
    select: Annotated[list[str] | None, typer.Option(help="Only these items.", metavar="CKnn")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave these items out.", metavar="CKnn")] = None,
    output_format: Annotated[str, typer.Option("--format", help="text or json.", metavar="FORMAT")] = "text",
    output: Annotated[Path | None, typer.Option(help="Write to this file.", metavar="FILE")] = None,
    fail_on: Annotated[str, typer.Option(help="error, warning or never.", metavar="LEVEL")] = "error",
    as_json: AsJson = False,
    backend: Backend = None,
    frontend: Frontend = None,
) -> None:
    """Judge the integration item by item, with evidence. Reads only."""
    if output_format not in {"text", "json"} or fail_on not in {"error", "warning", "never"}:
        raise BadRequestError("--format is text or json, and --fail-on is error, warning or never.")
    with err.status("Checking"):
        results = run_check(path, backend=backend, frontend=frontend, select=select or (), ignore=ignore or ())
    if as_json or output_format == "json":
        text = json.dumps(jsons.checklist(results), indent=2, ensure_ascii=False) + "\n"
    else:
        text = texts.checklist(results)
    if output is not None:
        output.write_text(str(text), encoding="utf-8")
    elif isinstance(text, str):
        sys.stdout.write(text)
    else:
        out.print(text, end="")
    counted = {"error": {"error"}, "warning": {"error", "warning"}, "never": set[str]()}[fail_on]
    if any(isinstance(one.verdict, Failed) and one.severity in counted for one in results):
        raise typer.Exit(1)


@app.command("demo")
def demo_command(
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, and open for you.")] = False,
    directory: Annotated[Path | None, typer.Option(help="Put the application here.", metavar="DIR")] = None,
) -> None:
    """Integrate a bundled application, start it, and hold a conversation with it."""
    from chatkit_integrator.demo import demo  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(demo(directory=directory, keep=keep, say=lambda line: out.print(line, markup=False)))


@app.command("serve")
def serve_command() -> None:
    """Serve the same verbs to a coding agent: MCP over standard input and output."""
    from chatkit_integrator.mcp_server import serve  # noqa: PLC0415 - only this command needs it

    serve()


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Put OpenAI ChatKit into a repository that already exists, and prove that it works."""
    if version:
        out.print(__version__)
        raise typer.Exit
