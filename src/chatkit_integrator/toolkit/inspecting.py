"""The verb ``inspect``: which folders, what is in them, what both sides agree on, what is left to ask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError, NothingSupportedError, UnknownAnswerError
from chatkit_integrator.model.inspection import Inspection
from chatkit_integrator.model.profile import Backend, Frontend, Profile
from chatkit_integrator.model.unit import Candidate, Framework, Inspected, Question
from chatkit_integrator.toolkit.settling import IDENTITY_BLOCKS, settle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chatkit_integrator.engine.repository import Repository
    from chatkit_integrator.model.tree import Tree

STATE_FOLDER = ".chatkit-integrator"
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of which repository. ``backend`` and ``frontend`` choose among several candidates."""

    path: Path
    backend: str | None = None
    frontend: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    accept_suggestions: bool = False
    only: frozenset[str] = frozenset()


def frameworks() -> tuple[Framework, ...]:
    """Every framework that is known, backends first; a folder's first match wins."""
    from chatkit_integrator.frameworks import other_frontends  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.frameworks.fastapi.framework import FRAMEWORK as FASTAPI  # noqa: PLC0415
    from chatkit_integrator.frameworks.nextjs.framework import FRAMEWORK as NEXTJS  # noqa: PLC0415

    return (FASTAPI, NEXTJS, *other_frontends.FRAMEWORKS)


