"""``check --prove``: what is told while it goes on, and beside the verdicts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatkit_integrator.cli.shared import err

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.status import Status

    from chatkit_integrator.toolkit import Judged


def proven(
    path: Path,
    status: Status,
    artifacts: Path | None,
    backend: str | None,
    frontend: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
) -> tuple[Judged, ...]:
    """Prove each integration, telling each step; what is to be said beside the verdicts goes to standard error."""
    from chatkit_integrator.toolkit.proving import prove_each, statuses  # noqa: PLC0415 - only where it is wanted

    async def tell(text: str) -> None:
        status.update(text)

    found = asyncio.run(
        prove_each(
            path,
            backend=backend,
            frontend=frontend,
            select=select,
            ignore=ignore,
            artifacts=artifacts,
            progress=tell,
        )
    )
    for judged, one in found:
        whose = f"{judged.name}: " if len(found) > 1 else ""
        for line in statuses(one):
            err.print(f"{whose}{line}", markup=False)
        if one.artifacts is not None:
            err.print(f"{whose}What was recorded: {one.artifacts}", markup=False)
    return tuple(judged for judged, _ in found)
