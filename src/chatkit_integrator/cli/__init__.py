"""The command line: the verbs of the toolkit for people and for CI.

Results go to standard output, everything else to standard error. Exit status 0: done; 1: ``check`` found something; 2:
refused or failed, with one sentence that names the next step.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from chatkit_integrator import __version__
from chatkit_integrator.cli import checking, conversing, diagnosing, integrating, showing
from chatkit_integrator.cli.shared import err, out
from chatkit_integrator.errors import IntegratorError

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="chatkit-integrator",
    help="Put OpenAI ChatKit into a repository that already exists, and prove that it works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("inspect", integrating.inspect_command),
    ("plan", integrating.plan_command),
    ("apply", integrating.apply_command),
    ("undo", integrating.undo_command),
    ("check", checking.check_command),
    ("diagnose", diagnosing.diagnose_command),
    ("agent", conversing.agent_command),
    ("demo", showing.demo_command),
    ("serve", showing.serve_command),
)
"""Every command, in the order of the help."""

for _name, _command in COMMANDS:
    app.command(_name)(_command)


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


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Put OpenAI ChatKit into a repository that already exists, and prove that it works."""
    if version:
        out.print(__version__)
        raise typer.Exit


__all__ = ["COMMANDS", "app", "run"]
