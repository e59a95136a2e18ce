"""The only writer: a repository gets all of a plan or nothing of it, and all of it can be taken back.

Before anything is touched, what every file reads is written down and made durable. Each file is then staged beside its target
and renamed into place; a marker ends the transaction. Every write begins with taking back what has no marker. Undo is the
inverse edit under the same precondition: a file that was changed later is never overwritten.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.engine.journal.disk import Disk
from chatkit_integrator.engine.journal.transactions import Transactions
from chatkit_integrator.errors import (
    DirtyFilesError,
    LockedError,
    NotWritableError,
    StalePlanError,
    UndoRefusedError,
    UnknownPlanError,
)
from chatkit_integrator.model.edit import Edit, net

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from chatkit_integrator.engine.journal.record import Record
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
    """What was restored, in order of path."""

    plan_id: str
    restored: tuple[str, ...]


class Journal:
    """Writes to one repository. ``disk`` is where the effects are."""

    def __init__(self, repository: Repository, disk: Disk | None = None) -> None:
        self._repository = repository
        self._transactions = Transactions(repository, disk or Disk())

    def apply(self, plan_id: str, edits: Iterable[Edit], *, allow_dirty: bool = False, version: str) -> Applied:
        """Write ``edits``, all or none; what is refused leaves no trace.

        Raises ``StalePlanError`` where a file does not read what the plan was made from, ``DirtyFilesError`` for
        uncommitted changes unless allowed, ``OutsideRootError``, ``LockedError`` and ``NotWritableError``.
        """
        wanted = net(edits)
        if not self._transactions.unfinished():
            self._check(plan_id, wanted, allow_dirty=allow_dirty)
        with self._locked():
            self._transactions.take_back()
            self._check(plan_id, wanted, allow_dirty=allow_dirty)
            self._transactions.perform(plan_id, version, wanted, {})
        return Applied(
            plan_id,
            tuple(edit.path for edit in wanted if edit.after is not None),
            tuple(edit.path for edit in wanted if edit.after is None),
        )

    def undo(self, plan_id: str | None = None) -> Undone:
        """Restore what the files read before ``plan_id`` (the last applied one) was applied, all or none.

        Raises ``UnknownPlanError`` where it is not applied, ``UndoRefusedError`` where a file was changed since.
        """
        if not self._transactions.unfinished():
            self._find(plan_id)
        with self._locked():
            self._transactions.take_back()
            name, record = self._find(plan_id)
            edits, changed = self._inverse(name, record)
            if changed:
                raise UndoRefusedError(
                    f"{_listed(changed)} changed after plan {record.plan_id} was applied; nothing was undone. Set that work "
                    "aside, undo, and put it back."
                )
            modes = {entry.path: entry.mode for entry in record.entries if entry.mode is not None}
            self._transactions.perform(record.plan_id, record.version, edits, modes, name)
            self._transactions.take_back()
        return Undone(record.plan_id, tuple(edit.path for edit in edits))

    def recover(self) -> None:
        """Take back whatever an interrupted run left; does nothing where there is nothing."""
        if self._transactions.unfinished():
            with self._locked():
                self._transactions.take_back()

    def applied(self) -> tuple[Record, ...]:
        """Every plan that is applied and not undone, newest last."""
        return tuple(record for _, record in self._standing())

    def _standing(self) -> list[tuple[str, Record]]:
        records = self._transactions.committed()
        undone = {record.undoes for record in records.values()}
        return [(name, record) for name, record in records.items() if record.undoes is None and name not in undone]

    def _find(self, plan_id: str | None) -> tuple[str, Record]:
        for name, record in reversed(self._standing()):
            if plan_id in {None, record.plan_id}:
                return name, record
        if plan_id is None:
            raise UnknownPlanError("No plan is applied here, so there is nothing to undo.")
        raise UnknownPlanError(
            f"Plan {plan_id} is not applied here, so there is nothing to undo; see `git log` or undo the last."
        )

    def _check(self, plan_id: str, edits: tuple[Edit, ...], *, allow_dirty: bool) -> None:
        for edit in edits:
            self._repository.check_place(edit.path)
        stale = [edit.path for edit in edits if self._repository.read_now(edit.path) != edit.before]
        if stale:
            raise StalePlanError(
                f"{_listed(stale)} changed since plan {plan_id} was made; plan again and look at the new diff."
            )
        dirty = () if allow_dirty else self._repository.dirty(edit.path for edit in edits if edit.before is not None)
        if dirty:
            raise DirtyFilesError(
                f"{_listed(dirty)} would be edited and has uncommitted changes; commit or stash them, or pass --allow-dirty."
            )

    def _inverse(self, name: str, record: Record) -> tuple[tuple[Edit, ...], list[str]]:
        """The edits that take a transaction back, and the files that no longer read what it wrote."""
        edits: list[Edit] = []
        changed: list[str] = []
        for number, entry in enumerate(record.entries):
            now = self._repository.read_now(entry.path)
            if (now.digest if now else None) != entry.after:
                changed.append(entry.path)
            edits.append(Edit(entry.path, now, self._transactions.before(name, record, number)))
        return tuple(edits), changed

    @contextmanager
    def _locked(self) -> Generator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is written

        try:
            self._transactions.make_home()
            lock = FileLock(self._transactions.state / "lock", timeout=0)
            with lock:
                self._transactions.furnish()
                yield
        except Timeout as error:
            raise LockedError(
                f"Another process is writing to {self._repository.root}; wait for it to end and run this again."
            ) from error
        except OSError as error:
            raise NotWritableError(
                f"{error.filename or self._transactions.state}: {error.strerror}; give write permission, or make room."
            ) from error


def _listed(paths: Iterable[str]) -> str:
    """A few paths, and how many more."""
    all_paths = list(paths)
    more = len(all_paths) - _SHOWN
    return ", ".join(all_paths[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
