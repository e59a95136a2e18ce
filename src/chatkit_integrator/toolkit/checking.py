"""The verb ``check``: the checklist, read from the repository as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.report import Integration
from chatkit_integrator.toolkit.inspecting import repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Result


@dataclass(frozen=True, slots=True)
class Judged:
    """One integration of a repository, by the folders of its sides, and what the checklist says of it."""

    backend: str | None
    frontend: str | None
    results: tuple[Result, ...]

    @property
    def name(self) -> str:
        """Its folders, for a person."""
        return Integration(self.backend, self.frontend).name

    @property
    def chosen(self) -> tuple[str | None, str | None]:
        """The folders to choose so that it alone is judged: a side that there is not is looked for beside the other one."""
        return _chosen(self.backend, self.frontend)


def _chosen(backend: str | None, frontend: str | None) -> tuple[str | None, str | None]:
    return (backend if backend is not None else frontend, frontend if frontend is not None else backend)


def _of_sample(folder: str | None) -> str | None:
    """The folder of a side that is a sample: nothing else is looked at without being named."""
    from chatkit_integrator.reading.integrations import is_sample  # noqa: PLC0415 - not needed to start a server

    return folder if folder is not None and is_sample(folder) else None


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


def check_each(
    path: Path,
    *,
    backend: str | None = None,
    frontend: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    tree: Tree | None = None,
) -> tuple[Judged, ...]:
    """Judge every integration of a repository by itself; with a folder chosen, or where there is one, it is one.

    ``BadRequestError`` where there is none.
    """
    from chatkit_integrator.reading.integrations import Pair, integrations  # noqa: PLC0415 - not needed to start a server

    tree = tree or repository(path).tree()
    chosen, left_out = tuple(select), tuple(ignore)
    pairs = integrations(tree) if backend is None and frontend is None else ()
    if len(pairs) < 2:  # noqa: PLR2004 - several
        one = pairs[0] if pairs else Pair(backend, frontend)
        sides = [backend or _of_sample(one.backend), frontend or _of_sample(one.frontend)]
        results = check(path, backend=sides[0], frontend=sides[1], select=chosen, ignore=left_out, tree=tree)
        return (Judged(backend, frontend, results),)
    found: list[Judged] = []
    for one in pairs:
        of_backend, of_frontend = _chosen(one.backend, one.frontend)
        results = check(path, backend=of_backend, frontend=of_frontend, select=chosen, ignore=left_out, tree=tree)
        found.append(Judged(one.backend, one.frontend, results))
    return tuple(found)
