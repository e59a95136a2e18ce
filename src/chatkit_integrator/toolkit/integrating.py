"""The verbs ``plan``, ``apply`` and ``undo``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator import __version__
from chatkit_integrator.errors import (
    BadRequestError,
    DependencyConflictError,
    ExistingIntegrationError,
    NothingSupportedError,
    StalePlanError,
    UnknownPlanError,
)
from chatkit_integrator.toolkit.inspecting import Request, frameworks, inspect, repository, with_settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chatkit_integrator.model.inspection import Inspection
    from chatkit_integrator.model.plan import Plan
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import FollowUp, Location, Question, Transform


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what it was made from, and where its patch was put (outside the repository)."""

    plan: Plan
    inspection: Inspection
    patch: str
    patch_path: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written."""

    plan_id: str
    written: tuple[str, ...]
    deleted: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]


def plan(request: Request) -> Planned:
    """Say what would be done. Nothing of the repository is written or run.

    Raises ``NothingSupportedError``, ``ExistingIntegrationError``, ``DependencyConflictError``, and ``BadRequestError``
    where several candidates leave open which folder is meant.
    """
    from chatkit_integrator.engine import planning, preview, saved  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.engine.verifying import parses  # noqa: PLC0415

    tree = repository(request.path).tree()
    request = with_settings(request, tree)
    found = inspect(request, tree)
    _must_be_settled(found)
    if not request.only:
        _must_be_installable(found.profile, tree)
    made = planning.make_plan(
        tree, found.profile, transforms_of(found.profile, found.questions), found.questions, only=request.only, parses=parses
    )
    _must_be_ours(request, found, made, tree)
    patch = preview.patch(made.edits)
    inputs = {
        "backend": request.backend,
        "frontend": request.frontend,
        "answers": dict(found.answers),
        "only": sorted(request.only),
    }
    place = saved.save(request.path, made, inputs, __version__)
    return Planned(made, found, patch, place.with_suffix(".patch"))


def apply(request: Request, plan_id: str | None = None, *, allow_dirty: bool = False) -> Applied:
    """Write a plan to the repository, all of it or nothing.

    With ``plan_id`` the plan that was shown is made again from what it was made from and has to come out the same:
    ``StalePlanError`` where the repository has changed since, ``UnknownPlanError`` where there was no such plan.
    """
    from chatkit_integrator.engine.journal import Journal  # noqa: PLC0415 - not needed to start a server

    opened = repository(request.path)
    journal = Journal(opened)
    journal.recover()
    planned = plan(request if plan_id is None else _as_shown(request, plan_id))
    if plan_id is not None and planned.plan.id != plan_id:
        raise StalePlanError(
            f"The repository has changed since plan {plan_id} was shown (it would be {planned.plan.id} now); "
            "plan again and look at the new diff."
        )
    if not planned.plan.edits:
        return Applied(planned.plan.id, (), (), planned.plan.follow_ups)
    done = journal.apply(planned.plan.id, planned.plan.edits, allow_dirty=allow_dirty, version=__version__)
    return Applied(planned.plan.id, done.written, done.deleted, planned.plan.follow_ups)


def undo(path: Path, plan_id: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Take an applied plan back, byte for byte; the last one without ``plan_id``. Gives its id and the files restored."""
    from chatkit_integrator.engine.journal import Journal  # noqa: PLC0415 - not needed to start a server

    opened = repository(path)
    from chatkit_integrator.model.plan import NOTHING  # noqa: PLC0415 - with the engine

    if plan_id == NOTHING:
        return NOTHING, ()
    undone = Journal(opened).undo(plan_id)
    return undone.plan_id, undone.restored


def _as_shown(request: Request, plan_id: str) -> Request:
    from chatkit_integrator.engine import saved  # noqa: PLC0415 - not needed to start a server

    try:
        shown = saved.load(request.path, plan_id, __version__)
    except UnknownPlanError:
        if request.answers or request.accept_suggestions:
            return request
        raise
    inputs = shown.inputs
    return replace(
        request,
        backend=inputs["backend"],
        frontend=inputs["frontend"],
        answers=inputs["answers"],
        only=frozenset(inputs["only"]),
        accept_suggestions=False,
    )


