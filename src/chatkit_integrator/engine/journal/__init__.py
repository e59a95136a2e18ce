"""The only writer: a repository gets all of a plan or nothing of it, and all of it can be taken back.

Before anything is touched, what every file reads is written down and made durable. Each file is then staged beside its target
and renamed into place; a marker ends the transaction. ``recover``, which every write begins with, takes back what has no
marker. Undo is the inverse edit under the same precondition: a file that was changed later is never overwritten.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chatkit_integrator.engine.journal.disk import NOT_WRITABLE, Disk
from chatkit_integrator.engine.journal.record import COMMITTED, RECORD, Entry, Record
from chatkit_integrator.engine.repository import is_secret
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
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from chatkit_integrator.engine.repository import Repository

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Applied:
    """What a plan wrote, and deleted, in order of path."""

    plan_id: str
    written: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What was restored."""

    plan_id: str
    restored: tuple[str, ...]


class Journal:
    """Writes to one repository. ``disk`` is where the effects are; tests give one that stops."""

    def __init__(self, repository: Repository, disk: Disk | None = None) -> None:
        self._repository = repository
        self._disk = disk or Disk()
        self._state = repository.root / repository.state_dir
        self._transactions = self._state / "transactions"

    def apply(self, plan_id: str, edits: Iterable[Edit], *, allow_dirty: bool = False, version: str) -> Applied:
        """Write ``edits``, all or none.

        Raises ``StalePlanError`` where a file does not read what the plan was made from, ``DirtyFilesError`` for
        uncommitted changes unless allowed, ``OutsideRootError``, ``LockedError`` and ``NotWritableError``.
        """
        wanted = tuple(sorted(edits, key=lambda one: one.path))
        with self._locked():
            self._take_back_unfinished()
            self._check_places(wanted)
            stale = [edit.path for edit in wanted if self._repository.read_now(edit.path) != edit.before]
            if stale:
                raise StalePlanError(
                    f"{_listed(stale)} changed since plan {plan_id} was made; plan again and look at the new diff."
                )
            if not allow_dirty:
                dirty = self._repository.dirty(edit.path for edit in wanted if edit.before is not None)
                if dirty:
                    raise DirtyFilesError(
                        f"{_listed(dirty)} would be edited and has uncommitted changes; commit or stash them, or pass "
                        "--allow-dirty."
                    )
            self._run(plan_id, version, wanted, {}, None)
        return Applied(
            plan_id,
            tuple(edit.path for edit in wanted if edit.after is not None),
            tuple(edit.path for edit in wanted if edit.after is None),
        )

    def undo(self, plan_id: str | None = None) -> Undone:
        """Restore what the files read before ``plan_id`` (the last applied one) was applied.

        Raises ``UnknownPlanError`` where it was not applied, ``UndoRefusedError`` where a file was changed since.
        """
        with self._locked():
            self._take_back_unfinished()
            name, record = self._find(plan_id)
            edits, modes = self._inverse(name, record)
            changed = [edit.path for edit in edits if self._repository.read_now(edit.path) != edit.before]
            if changed:
                raise UndoRefusedError(
                    f"{_listed(changed)} changed after plan {record.plan_id} was applied; nothing was undone. Set that work "
                    "aside, undo, and put it back."
                )
            self._run(record.plan_id, record.version, edits, modes, name)
            self._forget_undone()
            for folder in sorted(record.folders, key=len, reverse=True):
                self._disk.remove_empty_folder(self._repository.root / folder)
        return Undone(record.plan_id, tuple(edit.path for edit in edits))

    def recover(self) -> None:
        """Take back whatever an interrupted run left; does nothing where there is nothing."""
        if self._transactions.is_dir():
            with self._locked():
                self._take_back_unfinished()

    def applied(self) -> tuple[Record, ...]:
        """Every plan that is applied and not undone, oldest first."""
        records = self._committed()
        undone = {record.undoes for record in records.values() if record.undoes}
        return tuple(record for name, record in records.items() if record.undoes is None and name not in undone)

    def _find(self, plan_id: str | None) -> tuple[str, Record]:
        records = self._committed()
        undone = {record.undoes for record in records.values() if record.undoes}
        for name, record in reversed(records.items()):
            if record.undoes is None and name not in undone and plan_id in {None, record.plan_id}:
                return name, record
        if plan_id is None:
            raise UnknownPlanError("No plan is applied here, so there is nothing to undo.")
        raise UnknownPlanError(
            f"Plan {plan_id} is not applied here, so there is nothing to undo; see `git log` or undo the last."
        )

    def _committed(self) -> dict[str, Record]:
        return {folder.name: Record.load(folder) for folder in self._folders() if (folder / COMMITTED).exists()}

    def _folders(self) -> list[Path]:
        if not self._transactions.is_dir():
            return []
        return sorted(one for one in self._transactions.iterdir() if one.name[:1].isdigit())

    def _check_places(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            file = self._repository.resolve(edit.path)
            first = PurePosixPath(edit.path).parts[0]
            if is_secret(edit.path) or first in {".git", self._repository.state_dir}:
                raise OutsideRootError(f"{edit.path} is not for this program to write; set it by hand.")
            if file.is_dir():
                raise NotWritableError(f"{edit.path} is a directory where a file should go; move it away and plan again.")

    def _inverse(self, name: str, record: Record) -> tuple[tuple[Edit, ...], dict[str, int]]:
        edits: list[Edit] = []
        modes: dict[str, int] = {}
        for entry in record.entries:
            image = (self._transactions / name / entry.image).read_bytes() if entry.image else None
            before = None if image is None else Content(image, executable=bool((entry.mode or 0) & 0o100))
            now = self._repository.read_now(entry.path)
            ours = now if (now.digest if now else None) == entry.after else Content(b"\0not ours")
            edits.append(Edit(entry.path, before=ours, after=before))
            if entry.mode is not None:
                modes[entry.path] = entry.mode
        return tuple(edits), modes

    def _run(self, plan_id: str, version: str, edits: tuple[Edit, ...], modes: dict[str, int], undoes: str | None) -> None:
        number = int(self._folders()[-1].name.split("-")[0]) + 1 if self._folders() else 1
        folder = self._transactions / f"{number:06}-{plan_id}"
        try:
            self._write(folder, plan_id, version, edits, modes, undoes)
        except OSError as error:
            self._take_back_unfinished()
            if error.errno in NOT_WRITABLE:
                raise NotWritableError(
                    f"{error.filename or self._repository.root}: {error.strerror}; nothing was written. Make room or give "
                    "write permission, and apply again."
                ) from error
            raise

    def _write(
        self,
        folder: Path,
        plan_id: str,
        version: str,
        edits: tuple[Edit, ...],
        modes: dict[str, int],
        undoes: str | None,
    ) -> None:
        disk, root = self._disk, self._repository.root
        disk.make_folder(folder)
        entries: list[Entry] = []
        for number, edit in enumerate(edits):
            image = None
            if edit.before is not None:
                image = f"before-{number}"
                disk.write(folder / image, edit.before.data, None)
            entries.append(
                Entry(
                    edit.path,
                    edit.before.digest if edit.before else None,
                    edit.after.digest if edit.after else None,
                    (root / edit.path).stat().st_mode & 0o7777 if edit.before else None,
                    image,
                )
            )
        folders = self._missing_folders(edits)
        record = Record(plan_id, version, tuple(entries), folders, undoes)
        disk.write(folder / (RECORD + ".tmp"), record.dump(), None)
        disk.replace(folder / (RECORD + ".tmp"), folder / RECORD)
        for one in folders:
            disk.make_folder(root / one)
        for edit in edits:
            if edit.after is not None:
                disk.write(self._staged(edit.path, plan_id), edit.after.data, self._mode(edit, modes))
        for edit in edits:
            if edit.after is not None:
                disk.replace(self._staged(edit.path, plan_id), root / edit.path)
            else:
                disk.remove(root / edit.path)
        disk.write(folder / COMMITTED, b"", None)
        disk.settle(folder)

    def _mode(self, edit: Edit, modes: dict[str, int]) -> int | None:
        if edit.path in modes:
            return modes[edit.path]
        if edit.before is not None and edit.after is not None:
            mode = (self._repository.root / edit.path).stat().st_mode & 0o7777
            return mode | 0o111 if edit.after.executable else mode & ~0o111
        return 0o755 if edit.after is not None and edit.after.executable else None

    def _missing_folders(self, edits: Iterable[Edit]) -> tuple[str, ...]:
        missing: set[str] = set()
        for edit in edits:
            if edit.after is not None:
                for parent in PurePosixPath(edit.path).parents:
                    if parent.parts and not (self._repository.root / parent).is_dir():
                        missing.add(parent.as_posix())
        return tuple(sorted(missing, key=lambda one: one.count("/")))

    def _staged(self, path: str, plan_id: str) -> Path:
        target = self._repository.root / path
        return target.with_name(f".{target.name}.{plan_id}.tmp")

    def _take_back_unfinished(self) -> None:
        """Roll back, newest first, what has no marker; safe to be interrupted and run again."""
        for folder in reversed(self._folders()):
            if (folder / COMMITTED).exists():
                continue
            if (folder / RECORD).exists():
                self._roll_back(folder, Record.load(folder))
            self._discard(folder)
        self._forget_undone()
        for left in self._transactions.glob("discarded-*") if self._transactions.is_dir() else ():
            self._disk.remove_tree(left)

    def _roll_back(self, folder: Path, record: Record) -> None:
        disk, root = self._disk, self._repository.root
        for entry in record.entries:
            staged = self._staged(entry.path, record.plan_id)
            now = self._repository.read_now(entry.path)
            if now is not None and now.digest == entry.after and entry.after != entry.before and entry.image is None:
                disk.remove(root / entry.path)
            elif entry.image is not None and (now.digest if now else None) == entry.after != entry.before:
                disk.write(staged, (folder / entry.image).read_bytes(), entry.mode)
                disk.replace(staged, root / entry.path)
            if staged.exists():
                disk.remove(staged)
        for one in reversed(record.folders):
            disk.remove_empty_folder(root / one)

    def _forget_undone(self) -> None:
        """Drop a plan and its undo, the plan first: an undo without its plan is no plan."""
        records = self._committed()
        for name, record in records.items():
            if record.undoes is not None:
                if record.undoes in records:
                    self._discard(self._transactions / record.undoes)
                self._discard(self._transactions / name)

    def _discard(self, folder: Path) -> None:
        gone = folder.with_name(f"discarded-{folder.name}")
        self._disk.remove_tree(gone)
        self._disk.replace(folder, gone)
        self._disk.remove_tree(gone)

    @contextmanager
    def _locked(self) -> Generator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is written

        self._prepare()
        lock = FileLock(self._state / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise LockedError(
                f"Another process is writing to {self._repository.root}; wait for it to end and run this again."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _prepare(self) -> None:
        try:
            self._disk.make_folder(self._state)
            ignore = self._state / ".gitignore"
            if not ignore.exists():
                self._disk.write(ignore, b"*\n", None)
            self._disk.make_folder(self._transactions)
        except OSError as error:
            raise NotWritableError(
                f"{self._state} cannot be written ({error.strerror}); give write permission, or make room."
            ) from error


def _listed(paths: Iterable[str]) -> str:
    """A few paths, and how many more."""
    all_paths = list(paths)
    more = len(all_paths) - _SHOWN
    return ", ".join(all_paths[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
