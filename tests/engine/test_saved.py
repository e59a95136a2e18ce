"""Plans that were shown are found again, by the program that made them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.engine import saved
from chatkit_integrator.errors import ForeignPlanError, NotWritableError, UnknownPlanError
from chatkit_integrator.model.edit import Content, Edit
from chatkit_integrator.model.plan import Plan, Step

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"answers": {"identity": "guest"}, "only": ["CK01"], "backend": None}


def plan(text: str = "new\n") -> Plan:
    edits = (Edit("a.txt", Content(b"old\n"), Content(text.encode())), Edit("ü.txt", None, Content(b"")))
    return Plan((Step("t", "does", edits),))


@pytest.mark.parametrize("plan_id", ["0" * 12, "", "../../etc/passwd", "a/b"])
def test_a_plan_that_was_never_shown_is_unknown(tmp_path: Path, plan_id: str) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UnknownPlanError, match="make one with plan"):
        saved.load(tmp_path, plan_id, "1", directory=tmp_path / "kept")


def test_a_plan_of_another_repository_is_unknown(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    saved.save(tmp_path / "one", plan(), INPUTS, "1", directory=tmp_path / "kept")
    with pytest.raises(UnknownPlanError):
        saved.load(tmp_path / "other", plan().id, "1", directory=tmp_path / "kept")


def test_a_plan_that_another_version_made_is_refused(tmp_path: Path) -> None:
    saved.save(tmp_path, plan(), INPUTS, "1", directory=tmp_path / "kept")
    with pytest.raises(ForeignPlanError, match="made by version 1 and this is 2"):
        saved.load(tmp_path, plan().id, "2", directory=tmp_path / "kept")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": "1"}', "\xff"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    saved.save(tmp_path, plan(), INPUTS, "1", directory=tmp_path / "kept").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnknownPlanError):
        saved.load(tmp_path, plan().id, "1", directory=tmp_path / "kept")


def test_what_went_in_comes_out_with_the_patch_beside_it(tmp_path: Path) -> None:
    place = saved.save(tmp_path, plan(), INPUTS, "1", directory=tmp_path / "kept")
    assert saved.load(tmp_path, plan().id, "1", directory=tmp_path / "kept") == saved.Saved(
        INPUTS, "1", {"a.txt": Content(b"old\n").digest, "ü.txt": None}
    )
    assert place.name == f"{plan().id}.json"
    assert "-old\n+new\n" in place.with_suffix(".patch").read_text()


def test_a_repository_is_known_by_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    saved.save(tmp_path / "real", plan(), INPUTS, "1", directory=tmp_path / "kept")
    assert saved.load(tmp_path / "link", plan().id, "1", directory=tmp_path / "kept").inputs == INPUTS


def test_plans_go_to_the_person_s_cache_and_never_into_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "repository").mkdir()
    place = saved.save(tmp_path / "repository", plan(), INPUTS, "1")
    assert place.is_relative_to(tmp_path / "cache" / "chatkit-integrator")
    assert not list((tmp_path / "repository").iterdir())


def test_the_newest_fifty_of_a_repository_are_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for number in range(51):
        place = saved.save(tmp_path, plan(f"{number}\n"), INPUTS, "1", directory=kept)
        os.utime(place, (number, number))
    saved.save(tmp_path, plan("0\n"), INPUTS, "1", directory=kept)
    saved.save(tmp_path, plan("last\n"), INPUTS, "1", directory=kept)
    for text in ("0\n", "last\n", "50\n"):
        assert saved.load(tmp_path, plan(text).id, "1", directory=kept)
    for text in ("1\n", "2\n"):
        with pytest.raises(UnknownPlanError):
            saved.load(tmp_path, plan(text).id, "1", directory=kept)
    assert len(list(kept.rglob("*.json"))) == len(list(kept.rglob("*.patch"))) == 50


def test_a_cache_that_cannot_be_written_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(NotWritableError, match="XDG_CACHE_HOME"):
        saved.save(tmp_path, plan(), INPUTS, "1", directory=tmp_path / "kept")


def test_inputs_are_kept_as_json(tmp_path: Path) -> None:
    place = saved.save(tmp_path, plan(), INPUTS, "1", directory=tmp_path / "kept")
    assert json.loads(place.read_bytes())["inputs"] == INPUTS
