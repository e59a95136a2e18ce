"""A kill between any two effects leaves all or nothing; and what has to be durable is so in time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("journal_crashes.py")


def carried_out(scenario: str, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    done = subprocess.run([sys.executable, str(SCRIPT), scenario, str(folder)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["apply", "undo", "recovery of apply", "recovery of undo"])
def test_a_kill_before_and_after_every_effect_leaves_all_or_nothing(scenario: str, tmp_path: Path) -> None:
    seen = carried_out(scenario, tmp_path / "bench")
    assert seen["wrong"] == []
    assert len(seen["effects"]) > 50
    assert sum(seen["outcomes"].values()) > len(seen["effects"])
    assert seen["outcomes"]["nothing"] > 0
    if scenario != "recovery of apply":
        assert seen["outcomes"]["all"] > 0


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, PurePosixPath]]:
    """Each effect of one apply, with the path that it is on, relative to the repository."""
    folder = tmp_path_factory.mktemp("order") / "bench"
    root = folder / "work"
    listed = [(name, PurePosixPath(path)) for name, path in carried_out("effects of apply", folder)["effects"]]
    return [(name, path.relative_to(root)) for name, path in listed if path.is_relative_to(root)]


def test_every_write_is_on_disk_before_it_is_renamed_into_place(effects: list[tuple[str, PurePosixPath]]) -> None:
    pending: set[PurePosixPath] = set()
    for name, path in effects:
        if name in {"write", "fchmod"}:
            pending.add(path)
        elif name == "fsync":
            pending.discard(path)
        elif name == "replace":
            assert not pending, f"{path} is put in place before {pending} are durable"
    assert not pending


def test_every_change_to_a_folder_is_made_durable_at_once(effects: list[tuple[str, PurePosixPath]]) -> None:
    changes = [(number, path) for number, (name, path) in enumerate(effects) if name in {"replace", "unlink", "mkdir"}]
    made = [(number, path) for number, path in changes if path.parts[0] != ".state" or effects[number][0] == "replace"]
    assert len(made) >= 8
    for number, path in made:
        assert effects[number + 1] == ("fsync", path.parent)


def test_nothing_of_the_repository_is_touched_before_the_record_nor_after_the_marker(
    effects: list[tuple[str, PurePosixPath]],
) -> None:
    touching = [number for number, (_, path) in enumerate(effects) if path.parts and path.parts[0] != ".state"]
    put = {path.name: number for number, (name, path) in enumerate(effects) if name == "replace"}
    assert put["record.json"] + 1 < touching[0]
    assert put["committed"] > touching[-1]
    images = [number for number, (_, path) in enumerate(effects) if path.name.startswith("before-")]
    assert images
    assert max(images) < put["record.json"]


def test_nothing_is_touched_but_what_is_edited_and_the_state_folder(effects: list[tuple[str, PurePosixPath]]) -> None:
    edited = {"a.txt", "new/deep/er/b.txt", "new/c.sh", "old/gone.txt", "run.sh"}
    folders = {"new", "new/deep", "new/deep/er"}
    for name, path in effects:
        if path.parts and path.parts[0] != ".state" and name != "fsync":
            assert str(path) in edited | folders or (path.suffix == ".tmp" and path.name.startswith(".abc123-"))