def transforms_of(profile: Profile, questions: Iterable[Question]) -> tuple[Transform, ...]:
    """Those of the frameworks that are there, each needing also what the open questions say they block."""
    asked = tuple(questions)
    present = {side.framework for side in (profile.backend, profile.frontend) if side is not None}
    chosen: list[Transform] = []
    for framework in frameworks():
        if framework.id in present:
            for one in framework.transforms:
                waits = tuple(q.id for q in asked if one.id in q.blocks and q.id not in one.needs)
                chosen.append(replace(one, needs=(*one.needs, *waits)))
    return tuple(chosen)


def _must_be_settled(found: Inspection) -> None:
    for one in found.questions:
        if one.id in {"backend", "frontend"}:
            raise BadRequestError(f"{one.why}; choose with --{one.id} DIR, one of: {', '.join(one.choices)}.")
    profile = found.profile
    supported = {one.id for one in frameworks() if one.transforms}
    sides = [side.framework for side in (profile.backend, profile.frontend) if side is not None]
    if not any(one in supported for one in sides):
        what = f"Found {' and '.join(sides)}, which this version does not integrate" if sides else "Found no supported app"
        raise NothingSupportedError(
            f"{what}; supported are {', '.join(sorted(supported))}. If it is in another folder, name it with --backend "
            "or --frontend."
        )


def _must_be_installable(profile: Profile, tree: Tree) -> None:
    """Name the pin that is in the way before anything is planned."""
    backend, frontend = _backend_pins(profile, tree), _frontend_pins(profile, tree)
    if backend or frontend:
        or_else = ", or run the chat as a small service of its own that trusts the same tokens" if backend else ""
        raise DependencyConflictError(
            f"ChatKit cannot be installed beside what is pinned: {'; '.join([*backend, *frontend])}. Raise the pin{or_else}."
        )


def _backend_pins(profile: Profile, tree: Tree) -> list[str]:
    if profile.backend is None or profile.backend.framework != "fastapi":
        return []
    from chatkit_integrator.reading.floors import conflicts, python_in_the_way  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.reading.manifests import declared  # noqa: PLC0415

    backend = profile.backend
    found = conflicts(declared(tree, backend.dependencies.manifests))
    python = python_in_the_way(backend.requires_python, backend.dependencies.manager)
    asked = f"{backend.dependencies.path} asks for Python {backend.requires_python}"
    admitted = [f"{asked}, but {python[0]} is asked for by {python[1]}"] if python else []
    return admitted + [f"{one.manifest} has {one.requirement}, but {one.needs} is asked for by {one.by}" for one in found]


def _frontend_pins(profile: Profile, tree: Tree) -> list[str]:
    if profile.frontend is None or profile.frontend.framework != "nextjs":
        return []
    from chatkit_integrator.frameworks.nextjs.floors import in_the_way  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.frameworks.nextjs.transforms.dependencies import PACKAGE, declared  # noqa: PLC0415
    from chatkit_integrator.syntax import jsonc  # noqa: PLC0415

    path = profile.frontend.manifest
    packages = declared(jsonc.load(tree.text(path), path))
    found = () if PACKAGE in packages else in_the_way(tree, profile.frontend, packages)
    return [f"{path} has {one.declared}, but {one.needs} is asked for by {one.by}" for one in found]


def _must_be_ours(request: Request, found: Inspection, made: Plan, tree: Tree) -> None:
    """An integration that somebody made is adopted: changed only where one item is asked for by name, and nothing is asked.

    The script in a root layout alone is none, and may be ours.
    """
    if request.only or not (made.edits or found.questions):
        return
    profile = found.profile
    foreign = [place for side in (profile.backend, profile.frontend) if side for place in side.integration]
    layouts = {one.path for one in profile.frontend.layouts} if profile.frontend else set[str]()
    foreign = [one for one in foreign if not (_is_ours(one) or (one.path in layouts and _loads_script(tree, one)))]
    if foreign:
        first = foreign[0]
        raise ExistingIntegrationError(
            f"There is a ChatKit integration already ({first.path}:{first.line}); it is left as it is. Judge it with "
            "check, and change one item of it with plan --only ID."
        )


def _loads_script(tree: Tree, place: Location) -> bool:
    from chatkit_integrator.reading.existing import SCRIPT  # noqa: PLC0415 - not needed to start a server

    return SCRIPT in tree.text(place.path).splitlines()[place.line - 1]


def _is_ours(place: Location) -> bool:
    parts = place.path.split("/")
    return "chatkit_backend" in parts or "_chatkit" in parts or place.path.endswith(_PROXY_FILES)


_PROXY_FILES = ("api/chatkit/route.ts", "api/chatkit/route.js")
