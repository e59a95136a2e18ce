"""The whole workflow on a bundled application, with real processes and a conversation that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def demo(*, directory: Path | None, keep: bool, say: Callable[[str], None]) -> int:
    """Integrate the bundled application, start it, talk to it, judge it. Gives the exit status."""
    from chatkit_integrator.demo.run import run_demo  # noqa: PLC0415 - only where it is run

    return run_demo(directory=directory, keep=keep, say=say)
