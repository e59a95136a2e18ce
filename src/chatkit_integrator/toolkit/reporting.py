"""From verdicts to a report: suppressions and baseline laid over them, what could not be read named, fixes tried.

The date comes from the caller, and nothing is written.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from chatkit_integrator import __version__
from chatkit_integrator.errors import IntegratorError, SettingsError
from chatkit_integrator.model.report import Finding, Fix, Integration, Item, Note, Report
from chatkit_integrator.model.verdict import Evidence, Failed, Observed, Passed
from chatkit_integrator.toolkit.inspecting import Request, inspect, repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from chatkit_integrator.model.settings import Settings, Suppression
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Result
    from chatkit_integrator.report.baseline import Baseline
    from chatkit_integrator.toolkit.checking import Judged

_BACKEND = "https://openai.github.io/chatkit-python/"
_FRONTEND = "https://openai.github.io/chatkit-js/"
_OF_THE_FRONTEND = frozenset(
    {"CK05", "CK06", "CK07", "CK08", "CK13", "CK14", "CK15", "CK17", "CK19", "CK23", "CK24", "CK27", "CK30"}
)


def settings_of(tree: Tree) -> Settings:
    """What the repository sets for this program; ``SettingsError`` where that cannot be understood."""
    from chatkit_integrator.reading.settings import read_settings  # noqa: PLC0415 - not needed to start a server

    return read_settings(tree)


def report(
    path: Path,
    judged: Sequence[Judged],
    settings: Settings,
    today: date,
    *,
    tree: Tree | None = None,
    baseline: Baseline | None = None,
    with_fixes: bool = False,
    proven: bool = False,
    artifacts: Path | None = None,
    prefix: str = "",
) -> Report:
    """Give the report on verdicts of the repository at ``path``, of one integration or of each of several.

    ``with_fixes`` plans a fix for each fail, which takes as long as planning does. ``artifacts`` is the folder that a proof
    keeps; of it only the files that the evidence names are read. ``prefix`` leads from the checkout of a CI to the repository.
    """
    tree = tree or repository(path).tree()
    items = catalogue()
    _must_be_items(settings, items)
    findings: list[Finding] = []
    for part in judged:
        backend, frontend = part.chosen
        request = Request(path, backend, frontend)
        fixes: Mapping[str, Fix] = _fixes(request, tree, part.results) if with_fixes else {}
        findings += [
            Finding(
                one,
                suppression=next((that for that in settings.suppress if _covers(that, one, today)), None),
                known=baseline is not None and baseline.knows(one),
                fix=fixes.get(one.id),
                integration=Integration(part.backend, part.frontend) if len(judged) > 1 else None,
            )
            for one in part.results
        ]
    results = [one for part in judged for one in part.results]
    named = {one.id for one in results}
    return Report(
        repository=path.resolve().name,
        prefix=prefix,
        version=__version__,
        findings=tuple(findings),
        items={name: one for name, one in items.items() if name in named},
        notes=(*_unfitting(settings, results, today), *unread(tree)),
        proven=proven,
        artifacts=dict(_kept(results, artifacts)) if artifacts is not None else {},
    )


def catalogue() -> Mapping[str, Item]:
    """Every item of the checklist, described."""
    from chatkit_integrator.checks import CHECKLIST  # noqa: PLC0415 - not needed to start a server

    return {
        one.id: Item(
            one.id,
            one.title,
            one.severity,
            one.why,
            one.decides,
            one.remedy.text,
            _FRONTEND if one.id in _OF_THE_FRONTEND else _BACKEND,
        )
        for one in CHECKLIST
    }


def _must_be_items(settings: Settings, items: Mapping[str, Item]) -> None:
    for one in settings.suppress:
        if one.item not in items:
            raise SettingsError(f"{settings.source}: there is no item {one.item}; the items are {', '.join(items)}.")


def _covers(suppression: Suppression, result: Result, today: date) -> bool:
    """Whether a fail is set aside: the item's, not expired, and shown in files of the pattern only."""
    if suppression.item != result.id or not isinstance(result.verdict, Failed) or _is_over(suppression, today):
        return False
    pattern = suppression.path
    return pattern is None or all(
        isinstance(one, Evidence) and fnmatchcase(one.path, pattern) for one in result.verdict.evidence
    )


def _is_over(suppression: Suppression, today: date) -> bool:
    return suppression.until is not None and today > suppression.until


def _unfitting(settings: Settings, results: Iterable[Result], today: date) -> Iterator[Note]:
    judged = tuple(results)
    for one in settings.suppress:
        told = f"{settings.source}: the suppression of {one.item}" + (f" in {one.path}" if one.path else "")
        if _is_over(one, today):
            yield Note(f"{told} ended on {one.until}; mend what it set aside, or decide again.")
        elif any(that.id == one.item for that in judged) and not any(_covers(one, that, today) for that in judged):
            yield Note(f"{told} sets nothing aside any more; delete it.")


def unread(tree: Tree) -> Iterator[Note]:
    """Files that speak of ChatKit and that could not be read whole, with why."""
    from chatkit_integrator.reading.unread import unread as find  # noqa: PLC0415 - heavy

    for one in find(tree):
        yield Note(one.text, one.place)


def _fixes(request: Request, tree: Tree, results: Iterable[Result]) -> Mapping[str, Fix]:
    """For each fail the edits that plan would make for it, where the item passes after them."""
    from chatkit_integrator.engine.planning import make_plan  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.engine.verifying import parses  # noqa: PLC0415
    from chatkit_integrator.toolkit.checking import check  # noqa: PLC0415
    from chatkit_integrator.toolkit.integrating import transforms_of  # noqa: PLC0415

    wanted = {one.remedy.only: one for one in results if isinstance(one.verdict, Failed) and one.remedy.only}
    fixes: dict[str, Fix] = {}
    try:
        found = inspect(request, tree) if wanted else None
    except IntegratorError:  # what cannot be planned has no fix; the remedy says what to do by hand
        return fixes
    if found is None:
        return fixes
    transforms = transforms_of(found.profile, found.questions)
    for only, one in wanted.items():
        chosen = tuple(that for that in transforms if only in that.checks)
        made = make_plan(tree, found.profile, chosen, found.questions, parses=parses)
        if not made.edits:
            continue
        after = check(
            request.path,
            backend=request.backend,
            frontend=request.frontend,
            tree=tree.with_edits(made.edits),
            select={one.id},
        )
        if all(isinstance(that.verdict, Passed) for that in after):
            fixes[one.id] = Fix("; ".join(step.summary for step in made.steps), made.edits)
    return fixes


def _kept(results: Iterable[Result], folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files that evidence names, none from outside the folder."""
    root = folder.resolve()
    for one in results:
        if not isinstance(one.verdict, (Passed, Failed)):
            continue
        for shown in one.verdict.evidence:
            if isinstance(shown, Observed) and shown.artifact:
                place = (root / shown.artifact).resolve()
                if place.is_relative_to(root) and place.is_file():
                    yield shown.artifact, place.read_bytes()
