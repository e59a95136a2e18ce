"""The verb ``check``: the checklist, read from the repository as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.toolkit.inspecting import repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Result


def check(
    path: Path,
    *,
    backend: str | None = None,
    frontend: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    tree: Tree | None = None,
) -> tuple[Result, ...]:
    """Judge the integration. Reads only. ``tree`` judges a planned tree before it is written."""
    from chatkit_integrator.checks import run_checklist  # noqa: PLC0415 - not needed to start a server

    return run_checklist(
        tree or repository(path).tree(),
        backend=backend,
        frontend=frontend,
        select=frozenset(select),
        ignore=frozenset(ignore),
    )
