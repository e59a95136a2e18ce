"""Proving where a repository has several integrations: each by itself, one after the other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Observed, Passed
from chatkit_integrator.toolkit.checking import Judged
from chatkit_integrator.toolkit.inspecting import repository
from chatkit_integrator.toolkit.proving.verb import prove

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path

    from chatkit_integrator.model.verdict import Evidence, Result, Verdict
    from chatkit_integrator.toolkit.proving.verb import Proven


async def prove_each(
    path: Path,
    *,
    backend: str | None = None,
    frontend: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    artifacts: Path | None = None,
    progress: Callable[[str], Coroutine[object, object, None]] | None = None,
) -> tuple[tuple[Judged, Proven], ...]:
    """Prove every integration of a repository; with a folder chosen, or where there is one, it is one.

    ``artifacts`` then gets a folder for each, by which its evidence names what it shows.
    """
    from chatkit_integrator.reading.integrations import integrations  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.reading.settings import read_settings  # noqa: PLC0415

    tree, chosen, left_out = repository(path).tree(), tuple(select), tuple(ignore)
    settings = read_settings(tree)
    is_chosen = any((backend, frontend, settings.backend, settings.frontend))
    pairs = () if is_chosen else integrations(tree)
    if len(pairs) < 2:  # noqa: PLR2004 - several
        only = await prove(
            path,
            backend=backend,
            frontend=frontend,
            select=chosen,
            ignore=left_out,
            artifacts=artifacts,
            progress=progress,
        )
        return ((Judged(backend, frontend, only.results), only),)
    found: list[tuple[Judged, Proven]] = []
    for number, one in enumerate(pairs, 1):
        judged = Judged(one.backend, one.frontend, ())
        of_backend, of_frontend = judged.chosen
        name = f"{number}-{re.sub(r'[^A-Za-z0-9]+', '-', judged.name).strip('-')}"

        async def tell(text: str, who: str = judged.name) -> None:
            if progress is not None:
                await progress(f"{who}: {text}")

        proven = await prove(
            path,
            backend=of_backend,
            frontend=of_frontend,
            select=chosen,
            ignore=left_out,
            artifacts=artifacts / name if artifacts is not None else None,
            progress=tell,
        )
        proven = replace(proven, results=tuple(_below(name, result) for result in proven.results))
        found.append((replace(judged, results=proven.results), proven))
    return tuple(found)


def _below(folder: str, result: Result) -> Result:
    """A result whose evidence names files below a folder."""
    return replace(result, verdict=_moved(folder, result.verdict))


def _moved(folder: str, verdict: Verdict) -> Verdict:
    match verdict:
        case Passed(_, (first, *rest)) | Failed(_, (first, *rest)):
            return replace(verdict, evidence=(_named(folder, first), *(_named(folder, one) for one in rest)))
        case _:
            return verdict


def _named(folder: str, shown: Evidence | Observed) -> Evidence | Observed:
    if isinstance(shown, Observed) and shown.artifact:
        return replace(shown, artifact=f"{folder}/{shown.artifact}")
    return shown
