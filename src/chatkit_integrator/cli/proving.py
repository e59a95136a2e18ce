"""``check --prove``: what is told while it goes on, and beside the verdicts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatkit_integrator.cli.shared import err

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.status import Status

    from chatkit_integrator.model.verdict import Result


def proven(
    path: Path,
    status: Status,
    artifacts: Path | None,
    backend: str | None,
    frontend: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
) -> tuple[Result, ...]:
    """Prove, telling each step; what is to be said beside the verdicts goes to standard error."""
    from chatkit_integrator.toolkit.proving import prove, statuses  # noqa: PLC0415 - only where it is wanted

    async def tell(text: str) -> None:
        status.update(text)

    found = asyncio.run(
        prove(
            path,
            backend=backend,
            frontend=frontend,
            select=select,
            ignore=ignore,
            artifacts=artifacts,
            progress=tell,
        )
    )
    for line in statuses(found):
        err.print(line, markup=False)
    if found.artifacts is not None:
        err.print(f"What was recorded: {found.artifacts}", markup=False)
    return found.results
