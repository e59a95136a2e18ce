"""The journal where the disk, the state folder or the person gets in its way."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.engine.journal import Applied, Journal, Undone
from chatkit_integrator.engine.journal.disk import Disk
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

    Make = Callable[[Mapping[str, str | bytes]], Path]
    Git = Callable[..., str]

STATE = ".state"
REWRITE = Edit("a.txt", Content(b"a"), Content(b"A"))
CREATE = Edit("new/b.txt", None, Content(b"b"))
DELETE = Edit("old/c.txt", Content(b"c"), None)


@pytest.fixture
def root(committed: Make) -> Path:
    return committed({"a.txt": "a", "old/c.txt": "c", "kept.txt": "k"})


def journal(root: Path, disk: Disk | None = None) -> Journal:
    return Journal(Repository(root, STATE), disk)


def apply(root: Path, *edits: Edit, plan_id: str = "p1", disk: Disk | None = None) -> Applied:
    return journal(root, disk).apply(plan_id, edits or (REWRITE, CREATE, DELETE), version="7.8.9")


def everything(root: Path, *, state: bool = False) -> dict[str, tuple[int, bytes | None]]:
    """Mode and bytes of all that is there, folders included; of the state folder too where asked."""
    found: dict[str, tuple[int, bytes | None]] = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name != ".git" and (state or name != STATE)]
        for path in (Path(folder, name) for name in (*names, *files)):
            found[str(path.relative_to(root))] = (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
    return found


class Stubborn(Disk):
    """A disk that fails at one of its effects, counted from 0."""

    def __init__(self, at: int, failure: BaseException) -> None:
        self.left, self.failure = at, failure

    def _count(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise self.failure

    def write(self, path: Path, data: bytes, mode: int | None) -> None:
        self._count()
        super().write(path, data, mode)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self._count()
        super().make_folder(path)


# What is refused leaves no trace


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        (Edit("a.txt", Content(b"other"), Content(b"A")), StalePlanError),
        (Edit("a.txt", Content(b"a", executable=True), Content(b"A")), StalePlanError),
        (Edit("kept.txt", None, Content(b"A")), StalePlanError),
        (Edit("absent.txt", Content(b"a"), None), StalePlanError),
        (Edit("dirty.txt", Content(b"d"), Content(b"D")), DirtyFilesError),
        (Edit("../x", None, Content(b"")), OutsideRootError),
        (Edit("old", None, Content(b"")), NotWritableError),
        (Edit("a.txt/b", None, Content(b"")), NotWritableError),
    ],
)
def test_a_plan_that_is_refused_leaves_not_even_a_state_folder(root: Path, edit: Edit, kind: type[Exception]) -> None:
    (root / "dirty.txt").write_text("d")
    before = everything(root, state=True)
    with pytest.raises(kind, match=r"\.$"):
        apply(root, CREATE, edit)
    with pytest.raises(UnknownPlanError):
        journal(root).undo()
    journal(root).recover()
    assert everything(root, state=True) == before


def test_a_refusal_names_five_files_and_counts_the_rest(committed: Make) -> None:
    root = committed({f"{number}.txt": "" for number in range(7)})
    edits = [Edit(f"{number}.txt", Content(b"other"), None) for number in range(7)]
    with pytest.raises(StalePlanError, match=r"^0\.txt, 1\.txt, 2\.txt, 3\.txt, 4\.txt and 2 more changed"):
        apply(root, *edits)


def test_an_id_that_is_no_plan_s_is_not_made_into_a_path(root: Path) -> None:
    before = everything(root)
    with pytest.raises(ValueError, match="no plan's id"):
        apply(root, plan_id="../../x")
    assert everything(root) == before


# What is written


def test_what_was_written_is_said_and_kept_with_the_program_s_version(root: Path, git: Git) -> None:
    assert apply(root) == Applied("p1", written=("a.txt", "new/b.txt"), deleted=("old/c.txt",))
    [record] = journal(root).applied()
    assert (record.plan_id, record.version, record.folders) == ("p1", "7.8.9", ("new",))
    assert git(root, "status", "--porcelain", "-uall").split() == ["M", "a.txt", "D", "old/c.txt", "??", "new/b.txt"]
    assert journal(root).undo("p1") == Undone("p1", restored=("a.txt", "new/b.txt", "old/c.txt"))
    assert journal(root).applied() == ()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o664, 0o654, 0o2755, 0o4711])
def test_every_permission_is_kept_on_rewriting_and_on_undoing(root: Path, mode: int) -> None:
    (root / "a.txt").chmod(mode)
    executable = bool(mode & 0o100)
    journal(root).apply(
        "p", [Edit("a.txt", Content(b"a", executable), Content(b"A", executable))], allow_dirty=True, version="1"
    )
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == mode
    journal(root).undo()
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == mode
    assert (root / "a.txt").read_bytes() == b"a"


def test_a_deleted_file_comes_back_with_its_permissions(root: Path) -> None:
    (root / "old/c.txt").chmod(0o440)
    apply(root, DELETE)
    journal(root).undo()
    assert stat.S_IMODE((root / "old/c.txt").stat().st_mode) == 0o440


@pytest.mark.parametrize(("had", "executable", "gets"), [(0o640, True, 0o750), (0o755, False, 0o644), (0o750, False, 0o640)])
def test_the_right_to_execute_is_given_to_those_who_may_read_and_taken_from_all(
    root: Path, had: int, executable: bool, gets: int
) -> None:
    (root / "a.txt").chmod(had)
    edit = Edit("a.txt", Content(b"a", not executable), Content(b"a", executable))
    journal(root).apply("p", [edit], allow_dirty=True, version="1")
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == gets
    journal(root).undo()
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == had


def test_a_new_file_has_the_permissions_that_the_person_s_files_have(root: Path) -> None:
    apply(root, CREATE, Edit("run", None, Content(b"", executable=True)))
    (root / "theirs").write_text("")
    assert (root / "new/b.txt").stat().st_mode == (root / "theirs").stat().st_mode
    assert stat.S_IMODE((root / "run").stat().st_mode) == 0o755


def test_what_a_file_read_is_kept_from_other_people_s_eyes(root: Path) -> None:
    apply(root)
    images = list((root / STATE).rglob("before-*"))
    assert len(images) == 2
    assert {stat.S_IMODE(image.stat().st_mode) for image in images} == {0o600}


def test_a_name_as_long_as_the_system_takes_is_written(root: Path) -> None:
    name = "ä" * 127 + "x"
    apply(root, Edit(name, None, Content(b"1")))
    assert (root / name).read_bytes() == b"1"


def test_undo_leaves_a_folder_in_which_somebody_has_put_something(root: Path) -> None:
    apply(root)
    (root / "new/mine.txt").write_text("mine")
    journal(root).undo()
    assert os.listdir(root / "new") == ["mine.txt"]  # noqa: PTH208 - names


def test_the_same_plan_can_be_applied_undone_and_applied_again(root: Path) -> None:
    before = everything(root)
    for _ in range(3):
        apply(root)
        journal(root).undo("p1")
        assert everything(root) == before
    assert sorted(os.listdir(root / STATE)) == [".gitignore", "lock", "transactions"]  # noqa: PTH208 - names
    assert not any((root / STATE / "transactions").iterdir())


def test_an_older_plan_is_undone_where_later_ones_touched_other_files(root: Path) -> None:
    apply(root, REWRITE, plan_id="p1")
    apply(root, CREATE, plan_id="p2")
    journal(root).undo("p1")
    assert (root / "a.txt").read_text() == "a"
    assert [record.plan_id for record in journal(root).applied()] == ["p2"]


# What undo will not do


@pytest.mark.parametrize("change", ["edited", "deleted", "back again", "made executable", "a folder instead"])
def test_undo_refuses_whatever_was_changed_and_changes_nothing(root: Path, change: str) -> None:
    apply(root)
    match change:
        case "edited":
            (root / "a.txt").write_text("later")
        case "deleted":
            (root / "new/b.txt").unlink()
        case "back again":
            (root / "old/c.txt").write_text("mine")
        case "made executable":
            (root / "a.txt").chmod(0o755)
        case _:
            (root / "new/b.txt").unlink()
            (root / "new/b.txt").mkdir()
    kept = everything(root)
    with pytest.raises(UndoRefusedError, match=r"(a|new/b|old/c)\.txt changed after plan p1"):
        journal(root).undo()
    assert everything(root) == kept
    assert [record.plan_id for record in journal(root).applied()] == ["p1"]


def test_undo_does_not_write_through_a_link_that_took_a_file_s_place(root: Path, tmp_path: Path) -> None:
    apply(root)
    (tmp_path / "theirs").write_bytes(b"A")
    (root / "a.txt").unlink()
    (root / "a.txt").symlink_to(tmp_path / "theirs")
    with pytest.raises(OutsideRootError, match=r"a\.txt"):
        journal(root).undo()
    assert (tmp_path / "theirs").read_bytes() == b"A"


@pytest.mark.parametrize("plan_id", ["p2", "../../x", ""])
def test_a_plan_that_is_not_applied_cannot_be_undone(root: Path, plan_id: str) -> None:
    apply(root)
    with pytest.raises(UnknownPlanError):
        journal(root).undo(plan_id)


def test_undo_does_not_restore_from_a_damaged_image(root: Path) -> None:
    apply(root)
    kept = everything(root)
    for image in (root / STATE).rglob("before-*"):
        image.write_bytes(b"something else")
    with pytest.raises(UnknownPlanError, match="damaged"):
        journal(root).undo()
    assert everything(root) == kept


# A disk that does not take it


def effects(root: Path) -> int:
    """How many effects an apply has, once there is a state folder."""
    apply(root)
    journal(root).undo()
    disk = Stubborn(10_000, OSError())
    apply(root, disk=disk)
    journal(root).undo()
    return 10_000 - disk.left


def test_a_disk_that_is_full_at_any_effect_leaves_everything_as_it_was(root: Path) -> None:
    before = everything(root)
    total = effects(root)
    assert total > 12
    for at in range(total):
        with pytest.raises(NotWritableError, match="No space left on device"):
            apply(root, disk=Stubborn(at, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
        assert everything(root) == before
        assert journal(root).applied() == ()


def test_a_person_s_interrupt_at_any_effect_leaves_everything_as_it_was(root: Path) -> None:
    before = everything(root)
    for at in range(effects(root)):
        with pytest.raises(KeyboardInterrupt):
            apply(root, disk=Stubborn(at, KeyboardInterrupt()))
        assert everything(root) == before


def test_undo_that_fails_at_any_effect_before_its_end_keeps_the_plan_whole(root: Path) -> None:
    before = everything(root)
    for at in range(100):
        apply(root)
        after = everything(root)
        disk = Stubborn(at, OSError(errno.EROFS, "Read-only file system"))
        try:
            journal(root, disk).undo()
        except NotWritableError:
            journal(root).recover()
            assert everything(root) in (before, after)
            if everything(root) == after:
                journal(root).undo()
        else:
            assert disk.left >= 0
            break
        assert everything(root) == before
    else:
        pytest.fail("it never succeeds")


@pytest.mark.usefixtures("no_privileges")
@pytest.mark.parametrize("folder", [".", "old", STATE])
def test_a_folder_that_may_not_be_written_to_is_said_so_and_nothing_is_written(root: Path, folder: str) -> None:
    (root / STATE).mkdir()
    before = everything(root)
    (root / folder).chmod(0o555)
    with pytest.raises(NotWritableError, match="Permission denied"):
        apply(root)
    (root / folder).chmod(0o755)
    assert everything(root) == before
    assert journal(root).applied() == ()


def test_a_disk_that_is_really_full_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """In a mount of its own where that may be made, and with a limit on the size of files where it may not."""
    script = f"""
