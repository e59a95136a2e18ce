"""From transforms to a plan: each on the tree that those before it led to, each held to its word.

A step is kept only where its post-condition can be read from the new text: every edited file still parses, and the transform,
asked again, finds what it makes already there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError, UnreadableError, WriteError
from chatkit_integrator.model.edit import net
from chatkit_integrator.model.plan import Plan, Refusal, Step
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Question, Transform

_UNCONFIRMED = "the edit could not be confirmed in the text that it leads to, so it is left out; make it by hand."


def make_plan(
    tree: Tree,
    profile: Profile,
    transforms: Iterable[Transform],
    questions: Iterable[Question],
    *,
    only: frozenset[str] = frozenset(),
    parses: Callable[[str, str], None],
    check_place: Callable[[str], None] | None = None,
) -> Plan:
    """Plan without writing. ``only`` selects by transform id or checklist item; empty selects all.

    ``parses(path, text)`` raises ``SyntaxRefusedError`` where ``text`` is no valid file of its kind; ``check_place(path)``
    raises a ``WriteError`` where a file of that path could not be written later. Both become refusals. A name in ``only``
    that nothing here bears raises ``BadRequestError``.
    """
    known = tuple(transforms)
    _must_be_known(only, known)
    asked = {one.id: one for one in questions}
    steps: list[Step] = []
    refusals: list[Refusal] = []
    follow_ups: list[FollowUp] = []
    for transform in known:
        if only and transform.id not in only and not only.intersection(transform.checks):
            continue
        waits = next((asked[name] for name in transform.needs if name in asked), None)
        try:
            outcome = _waiting(waits) if waits else _try(transform, tree, profile, parses, check_place)
        except (UnreadableError, WriteError) as error:
            outcome = Refused(str(error))
        if isinstance(outcome, Refused):
            refusals.append(Refusal(transform.id, outcome.reason, outcome.patch, transform.checks))
        elif outcome is not None:
            tree = tree.with_edits(outcome.edits)
            steps.append(Step(transform.id, outcome.summary, outcome.edits))
            follow_ups += outcome.follow_ups
    return Plan(tuple(steps), tuple(refusals), tuple(asked.values()), _each_once(follow_ups))


def _each_once(follow_ups: Iterable[FollowUp]) -> tuple[FollowUp, ...]:
    """What is left to do, with the files of every transform that leaves the same."""
    found: dict[tuple[str, str | None], FollowUp] = {}
    for one in follow_ups:
        before = found.get((one.text, one.command), one)
        found[one.text, one.command] = replace(one, files=tuple(dict.fromkeys((*before.files, *one.files))))
    return tuple(found.values())


def _must_be_known(only: frozenset[str], transforms: Iterable[Transform]) -> None:
    by_name: Mapping[str, tuple[str, ...]] = {one.id: one.checks for one in transforms}
    items = {item for checks in by_name.values() for item in checks}
    strange = sorted(only - set(by_name) - items)
    if strange:
        raise BadRequestError(
            f"Nothing here is done by the name of {', '.join(strange)}; --only takes {', '.join((*sorted(items), *by_name))}."
        )


def _waiting(question: Question) -> Refused:
    choices = "|".join(question.choices) or "TEXT"
    return Refused(f"it waits for an answer: --answer {question.id}={choices} ({question.ask})")


def _try(
    transform: Transform,
    tree: Tree,
    profile: Profile,
    parses: Callable[[str, str], None],
    check_place: Callable[[str], None] | None,
) -> Edited | Refused | None:
    """What a transform does, with net edits, once that is certain; ``None`` where there is nothing to do."""
    outcome = transform.plan(tree, profile)
    if isinstance(outcome, Refused):
        return outcome
    edits: tuple[Edit, ...] = net(outcome.edits) if isinstance(outcome, Edited) else ()
    if not edits or not isinstance(outcome, Edited):
        return None
    if any(tree.read(edit.path) != edit.before for edit in edits):
        return Refused(_UNCONFIRMED)
    after = tree.with_edits(edits)
    for edit in edits:
        if check_place is not None:
            check_place(edit.path)
        if edit.after is not None:
            parses(edit.path, after.text(edit.path))
    if not isinstance(transform.plan(after, profile), AlreadyThere):
        return Refused(_UNCONFIRMED)
    return Edited(edits, outcome.summary, outcome.follow_ups)
