"""Verdicts beside hand-made labels, item by item, as read and as seen: ``poe labels CHECKOUTS LABELS``.

CHECKOUTS holds ``<owner>__<name>@<commit, 8 digits>``. LABELS is a list of ``{"id", "repo", "commit", "kind", "backend_root",
"frontend_root", "labels": {"1": {"value": "pass|fail|n_a|?", "alt": […]}}}``: number and verdict of an item, verdicts that are
as good, ``?`` for a cell that nobody decided. Each repository is copied first, and nothing is written where it came from.

``--prove`` runs each that has a backend, too, and takes what was seen for the verdict. ``--settings DIR`` has a
``<id>.toml`` for those whose proof has to be told something. ``--only`` and ``--select`` leave all but some repositories and
items out. Ends with 1 where a label of CK01, CK12 or CK16 that is ``fail`` was passed, or what is no ChatKit was judged.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Json = dict[str, Any]
GRAVE = ("CK01", "CK12", "CK16")
_WORDS = {"n_a": "not_applicable", "?": "unknown"}
_NOTHING = {"verdict": "absent", "reason": ""}
_LONGEST = 1200.0


@dataclass(frozen=True)
class Cell:
    """One item of one repository: what people say, what was read, what was seen (``None`` where nothing was to be seen)."""

    id: str
    item: str
    label: tuple[str, ...]
    read: str
    seen: str | None
    reason: str

    @property
    def verdict(self) -> str:
        """What the program ends up saying."""
        return self.seen if self.seen is not None else self.read

    @property
    def agrees(self) -> bool:
        """Whether it is what people say, or as good."""
        return self.verdict in self.label

    @property
    def is_grave(self) -> bool:
        """Whether something is passed that people say anyone can get through."""
        return self.item in GRAVE and self.verdict == "pass" and "pass" not in self.label


def judged(root: Path, entry: Json, *more: str) -> tuple[dict[str, Json], str]:
    """The results by item, and what was said beside them; none where nothing could be judged."""
    argv = [sys.executable, "-m", "chatkit_integrator", "check", str(root), "--json", "--fail-on", "never", *more]
    for side in ("backend", "frontend"):
        if entry.get(f"{side}_root") not in {None, "-", ""}:
            argv += [f"--{side}", entry[f"{side}_root"]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_LONGEST, check=False)
    try:
        results: list[Json] = json.loads(done.stdout)["results"]
    except (ValueError, KeyError):
        return {}, done.stderr.strip()
    return {one["id"]: one for one in results}, done.stderr.strip()


def cells(entry: Json, read: Mapping[str, Json], seen: Mapping[str, Json], select: Sequence[str]) -> Iterator[Cell]:
    """Every cell that people decided."""
    for number, label in entry["labels"].items():
        item = f"CK{int(number):02d}"
        if label["value"] == "?" or (select and item not in select):
            continue
        values: list[str] = [label["value"], *(label.get("alt") or ())]
        as_good = tuple(_WORDS.get(one, one) for one in values)
        now = seen.get(item)
        of_seen = now["verdict"] if now is not None else None
        reason: str = now["reason"] if now is not None else read.get(item, _NOTHING)["reason"]
        if now is not None:
            reason = f"[{now['proof'] or '-'}] {reason}"
        yield Cell(entry["id"], item, as_good, read.get(item, _NOTHING)["verdict"], of_seen, reason)


def of_one(entry: Json, source: Path, work: Path, asked: argparse.Namespace) -> tuple[list[Cell], list[str]]:
    """Judge one repository in a copy; its cells, and remarks."""
    root = work / entry["id"]
    if not root.exists():
        shutil.copytree(source, root, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules", ".venv"))
    told = asked.settings / f"{entry['id']}.toml" if asked.settings is not None else None
    if told is not None and told.is_file():
        shutil.copy(told, root / "chatkit-integrator.toml")
    select = [word for one in asked.select for word in ("--select", one)]
    read, said = judged(root, entry, *select)
    if entry["kind"] == "pseudo":
        return [], [f"{entry['id']} was judged as ChatKit" for one in read.values() if one["verdict"] == "pass"][:1]
    if not read:
        return [], [f"{entry['id']} could not be judged: {said[-300:]}"]
    if not asked.prove:
        return list(cells(entry, read, {}, asked.select)), []
    begun = time.monotonic()
    seen, said = judged(root, entry, *select, "--prove", *_kept(asked, entry))
    remarks = [f"{entry['id']}: {line}" for line in said.splitlines() if line.strip()]
    return list(cells(entry, read, seen, asked.select)), [*remarks, f"{entry['id']}: {time.monotonic() - begun:.0f} s"]


def _kept(asked: argparse.Namespace, entry: Json) -> list[str]:
    return ["--artifacts", str(asked.artifacts / entry["id"])] if asked.artifacts is not None else []


def told(found: Sequence[Cell]) -> Iterator[str]:
    """The table."""
    for one in found:
        mark = "agrees" if one.agrees else "DIFFERS"
        yield (
            f"{one.id:22} {one.item}  label {'|'.join(one.label):22} read {one.read:15} seen {one.seen or '-':15} {mark:8}"
            f"{'' if one.agrees and one.read == one.verdict else one.reason[:240]}".rstrip()
        )
    agree = sum(one.agrees for one in found)
    by_reading = sum(one.read in one.label for one in found)
    proven = [one for one in found if one.reason.startswith("[behaviour]")]
    yield (
        f"{agree}/{len(found)} cells agree ({by_reading} as read); "
        f"{sum(one.agrees for one in proven)}/{len(proven)} of those that were seen; "
        f"unknown {sum(one.verdict == 'unknown' for one in found)}; grave passes {sum(one.is_grave for one in found)}"
    )
    wrong = Counter(one.item for one in found if not one.agrees)
    yield "differing by item: " + (", ".join(f"{item} {count}" for item, count in sorted(wrong.items())) or "none")


def say(text: str) -> None:
    """Print at once: what follows may take minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(words: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--select", action="append", default=[])
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--artifacts", type=Path)
    asked = parser.parse_args(words)
    found: list[Cell] = []
    is_fine = True
    with tempfile.TemporaryDirectory(prefix="labelled-") as scratch:
        for entry in json.loads(asked.labels.read_text(encoding="utf-8")):
            source = asked.checkouts / f"{entry['repo'].replace('/', '__')}@{entry['commit'][:8]}"
            if asked.only and entry["id"] not in asked.only:
                continue
            if not source.is_dir():
                say(f"{entry['id']}: there is no {source.name}")
                continue
            some, remarks = of_one(entry, source, asked.work or Path(scratch), asked)
            is_fine = is_fine and not (entry["kind"] == "pseudo" and remarks)
            found += some
            say("\n".join([*remarks, *told(some)]))
    say("\n".join([f"\nAll {len({one.id for one in found})} repositories:", *list(told(found))[-2:]]))
    return 0 if found and is_fine and not any(one.is_grave for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
