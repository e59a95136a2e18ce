"""A plan holds what is certain; everything else is a refusal that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.engine.planning import make_plan
from chatkit_integrator.engine.verifying import parses
from chatkit_integrator.errors import BadRequestError, OutsideRootError, SyntaxRefusedError
from chatkit_integrator.model.edit import Content, Edit
from chatkit_integrator.model.plan import Plan, Refusal
from chatkit_integrator.model.profile import Contract, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Outcome, Question, Refused, Transform

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILE = Profile(None, None, Contract())
TREE = Tree.of({"a.py": "a = 1\n", "b.txt": "b\n"})
INSTALL = FollowUp("Install it.", "install")


def adding(line: str, path: str = "a.py", name: str = "t.add", needs: tuple[str, ...] = ()) -> Transform:
    """One that appends a line, once."""

    def plan(tree: Tree, _: Profile) -> Outcome:
        text = tree.text(path) if tree.has(path) else ""
        if line in text.splitlines():
            return AlreadyThere("there")
        return Edited((tree.edit(path, f"{text}{line}\n"),), f"adds {line}", (INSTALL,))

    return Transform(name, "adds", ("CK01",), plan, needs)


def answering(outcome: Callable[[Tree], Outcome], name: str = "t.other") -> Transform:
    return Transform(name, "", ("CK02", "CK03"), lambda tree, _: outcome(tree))


def planned(
    *transforms: Transform,
    questions: tuple[Question, ...] = (),
    only: frozenset[str] = frozenset(),
    check_place: Callable[[str], None] | None = None,
) -> Plan:
    return make_plan(TREE, PROFILE, transforms, questions, only=only, parses=parses, check_place=check_place)


def refused(plan: Plan) -> str:
    """The reason of the only refusal of a plan that does nothing."""
    [refusal] = plan.refusals
    assert plan.steps == ()
    assert plan.edits == ()
    return refusal.reason


@pytest.mark.parametrize("outcome", [AlreadyThere("it is"), NotNeeded("it is not"), Edited((), "nothing")])
def test_what_is_there_or_not_needed_is_no_step_and_no_refusal(outcome: Outcome) -> None:
    assert planned(answering(lambda _: outcome)) == Plan(())


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    assert planned(answering(lambda tree: Edited((tree.edit("a.py", "a = 1\n"),), "same"))) == Plan(())


def test_what_a_transform_refuses_is_kept_with_its_patch_and_items() -> None:
    plan = planned(answering(lambda _: Refused("two of them", "--- by hand")))
    assert plan.refusals == (Refusal("t.other", "two of them", "--- by hand", ("CK02", "CK03")),)


def test_an_open_question_blocks_what_needs_it_and_nothing_else() -> None:
    open_question = Question("identity", "Who speaks?", "not said", ("bearer", "guest"))
    free = Question("cookie", "Which cookie?", "several")
    plan = planned(
        adding("x = 1", needs=("cookie",)),
        adding("y = 1", name="t.second", needs=("settled", "identity")),
        adding("z = 1", name="t.third"),
        questions=(open_question, free),
    )
    assert [step.transform for step in plan.steps] == ["t.third"]
    assert [refusal.reason for refusal in plan.refusals] == [
        "it waits for an answer: --answer cookie=TEXT (Which cookie?)",
        "it waits for an answer: --answer identity=bearer|guest (Who speaks?)",
    ]
    assert plan.questions == (open_question, free)


def test_an_edit_that_does_not_parse_is_left_out_and_later_steps_are_planned_without_it() -> None:
    plan = planned(adding("def ("), adding("x = 1", name="t.next"))
    assert [refusal.transform for refusal in plan.refusals] == ["t.add"]
    assert "a.py" in plan.refusals[0].reason
    [edit] = plan.edits
    assert edit.after == Content(b"a = 1\nx = 1\n")


def test_an_edit_that_is_not_found_again_is_left_out() -> None:
    assert "could not be confirmed" in refused(
        planned(answering(lambda tree: Edited((tree.edit("a.py", tree.text("a.py") + "x = 1\n"),), "again")))
    )


def test_a_transform_that_thinks_itself_not_needed_after_its_own_edit_is_left_out() -> None:
    def plan(tree: Tree) -> Outcome:
        return NotNeeded("x") if "x" in tree.text("a.py") else Edited((tree.edit("a.py", "x = 1\n"),), "once")

    assert "could not be confirmed" in refused(planned(answering(plan)))


def test_an_edit_of_what_the_file_does_not_read_is_left_out() -> None:
    def plan(tree: Tree) -> Outcome:
        done = tree.text("a.py") == "b = 1\n"
        return AlreadyThere("") if done else Edited((Edit("a.py", Content(b"other"), Content(b"b = 1\n")),), "blind")

    assert "could not be confirmed" in refused(planned(answering(plan)))


def test_a_file_that_cannot_be_understood_is_a_refusal_with_its_sentence() -> None:
    tree = Tree.of({"a.py": b"\xff", "b.py": "b = 1\n"})
    plan = make_plan(tree, PROFILE, (adding("x = 1"), adding("x = 1", "b.py", "t.b")), (), parses=parses)
    assert [(one.transform, "a.py is not UTF-8" in one.reason) for one in plan.refusals] == [("t.add", True)]
    assert [step.transform for step in plan.steps] == ["t.b"]

    def strange(_: Tree) -> Outcome:
        raise SyntaxRefusedError("b.py has a shape in which nothing can be placed.")

    assert refused(planned(answering(strange))) == "b.py has a shape in which nothing can be placed."


def test_a_place_that_could_not_be_written_later_is_refused_now() -> None:
    def check(path: str) -> None:
        if path == "a.py":
            raise OutsideRootError("a.py goes through a symbolic link.")

    plan = planned(adding("x = 1"), adding("x", "b.txt", "t.b"), check_place=check)
    assert [refusal.reason for refusal in plan.refusals] == ["a.py goes through a symbolic link."]
    assert [step.transform for step in plan.steps] == ["t.b"]


def test_each_step_is_planned_on_what_the_steps_before_lead_to() -> None:
    plan = planned(adding("x = 1"), adding("y = 1", name="t.y"), adding("x = 1", name="t.again"), adding("new", "c.txt", "t.c"))
    assert [(step.transform, step.summary, step.paths) for step in plan.steps] == [
        ("t.add", "adds x = 1", ("a.py",)),
        ("t.y", "adds y = 1", ("a.py",)),
        ("t.c", "adds new", ("c.txt",)),
    ]
    assert plan.edits == (
        Edit("a.py", Content(b"a = 1\n"), Content(b"a = 1\nx = 1\ny = 1\n")),
        Edit("c.txt", None, Content(b"new\n")),
    )
    assert plan.follow_ups == (INSTALL,)
    assert plan.refusals == ()


def test_one_command_takes_the_files_of_every_step_that_leaves_it_to_a_person() -> None:
    def leaving(text: str, *files: str) -> Callable[[Tree], Outcome]:
        def outcome(tree: Tree) -> Outcome:
            made = tree.edit(f"{files[0]}.txt", "new\n")
            there = tree.has(made.path)
            left = FollowUp(text, "tidy {files} && look {files}", files)
            return AlreadyThere("there") if there else Edited((made,), "", (left, INSTALL))

        return outcome

    plan = planned(
        answering(leaving("Tidy.", "one", "two words"), "t.one"),
        answering(leaving("Look.", "other"), "t.other"),
        answering(leaving("Tidy.", "three", "one"), "t.three"),
    )

    assert [(one.text, one.line) for one in plan.follow_ups] == [
        ("Tidy.", "tidy one 'two words' three && look one 'two words' three"),
        ("Install it.", "install"),
        ("Look.", "tidy other && look other"),
    ]


def test_the_tree_that_was_given_is_not_changed() -> None:
    assert planned(adding("x = 1")).edits
    assert TREE.text("a.py") == "a = 1\n"


def test_the_same_plan_has_the_same_id_and_another_has_another() -> None:
    assert planned(adding("x = 1")).id == planned(adding("x = 1", name="t.else")).id
    assert planned(adding("x = 1")).id != planned(adding("y = 1")).id


@pytest.mark.parametrize(
    ("only", "steps"), [("t.add", ["t.add"]), ("CK01", ["t.add", "t.b"]), ("t.b", ["t.b"]), ("CK02", []), ("CK03", [])]
)
def test_only_selects_by_transform_or_by_checklist_item(only: str, steps: list[str]) -> None:
    plan = planned(adding("x = 1"), adding("x", "b.txt", "t.b"), answering(lambda _: AlreadyThere("")), only=frozenset({only}))
    assert [step.transform for step in plan.steps] == steps


def test_a_name_that_nothing_bears_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadRequestError, match=r"name of CK99, t\.x; --only takes CK01, t\.add\.$"):
        planned(adding("x = 1"), only=frozenset({"CK99", "t.x", "CK01"}))
