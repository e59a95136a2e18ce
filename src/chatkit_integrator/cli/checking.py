"""The command that judges: check."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import Annotated

import typer

from chatkit_integrator.cli.shared import AsJson, Backend, Frontend, Where, err, out
from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.model.verdict import Failed
from chatkit_integrator.report import jsons, texts
from chatkit_integrator.toolkit import check as run_check


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
