"""The only writer: all or nothing, and back again, whatever happens in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.errors import (
    DirtyFilesError,
    LockedError,
    NotWritableError,
    OutsideRootError,
    StalePlanError,
    UndoRefusedError,
    UnknownPlanError,
)
from chatkit_integrator.model.edit import Content, Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    MakeRepository = Callable[[Mapping[str, str | bytes]], Path]

STATE = ".state"
FILES = {"keep.txt": "keep\n", "change.py": "a = 1\n", "gone/old.txt": "old\n", "run.sh": "#!/bin/sh\n"}
EDITS = (
    Edit("change.py", Content(b"a = 1\n"), Content(b"a = 2\n")),
    Edit("gone/old.txt", Content(b"old\n"), None),
    Edit("new/deep/file.txt", None, Content(b"new\n")),
    Edit("run.sh", Content(b"#!/bin/sh\n", executable=True), Content(b"#!/bin/sh\nexit\n", executable=True)),
)


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    found: dict[str, tuple[int, bytes]] = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in {".git", STATE}]
        for name in [*files, *(one for one in names if not os.listdir(Path(folder, one)))]:  # noqa: PTH208
            path = Path(folder, name)
            found[str(path.relative_to(root))] = (path.stat().st_mode & 0o7777, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.fixture
def root(git_repository: MakeRepository) -> Path:
    found = git_repository(FILES)
    (found / "run.sh").chmod(0o750)
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "mode"], cwd=found, check=True)
    return found


def journal(root: Path) -> Journal:
    return Journal(Repository(root, STATE))


def apply(root: Path) -> None:
    journal(root).apply("abc", EDITS, version="1")


def test_nothing_is_written_where_a_file_reads_otherwise(root: Path) -> None:
    (root / "change.py").write_text("a = 3\n")
    before = everything(root)
    with pytest.raises(StalePlanError, match=r"change\.py"):
        journal(root).apply("abc", EDITS, allow_dirty=True, version="1")
    assert everything(root) == before


def test_uncommitted_changes_are_refused_by_name_unless_allowed(root: Path) -> None:
    (root / "change.py").write_text("a = 9\n")
    edits = (Edit("change.py", Content(b"a = 9\n"), Content(b"a = 2\n")),)
    with pytest.raises(DirtyFilesError, match=r"change\.py.*--allow-dirty"):
        journal(root).apply("abc", edits, version="1")
    journal(root).apply("abc", edits, allow_dirty=True, version="1")
    assert (root / "change.py").read_text() == "a = 2\n"


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "a/../../outside", "C:/outside", "link/inside", "a\0b"])
def test_a_path_out_of_the_root_is_refused(root: Path, path: str) -> None:
    (root / "link").symlink_to(root.parent)
    before = everything(root.parent)
    with pytest.raises(OutsideRootError):
        journal(root).apply("abc", (Edit(path, None, Content(b"x")),), version="1")
    assert {one for one in everything(root.parent) if "outside" in one} == {one for one in before if "outside" in one}


@pytest.mark.parametrize("path", [".env", "web/.env.local", ".git/config", ".state/plan"])
def test_secrets_and_what_is_not_ours_are_never_written(root: Path, path: str) -> None:
    with pytest.raises(OutsideRootError):
        journal(root).apply("abc", (Edit(path, None, Content(b"x")),), version="1")
    assert not (root / "web").exists()


def test_a_directory_in_the_way_leaves_everything_as_it_was(root: Path) -> None:
    (root / "new/deep/file.txt").mkdir(parents=True)
    before = everything(root)
    with pytest.raises(NotWritableError, match="directory"):
        apply(root)
    assert everything(root) == before


def test_a_full_disk_in_the_middle_leaves_everything_as_it_was(root: Path) -> None:
    before = everything(root)
    script = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.model.edit import Content, Edit
edits = (Edit("change.py", Content(b"a = 1\\n"), Content(b"a = 2\\n")), Edit("z.txt", None, Content(b"x" * 100_000)))
Journal(Repository(Path({str(root)!r}), {STATE!r})).apply("abc", edits, version="1")
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert "NotWritableError" in done.stderr
    assert everything(root) == before


def test_another_process_that_writes_is_told_from_a_free_repository(root: Path) -> None:
    script = f"""
from filelock import FileLock
import sys, time
lock = FileLock({str(root / STATE / "lock")!r})
lock.acquire()
print("held", flush=True)
time.sleep(30)
"""
    (root / STATE).mkdir()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockedError):
            apply(root)
        holder.kill()
    apply(root)


def test_apply_then_undo_restores_every_byte_and_mode_and_git_sees_nothing(root: Path) -> None:
    before = everything(root)
    apply(root)
    assert (root / "run.sh").stat().st_mode & 0o7777 == 0o750
    assert (root / "new/deep/file.txt").read_text() == "new\n"
    assert not (root / "gone/old.txt").exists()
    undone = journal(root).undo()
    assert undone.plan_id == "abc"
    assert everything(root) == before
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_undo_never_overwrites_later_work(root: Path) -> None:
    apply(root)
    (root / "change.py").write_text("a = 2\nb = 3\n")
    kept = everything(root)
    with pytest.raises(UndoRefusedError, match=r"change\.py"):
        journal(root).undo()
    assert everything(root) == kept


def test_a_plan_is_undone_once(root: Path) -> None:
    apply(root)
    journal(root).undo("abc")
    with pytest.raises(UnknownPlanError):
        journal(root).undo("abc")
    with pytest.raises(UnknownPlanError):
        journal(root).undo()


def test_two_plans_are_undone_from_the_last_one_on(root: Path) -> None:
    before = everything(root)
    apply(root)
    between = everything(root)
    again = (Edit("change.py", Content(b"a = 2\n"), Content(b"a = 4\n")),)
    journal(root).apply("def", again, allow_dirty=True, version="1")
    assert [record.plan_id for record in journal(root).applied()] == ["abc", "def"]
    journal(root).undo()
    assert everything(root) == between
    journal(root).undo()
    assert everything(root) == before
