"""Stops the journal before every effect on the disk, for good: a child process sends itself SIGKILL.

``python journal_crashes.py SCENARIO FOLDER`` carries a scenario out once in peace, to list its effects; then once for each of
them, forked and killed there (and in the middle of each write of bytes), and looks at what recovery makes of it. To be stopped
after an effect is to be stopped before the next. Prints JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.model.edit import Content, Edit

if TYPE_CHECKING:
    from collections.abc import Callable

EFFECTS = ("open", "write", "fsync", "fchmod", "replace", "rename", "unlink", "mkdir", "rmdir", "ftruncate", "truncate")
STATE = ".state"
PLAN = "abc123"
KNOWN = {".gitignore", "lock", "transactions"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def edits(repository: Repository) -> list[Edit]:
    """One of each kind: rewrite, rewrite that makes executable, make (in new folders), delete."""
    read = repository.read_now
    return [
        Edit("a.txt", read("a.txt"), Content(b"one\r\nTWO\r\nthree")),
        Edit("new/deep/er/b.txt", None, Content(b"made\n")),
        Edit("new/c.sh", None, Content(b"#!/bin/sh\n", executable=True)),
        Edit("old/gone.txt", read("old/gone.txt"), None),
        Edit("run.sh", read("run.sh"), Content(b"#!/bin/sh\necho\n", executable=True)),
    ]


def make(root: Path, *, git: bool) -> None:
    """A repository, committed where ``git``, with line endings, permissions and names that are easily lost."""
    (root / "old").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\nthree")
    (root / "a.txt").chmod(0o640)
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "old/gone.txt").write_bytes(b"\xef\xbb\xbfgone")
    (root / "old/gone.txt").chmod(0o444)
    if not git:
        return
    for argv in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"]):
        subprocess.run(["git", *argv], cwd=root, check=True)


def everything(root: Path) -> dict[str, tuple[int, bytes | None]]:
    """Mode and bytes of every file, and every folder, that is not git's or ours."""
    found: dict[str, tuple[int, bytes | None]] = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in {".git", STATE}]
        for name in (*names, *files):
            path = Path(folder, name)
            found[str(path.relative_to(root))] = (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
    return found


def instrument(effect: Callable[[str, str, Callable[[], object]], None]) -> None:
    """Call ``effect(name, path, half)`` before every system call that changes the disk; ``half`` does half of a write."""
    opened: dict[int, str] = {}

    def wrap(name: str) -> None:
        honest: Any = getattr(os, name)

        def stopped(*args: Any, **kwargs: Any) -> Any:
            half: Callable[[], object] = int
            if name == "write" and len(args[1]) > 1:
                half = partial(honest, args[0], bytes(args[1])[: len(args[1]) // 2])
            if name != "open" or args[1] & WRITING:
                effect(name, opened.get(args[0], "?") if isinstance(args[0], int) else str(args[-1]), half)
            result = honest(*args, **kwargs)
            if name == "open":
                opened[result] = str(args[0])
            return result

        setattr(os, name, stopped)

    for name in EFFECTS:
        wrap(name)


def effects_of(work: Callable[[], object]) -> list[tuple[str, str]]:
    """Name and path of each effect of ``work``, in order, as seen in a child that ends in peace."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        seen: list[tuple[str, str]] = []
        say = os.write
        instrument(lambda name, path, _: seen.append((name, path)))
        work()
        say(writing, json.dumps(seen).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    assert os.waitpid(pid, 0)[1] == 0, "the dry run failed"
    return [(name, path) for name, path in json.loads(said)]


def killed(work: Callable[[], object], stop: int, *, torn: bool) -> bool:
    """Do ``work`` in a child that kills itself before effect number ``stop``; whether it came to that."""
    pid = os.fork()
    if pid == 0:
        left = [stop]

        def effect(_name: str, _path: str, half: Callable[[], object]) -> None:
            if left[0] == 0:
                if torn:
                    half()
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        instrument(effect)
        work()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status != 0


def fresh(root: Path) -> Journal:
    """A journal that knows nothing of what went before."""
    return Journal(Repository(root, STATE))


def apply(root: Path) -> None:
    repository = Repository(root, STATE)
    Journal(repository).apply(PLAN, edits(repository), version="1")


def undo(root: Path) -> None:
    fresh(root).undo(PLAN)


def recover(root: Path) -> None:
    fresh(root).recover()


class Bench:
    """A repository before and after the plan, to copy from, and what was found wrong."""

    def __init__(self, folder: Path, *, git: bool) -> None:
        self.before, self.after = folder / "before", folder / "after"
        self.work, self.crashed = folder / "work", folder / "crashed"
        make(self.before, git=git)
        shutil.copytree(self.before, self.after)
        apply(self.after)
        self.unharmed, self.done = everything(self.before), everything(self.after)
        self.wrong: list[str] = []
        self.outcomes = {"nothing": 0, "all": 0}

    def copy(self, base: Path, to: Path) -> None:
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(base, to)

    def judge(self, where: str) -> None:
        """Recovery was run: is it all or nothing, and is what the journal says true?"""
        found, applied = everything(self.work), [one.plan_id for one in fresh(self.work).applied()]
        if found == self.unharmed and not applied:
            self.outcomes["nothing"] += 1
        elif found == self.done and applied == [PLAN]:
            self.outcomes["all"] += 1
        else:
            self.wrong.append(f"{where}: neither all nor nothing: {sorted(found)} {applied}")
        state = self.work / STATE
        left = [one.name for one in (*state.iterdir(), *(state / "transactions").glob("*"))] if state.exists() else []
        if strange := [name for name in left if name not in KNOWN and not name.startswith("0")]:
            self.wrong.append(f"{where}: left behind {strange}")

    def go_on(self, where: str) -> None:
        """From what recovery leaves one can go on, both ways, and git sees nothing of it."""
        if everything(self.work) == self.unharmed:
            if subprocess.run(["git", "status", "--porcelain"], cwd=self.work, capture_output=True, check=True).stdout:
                self.wrong.append(f"{where}: git sees something left")
            apply(self.work)
        if everything(self.work) != self.done:
            self.wrong.append(f"{where}: applying afterwards went wrong")
        undo(self.work)
        if everything(self.work) != self.unharmed:
            self.wrong.append(f"{where}: undoing afterwards went wrong")

    def stop_everywhere(self, work: Callable[[Path], None], base: Path) -> list[tuple[str, str]]:
        """Stop ``work`` at each of its effects, and recover."""
        self.copy(base, self.work)
        effects = effects_of(lambda: work(self.work))
        stops = [(number, False) for number in range(len(effects))]
        stops += [(number, True) for number, (name, _) in enumerate(effects) if name == "write"]
        for stop, torn in stops:
            where = f"stopped {'within' if torn else 'before'} {stop} {effects[stop]}"
            self.copy(base, self.work)
            if not killed(lambda: work(self.work), stop, torn=torn):
                self.wrong.append(f"{where}: it was not")
            recover(self.work)
            self.judge(where)
            self.go_on(where)
        return effects

    def stop_recovery_everywhere(self, work: Callable[[Path], None], base: Path) -> list[tuple[str, str]]:
        """Stop ``work`` wherever the disk is in another state, then stop its recovery at each effect, and recover again."""
        self.copy(base, self.work)
        effects = effects_of(lambda: work(self.work))
        for stop, (name, _) in enumerate(effects):
            if name in {"fsync", "open"}:
                continue
            self.copy(base, self.crashed)
            killed(lambda: work(self.crashed), stop, torn=False)
            again = 0
            self.copy(self.crashed, self.work)
            while killed(lambda: recover(self.work), again, torn=False):
                recover(self.work)
                self.judge(f"stopped before {stop} {effects[stop]}, its recovery before {again}")
                self.copy(self.crashed, self.work)
                again += 1
        return effects


def main(scenario: str, folder: Path) -> None:
    """Carry one scenario out, and say what was seen."""
    bench = Bench(folder, git=not scenario.startswith("recovery"))
    if scenario == "effects of apply":
        bench.copy(bench.before, bench.work)
        json.dump({"effects": effects_of(lambda: apply(bench.work))}, sys.stdout)
        return
    stop = bench.stop_recovery_everywhere if scenario.startswith("recovery") else bench.stop_everywhere
    effects = stop(undo, bench.after) if scenario.endswith("undo") else stop(apply, bench.before)
    json.dump({"effects": effects, "wrong": bench.wrong, "outcomes": bench.outcomes}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
