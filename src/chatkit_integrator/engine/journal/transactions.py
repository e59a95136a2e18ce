"""Where transactions are written down, and the order of effects that makes one all or nothing.

In the state folder, ``transactions/<number>-<plan>/`` is one of them: ``before-<n>`` holds what a file read, ``record.json`` is
complete and durable before the first file is touched, and ``committed`` is there once the last file has been.
``discarded-…`` is on its way out and means nothing any more.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chatkit_integrator.engine.journal.record import Entry, Record, image
from chatkit_integrator.errors import NotWritableError, OutsideRootError, UnknownPlanError
from chatkit_integrator.model.edit import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chatkit_integrator.engine.journal.disk import Disk
    from chatkit_integrator.engine.repository import Repository
    from chatkit_integrator.model.edit import Edit

_NAME = re.compile(r"(\d+)-[0-9A-Za-z]+")
_COMMITTED = "committed"
_RECORD = "record.json"


class Transactions:
    """Those of one repository. Whoever calls a method that writes holds the lock."""

    def __init__(self, repository: Repository, disk: Disk) -> None:
        self._repository = repository
        self._disk = disk
        self.state = repository.root / repository.state_dir
        self._home = self.state / "transactions"

    def make_home(self) -> None:
        """Make the state folder, for the lock to be in."""
        for name in ("", "/transactions", "/lock"):
            self._repository.resolve(self._repository.state_dir + name)
        self._disk.make_folder(self.state)

    def furnish(self) -> None:
        """Keep the state folder out of git, and make the folder for transactions."""
        ignore = self.state / ".gitignore"
        if not ignore.exists():
            self._disk.write(ignore.with_suffix(".tmp"), b"*\n", None)
            self._disk.replace(ignore.with_suffix(".tmp"), ignore)
        self._disk.make_folder(self._home)

    def committed(self) -> dict[str, Record]:
        """Every transaction that was carried out, by name, oldest first; undone ones are forgotten."""
        return {folder.name: self._load(folder) for folder in self._folders() if (folder / _COMMITTED).exists()}

    def unfinished(self) -> bool:
        """Whether an interrupted run left something to take back or to clear away."""
        if not (self.state / ".gitignore").exists():
            return self.state.exists()
        if not self._home.is_dir():
            return False
        if any(not (folder / _COMMITTED).exists() for folder in self._folders()) or any(self._home.glob("discarded-*")):
            return True
        return any(record.undoes is not None for record in self.committed().values())

    def before(self, name: str, record: Record, number: int) -> Content | None:
        """What the file of an entry read before the transaction."""
        entry = record.entries[number]
        if entry.before is None:
            return None
        place = f"{self._repository.state_dir}/transactions/{name}/{image(number)}"
        found = self._repository.read_now(place)
        content = Content(found.data, executable=bool((entry.mode or 0) & 0o100)) if found else None
        if content is None or content.digest != entry.before:
            raise UnknownPlanError(f"{place} is damaged, so {entry.path} cannot be restored from it; use git to restore it.")
        return content

    def perform(
        self, plan_id: str, version: str, edits: tuple[Edit, ...], modes: Mapping[str, int], undoes: str | None = None
    ) -> None:
        """Carry edits out, all or none. ``modes`` are permissions to give; other files keep theirs.

        Whatever stops this in between, an error or a person, is taken back before it is heard of.
        """
        last = self._folders()[-1:]
        number = int(last[0].name.partition("-")[0]) + 1 if last else 1
        folder = self._home / f"{number:06}-{plan_id}"
        done = False
        try:
            self._carry_out(folder, self._describe(plan_id, version, edits, undoes), edits, modes)
            done = True
        except OSError as error:
            raise NotWritableError(
                f"{error.filename or self._repository.root}: {error.strerror}; nothing was written. Make room or give write "
                "permission, and run this again."
            ) from error
        finally:
            if not done:
                self.take_back()

    def _describe(self, plan_id: str, version: str, edits: tuple[Edit, ...], undoes: str | None) -> Record:
        entries = tuple(
            Entry(
                edit.path,
                edit.before.digest if edit.before else None,
                edit.after.digest if edit.after else None,
                (self._repository.root / edit.path).stat().st_mode & 0o7777 if edit.before else None,
            )
            for edit in edits
        )
        return Record(plan_id, version, entries, self._missing_folders(edits), undoes)

    def _missing_folders(self, edits: Iterable[Edit]) -> tuple[str, ...]:
        wanted = {parent for edit in edits if edit.after is not None for parent in PurePosixPath(edit.path).parents}
        missing = [one.as_posix() for one in wanted if one.parts and not (self._repository.root / one).is_dir()]
        return tuple(sorted(missing, key=lambda one: (one.count("/"), one)))

    def _carry_out(self, folder: Path, record: Record, edits: tuple[Edit, ...], modes: Mapping[str, int]) -> None:
        disk, root = self._disk, self._repository.root
        disk.make_folder(folder)
        for number, edit in enumerate(edits):
            if edit.before is not None:
                disk.write(folder / image(number), edit.before.data, 0o600)
        disk.write(folder / f"{_COMMITTED}.tmp", b"", None)
        disk.write(folder / f"{_RECORD}.tmp", record.dump(), None)
        disk.replace(folder / f"{_RECORD}.tmp", folder / _RECORD)
        for one in record.folders:
            disk.make_folder(root / one)
        for number, (edit, entry) in enumerate(zip(edits, record.entries, strict=True)):
            if edit.after is not None:
                mode = modes[edit.path] if edit.path in modes else _mode(edit, entry.mode)
                disk.write(_staged(root, record, number), edit.after.data, mode)
        for number, edit in enumerate(edits):
            if edit.after is not None:
                disk.replace(_staged(root, record, number), root / edit.path)
            else:
                disk.remove(root / edit.path)
        disk.replace(folder / f"{_COMMITTED}.tmp", folder / _COMMITTED)

    def take_back(self) -> None:
        """Roll back, newest first, what was not carried out to its end; safe to be interrupted and run again."""
        if not self._home.is_dir():
            return
        try:
            for folder in reversed(self._folders()):
                if not (folder / _COMMITTED).exists():
                    if (folder / _RECORD).exists():
                        self._roll_back(folder, self._load(folder))
                    self._discard(folder)
            self.forget_undone()
            for left in self._home.glob("discarded-*"):
                self._disk.remove_tree(left)
        except OSError as error:
            raise NotWritableError(
                f"{error.filename or self._repository.root}: {error.strerror}; an interrupted run could not be taken back. "
                "Make room or give write permission, and run this again: it is taken back first."
            ) from error

    def _roll_back(self, folder: Path, record: Record) -> None:
        disk, root = self._disk, self._repository.root
        for number, entry in enumerate(record.entries):
            staged = _staged(root, record, number)
            now = self._repository.read_now(entry.path)
            if (now.digest if now else None) == entry.after:
                before = self.before(folder.name, record, number)
                if before is None:
                    disk.remove(root / entry.path)
                else:
                    disk.write(staged, before.data, entry.mode)
                    disk.replace(staged, root / entry.path)
            if staged.exists():
                disk.remove(staged)
        self._remove_folders(record)

    def _remove_folders(self, record: Record) -> None:
        for one in reversed(record.folders):
            self._disk.remove_empty_folder(self._repository.resolve(one))

    def forget_undone(self) -> None:
        """Drop a plan that was undone, then its undo: an undo without its plan is no plan."""
        records = self.committed()
        for name, record in records.items():
            if record.undoes is not None:
                if record.undoes in records:
                    self._remove_folders(records[record.undoes])
                    self._discard(self._home / record.undoes)
                self._discard(self._home / name)

    def _discard(self, folder: Path) -> None:
        gone = folder.with_name(f"discarded-{folder.name}")
        self._disk.remove_tree(gone)
        self._disk.replace(folder, gone)
        self._disk.remove_tree(gone)

    def _folders(self) -> list[Path]:
        """Those of transactions, oldest first; links are none."""
        if not self._home.is_dir() or self._home.is_symlink() or self.state.is_symlink():
            return []
        found = [one for one in self._home.iterdir() if _NAME.fullmatch(one.name) and one.is_dir() and not one.is_symlink()]
        return sorted(found, key=lambda one: int(one.name.partition("-")[0]))

    def _load(self, folder: Path) -> Record:
        """Read a record, which is trusted with no path that an edit may not have: it may have come with a clone."""
        place = f"{self._repository.state_dir}/transactions/{folder.name}/{_RECORD}"
        found = self._repository.read_now(place)
        try:
            record = Record.parse(found.data if found else b"")
            for entry in record.entries:
                self._repository.check_name(entry.path)
            for one in record.folders:
                self._repository.check_name(one)
        except (ValueError, OutsideRootError) as error:
            raise UnknownPlanError(
                f"{place} is damaged ({error}); look at `git status`, and remove that folder by hand."
            ) from error
        return record


def _staged(root: Path, record: Record, number: int) -> Path:
    """Where the new bytes of an entry's file wait, beside it."""
    return (root / record.entries[number].path).with_name(f".{record.plan_id}-{number}.tmp")


def _mode(edit: Edit, had: int | None) -> int | None:
    """Permissions to give to a file that is written: those it had, may be executed or not as the edit says."""
    if edit.after is None or edit.before is None or had is None:
        return 0o755 if edit.after is not None and edit.after.executable else None
    if edit.before.executable == edit.after.executable:
        return had
    return had | (had & 0o444) >> 2 if edit.after.executable else had & ~0o111
