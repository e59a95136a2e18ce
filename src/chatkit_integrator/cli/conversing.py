"""The command that works by conversation: agent."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from chatkit_integrator.cli.shared import Where, Yes, err, out
from chatkit_integrator.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_OPENING = "Put ChatKit into this repository; where it is there already, judge it and mend what fails."
_GOING_ON = "Go on."


class Terminal:
    """A person at the terminal; where there is none, nobody can be asked."""

    def __init__(self) -> None:
        self.is_there = sys.stdin.isatty() and sys.stderr.isatty()
        self._is_in_a_line = False

    def hear(self, text: str) -> None:
        """Print a part of what the agent says."""
        sys.stdout.write(text)
        sys.stdout.flush()
        self._is_in_a_line = not text.endswith("\n")

    def notice(self, line: str) -> None:
        """Print what is done."""
        self._end_line()
        err.print(f"  > {line}", markup=False, style="dim")

    def answer(self, question: str, choices: Sequence[str]) -> str | None:
        """Ask a question; a number stands for a choice, and one that stands for none is asked for again."""
        if not self.is_there:
            return None
        self._end_line()
        err.print(f"\n{question}", markup=False)
        for number, choice in enumerate(choices, 1):
            err.print(f"  {number}. {choice}", markup=False)
        while True:
            with _interruptible():
                given = str(typer.prompt("Answer", err=True)).strip()
            if not choices or not given.isdigit():
                return given
            if 0 < int(given) <= len(choices):
                return choices[int(given) - 1]
            err.print(f"There is no {given}: give a number from 1 to {len(choices)}, or an answer in words.", markup=False)

    def agree(self, what: str) -> bool | None:
        """Ask for a yes."""
        if not self.is_there:
            return None
        self._end_line()
        with _interruptible():
            return typer.confirm(f"\n{what}. Go on?", err=True)

    def wish(self) -> str:
        """What is wanted next; nothing where nobody is there or says anything."""
        if not self.is_there:
            return ""
        try:
            return str(typer.prompt("You (empty: end)", default="", show_default=False, err=True)).strip()
        except typer.Abort:
            err.print()
            return ""

    def _end_line(self) -> None:
        if self._is_in_a_line:
            out.print()
        self._is_in_a_line = False


@contextmanager
def _interruptible() -> Generator[None]:
    """Have Ctrl-C end a question at once: while an event loop runs, the first one is only noted."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except typer.Abort:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)


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
    before = Conversation.load(path) if resume else Conversation()
    said = request or (_GOING_ON if resume else _OPENING)
    unsaid = request if before.waiting is not None else None
    with asyncio.Runner() as loop:  # one for all turns: the model's connections belong to it
        while True:
            try:
                outcome = loop.run(run_agent(path.resolve(), said, person, before=before, model=model, yes=yes))
            except KeyboardInterrupt:
                err.print(f"\nStopped. chatkit-integrator agent {path} --resume goes on from here.", markup=False)
                raise typer.Exit(130) from None
            out.print()
            if outcome == "waiting":
                raise BadRequestError(
                    f"The agent waits for a yes. Look at what it planned, then chatkit-integrator agent {path} --resume --yes."
                )
            said, unsaid = unsaid or person.wish(), None
            if not said:
                return
            before = Conversation.load(path)