import os, resource, signal, subprocess, sys
from pathlib import Path
from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.errors import NotWritableError
from chatkit_integrator.model.edit import Content, Edit
root = Path({str(tmp_path)!r})
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", root], capture_output=True).returncode:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
(root / "a.txt").write_bytes(b"a")
edits = [Edit("a.txt", Content(b"a"), Content(b"A")), Edit("b/big.bin", None, Content(bytes(200_000)))]
try:
    Journal(Repository(root, ".state")).apply("p", edits, version="1")
except NotWritableError as error:
    print(error)
print(sorted(str(path.relative_to(root)) for path in root.rglob("*") if ".state" not in path.parts))
print((root / "a.txt").read_bytes())
"""
    unshared = ["unshare", "--mount", sys.executable, "-c", script]
    done = subprocess.run(unshared, check=False, capture_output=True, text=True)
    if "unshare failed" in done.stderr:
        done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    said, files, text = done.stdout.splitlines()
    assert "No space left on device" in said or "File too large" in said
    assert said.endswith("run this again.")
    assert (files, text) == ("['a.txt']", "b'a'")


# Others


def test_of_many_that_apply_at_once_one_does(root: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.errors import DirtyFilesError, LockedError, StalePlanError
from chatkit_integrator.model.edit import Content, Edit
sys.stdin.read(1)
try:
    Journal(Repository(Path({str(root)!r}), {STATE!r})).apply("p", [Edit("a.txt", Content(b"a"), Content(b"A"))], version="1")
except (LockedError, StalePlanError) as error:
    print(type(error).__name__)
else:
    print("applied")
"""
    racers = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    said = [racer.communicate("x")[0].strip() for racer in racers]
    assert said.count("applied") == 1
    assert set(said) <= {"applied", "LockedError", "StalePlanError"}
    assert [record.plan_id for record in journal(root).applied()] == ["p"]