def repository(path: Path) -> Repository:
    """Open the repository at ``path``; ``NotARepositoryError`` where that is no directory."""
    from chatkit_integrator.engine.repository import Repository  # noqa: PLC0415 - not needed to start a server

    return Repository(path, STATE_FOLDER)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side as found: the framework and folder chosen, or the question which to choose."""

    name: str
    chosen: tuple[Framework, str] | None
    question: Question | None


def with_settings(request: Request, tree: Tree) -> Request:
    """What is wanted, completed by what the repository sets; what was given goes before it."""
    from chatkit_integrator.reading.settings import read_settings  # noqa: PLC0415 - not needed to start a server

    settings = read_settings(tree)
    return replace(
        request,
        backend=request.backend or settings.backend,
        frontend=request.frontend or settings.frontend,
        answers={**settings.answers, **request.answers},
    )


def inspect(request: Request, tree: Tree | None = None) -> Inspection:
    """Establish what is there. Reads only; runs nothing of the repository.

    Raises ``UnknownAnswerError`` for an answer to a question that this repository does not raise.
    """
    from chatkit_integrator.reading.risks import risks  # noqa: PLC0415 - not needed to start a server

    tree = tree or repository(request.path).tree()
    request = with_settings(request, tree)
    sides = (_choose(tree, "backend", request.backend), _choose(tree, "frontend", request.frontend))
    choosing = tuple(side.question for side in sides if side.question)
    asked = {one.id for one in choosing}
    first = _look(tree, sides, {}, asked)
    found = _look(tree, sides, request.answers, asked) if request.answers else first
    for _ in range(_ROUNDS):
        accepted = {one.id: one.suggested for one in found.questions if one.suggested is not None}
        if not request.accept_suggestions or not accepted:
            break
        found = _look(tree, sides, {**found.answers, **accepted}, asked)
    strange = sorted(set(request.answers) - asked - _ALWAYS)
    if strange:
        raise UnknownAnswerError(
            f"There is no question {strange[0]!r} here; the questions are {', '.join(sorted(asked | _ALWAYS))}."
        )
    return replace(found, questions=(*choosing, *found.questions), risks=risks(tree, found.profile))


_ALWAYS = frozenset({"identity", "auth.cookie", "sign_in_path", "attachments"})
"""Facts that may be given even where detection has settled them, a person knows better; and what is on only when asked for."""


def _look(tree: Tree, sides: tuple[_Side, ...], answers: Mapping[str, str], asked: set[str]) -> Inspection:
    """What is there after the answers; every question that may be answered here is added to ``asked``, settled or not."""
    found: dict[str, Inspected] = {}
    for side in sides:
        if side.chosen:
            found[side.name] = _look_at(tree, *side.chosen, answers, asked)
    written = {key: value for name in sorted(found, reverse=True) for key, value in found[name].settled.items()}
    backend = found["backend"].profile if "backend" in found else None
    frontend = found["frontend"].profile if "frontend" in found else None
    backend = backend if isinstance(backend, Backend) else None
    frontend = frontend if isinstance(frontend, Frontend) else None
    contract, settling = settle(backend, frontend, answers, written)
    open_questions = {one.id: one for part in found.values() for one in part.questions}
    open_questions.update({one.id: one for one in settling if one.id not in open_questions})
    asked |= set(open_questions)
    if contract.identity not in {None, "bearer"}:
        open_questions.pop("auth.dependency", None)
    elif "auth.dependency" in open_questions:
        open_questions["auth.dependency"] = replace(open_questions["auth.dependency"], blocks=IDENTITY_BLOCKS)
    return Inspection(
        profile=Profile(backend, frontend, contract, dict(answers)),
        questions=tuple(one for one in open_questions.values() if one.id not in answers and one.id not in written),
        evidence={f"{name}.{fact}": places for name, part in found.items() for fact, places in part.evidence.items()},
        answers=dict(answers),
    )


def _look_at(tree: Tree, framework: Framework, root: str, answers: Mapping[str, str], asked: set[str]) -> Inspected:
    """One side, where what is written there answers what would be asked, as far as it still is one of the choices."""
    found = framework.inspect(tree, root, answers)
    asked |= {one.id for one in found.questions}
    written = ((one, found.settled.get(one.id)) for one in found.questions)
    fitting = {one.id: value for one, value in written if value and value in (one.choices or (value,))}
    return framework.inspect(tree, root, {**fitting, **answers}) if fitting else found


def _choose(tree: Tree, side: str, wanted: str | None) -> _Side:
    known = [one for one in frameworks() if one.side == side]
    if wanted is not None:
        return _Side(side, (_named(tree, known, side, wanted.strip("/") or "."), wanted.strip("/") or "."), None)
    found: dict[str, tuple[Framework, Candidate]] = {}
    for framework in known:
        for candidate in framework.candidates(tree):
            found.setdefault(candidate.root, (framework, candidate))
        if found and framework.transforms:
            break
    integrated = {root: one for root, one in found.items() if one[1].integrated}
    if len(chosen := integrated if len(integrated) == 1 else found) == 1:
        [(root, (framework, _))] = chosen.items()
        return _Side(side, (framework, root), None)
    if not found:
        return _Side(side, None, None)
    return _Side(
        side,
        None,
        Question(
            id=side,
            ask=f"Which folder is the {side} that gets the chat?",
            why="Several were found: " + "; ".join(f"{root} ({one.what})" for root, (_, one) in found.items()),
            choices=tuple(sorted(found)),
            blocks=(f"{side}.*",),
        ),
    )


def _named(tree: Tree, known: list[Framework], side: str, root: str) -> Framework:
    """The framework of a folder that was named: one that is exactly there, else one above or below it."""
    found = [(framework, candidate.root) for framework in known for candidate in framework.candidates(tree)]
    exact = [framework for framework, place in found if place == root]
    near = [framework for framework, place in found if _inside(place, root) or _inside(root, place)]
    if exact or near:
        return (exact or near)[0]
    for framework in known:
        try:
            framework.inspect(tree, root, {})
        except NothingSupportedError:
            continue
        return framework
    if next(tree.under(root), None) is None:
        raise BadRequestError(f"--{side} {root}: no such folder in the repository; give one relative to its root.")
    raise NothingSupportedError(
        f"--{side} {root}: no supported {side} in that folder; supported are "
        f"{', '.join(one.id for one in known if one.transforms)}."
    )


def _inside(inner: str, outer: str) -> bool:
    return outer == "." or inner.startswith(outer + "/")
