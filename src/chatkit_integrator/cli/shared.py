"""What the commands have in common: where they write, the options that several take."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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


def dump(data: object) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
