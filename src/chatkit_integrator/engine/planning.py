"""From transforms to a plan: each on the tree that those before it led to, each held to its word.

A step is kept only where its post-condition can be read from the new text: every edited file still parses, and the transform,
asked again, finds what it makes already there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnreadableError
from chatkit_integrator.model.edit import net
from chatkit_integrator.model.plan import Plan, Refusal, Step
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Question, Transform


def make_plan(
    tree: Tree,
    profile: Profile,
    transforms: Iterable[Transform],
    questions: Iterable[Question],
    *,
    only: frozenset[str] = frozenset(),
    parses: Callable[[str, str], None],
) -> Plan:
    """Plan without writing. ``only`` selects by transform id or checklist item; empty selects all.

    ``parses(path, text)`` raises ``SyntaxRefusedError`` where ``text`` is no valid file of its kind.
    """
    asked = {one.id: one for one in questions}
    steps: list[Step] = []
    refusals: list[Refusal] = []
    follow_ups: list[FollowUp] = []
    for transform in transforms:
        if only and transform.id not in only and not only.intersection(transform.checks):
            continue
        outcome = _try(transform, tree, profile, asked, parses)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        elif outcome is not None:
            step, left = outcome
            tree = tree.with_edits(step.edits)
            steps.append(step)
            follow_ups += [one for one in left if one not in follow_ups]
    return Plan(tuple(steps), tuple(refusals), tuple(asked.values()), tuple(follow_ups))


def _try(
    transform: Transform,
    tree: Tree,
    profile: Profile,
    asked: Mapping[str, Question],
    parses: Callable[[str, str], None],
) -> Refusal | tuple[Step, tuple[FollowUp, ...]] | None:
    def refuse(reason: str, patch: str = "") -> Refusal:
        return Refusal(transform.id, reason, patch, transform.checks)

    for name in transform.needs:
        if name in asked:
            choices = "|".join(asked[name].choices) or "TEXT"
            return refuse(f"it waits for an answer: --answer {name}={choices} ({asked[name].ask})")
    try:
        outcome = transform.plan(tree, profile)
        if isinstance(outcome, Refused):
            return refuse(outcome.reason, outcome.patch)
        if not isinstance(outcome, Edited):
            return None
        edits = net(outcome.edits)
        if not edits:
            return None
        after = tree.with_edits(edits)
        for edit in edits:
            if edit.after is not None:
                parses(edit.path, after.text(edit.path))
        again = transform.plan(after, profile)
    except UnreadableError as error:
        return refuse(str(error))
    if not isinstance(again, AlreadyThere):
        return refuse("the edit could not be confirmed in the text that it leads to, so it is left out; make it by hand.")
    return Step(transform.id, outcome.summary, edits), outcome.follow_ups
