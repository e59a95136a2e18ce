"""The command that works by conversation: agent."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from chatkit_integrator.cli.shared import Where, Yes, err, out
from chatkit_integrator.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPENING = "Put ChatKit into this repository; where it is there already, judge it and mend what fails."


class Terminal:
    """A person at the terminal; where there is none, nobody can be asked."""

    def __init__(self) -> None:
        self.is_there = sys.stdin.isatty() and sys.stderr.isatty()

    def hear(self, text: str) -> None:
        """Print a part of what the agent says."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def notice(self, line: str) -> None:
        """Print what is done."""
        err.print(f"\n  > {line}", markup=False, style="dim")

    def answer(self, question: str, choices: Sequence[str]) -> str | None:
        """Ask a question; a number stands for a choice."""
        if not self.is_there:
            return None
        err.print(f"\n{question}", markup=False)
        for number, choice in enumerate(choices, 1):
            err.print(f"  {number}. {choice}", markup=False)
        given = typer.prompt("Answer", err=True).strip()
        return choices[int(given) - 1] if given.isdigit() and 0 < int(given) <= len(choices) else given

    def agree(self, what: str) -> bool | None:
        """Ask for a yes."""
        return typer.confirm(f"\n{what}: go on?", err=True) if self.is_there else None


def agent_command(
    path: Where,
    request: Annotated[str | None, typer.Argument(help="What is wanted, in words.", metavar="REQUEST")] = None,
    model: Annotated[str | None, typer.Option(help="The model, as the Agents SDK names it.", metavar="NAME")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last conversation about this repository.")] = False,
    yes: Yes = False,
) -> None:
    """Let the integration agent do it: it reads, asks, plans, and writes only after a yes. Needs a model."""
    from chatkit_integrator.integration_agent import Conversation, run_agent  # noqa: PLC0415 - only this command needs it

    person = Terminal()
    said = request or _OPENING
    before = Conversation.load(path) if resume else Conversation()
    while True:
        outcome = asyncio.run(run_agent(path.resolve(), said, person, before=before, model=model, yes=yes))
        out.print()
        if outcome == "waiting":
            raise BadRequestError(
                f"The agent waits for a yes. Look at what it planned, then chatkit-integrator agent {path} --resume --yes."
            )
        said = typer.prompt("You (empty: end)", default="", show_default=False, err=True).strip() if person.is_there else ""
        if not said:
            return
        before = Conversation.load(path)