def test_a_lock_is_said_to_be_held_for_which_repository(root: Path) -> None:
    class Nosy(Disk):
        def replace(self, source: Path, target: Path) -> None:
            with pytest.raises(LockedError, match=f"writing to {root};"):
                journal(root).undo()
            super().replace(source, target)

    apply(root, REWRITE, plan_id="first")
    apply(root, CREATE, disk=Nosy())


# A state folder that came with a clone


@pytest.mark.parametrize("link", [STATE, f"{STATE}/transactions", f"{STATE}/lock"])
def test_a_state_folder_that_is_a_link_is_not_followed(root: Path, tmp_path: Path, link: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "precious").write_text("p")
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(theirs / "precious" if link.endswith("lock") else theirs)
    with pytest.raises((OutsideRootError, UnknownPlanError)):
        journal(root).undo()
    with pytest.raises(OutsideRootError, match="symbolic link"):
        apply(root)
    assert everything(theirs) == {"precious": (0o100644, b"p")}


def planted(root: Path, **changes: Any) -> None:
    """An unfinished transaction that claims to have written something."""
    folder = root / STATE / "transactions" / "000001-p1"
    folder.mkdir(parents=True)
    (root / STATE / ".gitignore").write_text("*\n")
    entry = {"path": "a.txt", "before": Content(b"evil").digest, "after": Content(b"a").digest, "mode": 0o644}
    record = {
        "plan_id": "p1",
        "version": "1",
        "entries": [{**entry, **changes.pop("entry", {})}],
        "folders": [],
        "undoes": None,
    }
    (folder / "record.json").write_text(json.dumps({**record, **changes}))
    (folder / "before-0").write_bytes(b"evil")


