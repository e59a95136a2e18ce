"""Good integrations, broken in one place each, and good ones written differently: ``poe mutants`` prints the table.

A mutant or variant is data, in ``mutations/<item>.toml``: a ``base`` that passes the item, and ``changes`` of it as file, text
that is there once, text instead (an empty text appends, ``*`` writes the file anew, ``-`` takes it away). A mutant is killed
where the item's verdict is ``fail``, or the ``verdict`` that the checklist asks for. What is ``open`` is judged wrongly today
and says how; once it is judged right the test fails until that line is gone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.checks import CHECKLIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judging import Changes, Repository, Written

HERE = Path(__file__).parent / "mutations"
BASES = ("shop", "atelier", "ledger")


def cases() -> Iterator[Any]:
    for file in sorted(HERE.glob("*.toml")):
        item, given = file.stem.upper(), tomllib.loads(file.read_text())
        if item not in {one.id for one in CHECKLIST}:
            continue
        for kind in ("mutant", "variant"):
            for case in given.get(kind, []):
                yield pytest.param(item, kind, case, id=f"{item} {kind}: {case['name']} ({case['base']})")


@pytest.fixture(scope="session")
def bases(integrated: Repository, written: Written) -> dict[str, Repository]:
    return {"shop": integrated, "atelier": written("atelier"), "ledger": written("ledger")}


def changes(case: dict[str, Any]) -> Changes:
    """The changes of a case by file."""
    found: dict[str, list[tuple[str, str]] | None] = {}
    for path, before, after in case.get("changes", []):
        if before == "-":
            found[path] = None
        else:
            found[path] = [*(found.get(path) or []), (before, after)]
    return found


@pytest.mark.parametrize(("item", "kind", "case"), list(cases()))
def test_what_is_broken_fails_and_what_is_only_written_differently_does_not(
    bases: dict[str, Repository], item: str, kind: str, case: dict[str, Any], record_property: Any
) -> None:
    record_property("mutation", (item, kind))
    base = bases[case["base"]]
    if kind == "mutant":
        assert base.word(item) == "pass", "the base does not pass, so nothing can be broken in it"
    made = base.with_(changes(case)) if case.get("changes") else base
    assert made.word(item) == case.get("verdict", "fail" if kind == "mutant" else "pass"), made.verdict(item)


def test_every_item_has_six_mutants_and_three_variants_besides_the_bases_or_with_them() -> None:
    for file in HERE.glob("*.toml"):
        given = tomllib.loads(file.read_text())
        assert len(given["mutant"]) >= 6, file.stem
        assert len(given["variant"]) + len(BASES) - 1 >= 3, file.stem
        assert len({case["name"] for case in (*given["mutant"], *given["variant"])}) == len(given["mutant"]) + len(
            given["variant"]
        )