def test_a_planted_record_would_be_taken_back(root: Path) -> None:
    planted(root)
    journal(root).recover()
    assert (root / "a.txt").read_bytes() == b"evil"


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": {"path": "../outside.txt", "after": None}},
        {"entry": {"path": "/tmp/outside.txt", "after": None}},  # noqa: S108 - a path out of the repository
        {"entry": {"path": ".git/hooks/post-checkout", "after": None}},
        {"entry": {"path": ".env", "after": None}},
        {"entry": {"path": 7}},
        {"entry": {"image": "../../a.txt"}},
        {"plan_id": "../../../x"},
        {"folders": ["../theirs"]},
        {"folders": [".git/refs/tags"]},
        {"entries": None},
    ],
)
def test_a_planted_record_leads_nowhere_that_an_edit_may_not(root: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    (tmp_path / "theirs").mkdir()
    planted(root, **changes)
    before = everything(tmp_path)
    with pytest.raises(UnknownPlanError, match=r"record\.json is damaged .* by hand\.$"):
        journal(root).recover()
    assert everything(tmp_path) == before
    assert not (root / ".git/hooks/post-checkout").exists()


def test_a_record_that_cannot_be_read_is_said_so_rather_than_passed_over(root: Path) -> None:
    apply(root)
    [record] = (root / STATE).rglob("record.json")
    record.write_bytes(b"")
    for ask in (journal(root).undo, journal(root).applied, lambda: apply(root, CREATE)):
        with pytest.raises(UnknownPlanError, match="damaged"):
            ask()


def test_a_file_in_the_place_of_the_state_folder_is_said_so(root: Path) -> None:
    (root / STATE).write_text("")
    with pytest.raises(NotWritableError, match="File exists"):
        apply(root)
