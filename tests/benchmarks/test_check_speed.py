"""``check`` beside ``semgrep scan`` and ``ast-grep scan`` with thirty trivial rules each, in one run: ``poe bench``.

The rivals come from the package registry into the user's cache once; after that nothing here needs a network. All programs find
warm file caches and take turns, so that a busy machine is busy for each of them. The ratios that are asserted are of the
processor's time (user and system, of the process and its children) and of the time on the clock; both are printed.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator import demo
from chatkit_integrator.toolkit import Request, apply, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

ROUNDS = 5
FILES, MANY = 1_000, 20_000
RIVALS = ("semgrep>=1.100", "ast-grep-cli>=0.30")
CHECK = (sys.executable, "-m", "chatkit_integrator", "check")
NOUNS = (
    "order", "invoice", "session", "thread", "customer", "cookie", "agent", "message", "chat", "stock", "ticket", "report",
    "payment", "address", "cart", "review", "shipment", "coupon", "account", "label",
)  # fmt: skip

PYTHON = '''"""{Noun}s of the {other} service."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .{other}_base import {Other}Base, current_{other}

logger = logging.getLogger(__name__)
DEFAULT_{NOUN}_LIMIT = {number}


@dataclass
class {Noun}Agent({Other}Base):
    """Keeps {noun}s, and lets a {other} look at them."""

    name: str
    items: list[str] = field(default_factory=list)
    created: datetime = field(default_factory=datetime.now)

    def add(self, {noun}_id: str, *, quiet: bool = False) -> bool:
        if {noun}_id in self.items:
            if not quiet:
                logger.warning("%s is a {noun} already", {noun}_id)
            return False
        self.items.append({noun}_id)
        return True

    def latest(self, limit: int = DEFAULT_{NOUN}_LIMIT) -> list[str]:
        found = [one for one in self.items if one.startswith("{noun}_")]
        return sorted(found, reverse=True)[:limit]

    async def refresh(self, client) -> dict[str, int]:
        counts = {{}}
        for one in self.items:
            try:
                response = await client.get(f"/{noun}s/{{one}}", params={{"{other}": self.name}})
                counts[one] = int(response.json()["count"])
            except (KeyError, ValueError) as error:
                logger.error("no count for %s: %s", one, error)
                counts[one] = 0
        return counts


def total_{noun}s(rows: list[dict[str, int]]) -> int:
    total = 0
    for row in rows:
        if row.get("deleted"):
            continue
        total += row.get("amount", 0) * row.get("price", 1)
    return total


def expired(rows, now=None):
    now = now or datetime.now()
    return [row for row in rows if row["until"] < now - timedelta(days={number})]


def handle_{noun}_{number}(request, {other}=None):
    {other} = {other} or current_{other}(request)
    agent = {Noun}Agent(name={other}.name)
    for key, value in request.items():
        if key == "{noun}":
            agent.add(value)
        elif key == "session":
            agent.add(value, quiet=True)
    return {{"{noun}s": agent.latest(), "chat": {other}.name, "total": total_{noun}s([])}}
'''

TYPESCRIPT = """import {{ use{Other}, type {Other}Row }} from "./{other}_base";
{react}
export interface {Noun}Props {{
  {noun}Id: string;
  session?: {Other}Row;
  onChange(next: string): void;
}}

const LIMIT = {number};
const cache = new Map<string, {Other}Row[]>();

export async function load{Noun}s(id: string, cookie?: string): Promise<{Other}Row[]> {{
  const known = cache.get(id);
  if (known) return known;
  const response = await fetch(`/api/{noun}s/${{id}}?limit=${{LIMIT}}`, {{
    headers: {{ accept: "application/json" }},
    credentials: "include",
  }});
  if (!response.ok) throw new Error(`No {noun}s: ${{response.status}}`);
  const rows = (await response.json()) as {Other}Row[];
  cache.set(id, rows.filter((row) => row.thread !== cookie));
  return rows;
}}

export class {Noun}Store {{
  private readonly rows: {Other}Row[] = [];
  constructor(private readonly name: string) {{}}
  add(row: {Other}Row) {{
    if (this.rows.some((one) => one.id === row.id)) return false;
    this.rows.push(row);
    return true;
  }}
  get total() {{
    return this.rows.reduce((sum, row) => sum + (row.amount ?? 0) * (row.price ?? 1), 0);
  }}
}}

export const label{number} = (value: number, kind: "chat" | "{noun}") =>
  kind === "chat" ? `${{value}} messages` : `${{value}} {noun}s`;
{component}"""

COMPONENT = """
export function {Noun}Panel({{ {noun}Id, onChange }}: {Noun}Props) {{
  const [rows, setRows] = useState<string[]>([]);
  const {other} = use{Other}({noun}Id);
  useEffect(() => {{
    load{Noun}s({noun}Id).then((found) => setRows(found.map((one) => one.id)));
  }}, [{noun}Id]);
  return (
    <section className="panel" data-{noun}={{{noun}Id}}>
      <h2>{Noun}s of {{{other}?.name}}</h2>
      <ul>
        {{rows.map((one) => (
          <li key={{one}} onClick={{() => onChange(one)}}>
            {{one}}
          </li>
        ))}}
      </ul>
    </section>
  );
}}
"""


@dataclass(frozen=True)
class Took:
    """One run: seconds on the clock, and of processor time."""

    wall: float
    cpu: float


def modules(root: Path, files: int) -> None:
    """Write modules of a shop that has nothing to do with ChatKit, though it speaks of agents, chats, sessions and cookies."""
    chance = random.Random(4)  # noqa: S311 - the same files each time
    for number in range(files):
        noun, other = chance.sample(NOUNS, 2)
        words = {
            "noun": noun, "Noun": noun.title(), "NOUN": noun.upper(), "other": other, "Other": other.title(), "number": number,
        }  # fmt: skip
        kind = ("py", "ts", "tsx")[number % 3]
        if kind == "py":
            text = PYTHON.format(**words)
        else:
            component = COMPONENT.format(**words) if kind == "tsx" else ""
            react = 'import { useEffect, useState } from "react";\n' if kind == "tsx" else ""
            text = TYPESCRIPT.format(**words, react=react, component=component)
        folder = root / ("backend/shop" if kind == "py" else "frontend/features") / f"part{number // 60}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{noun}_{number}.{kind}").write_text(text)


def integrated(root: Path, files: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's sample with ChatKit put into it, among modules up to ``files`` files, committed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    place = root / "repository"
    shutil.copytree(Path(demo.__file__).parent / "sample", place)
    git(place, "init", "-q")
    commit(place)
    request = Request(place, accept_suggestions=True)
    apply(request, plan(request).plan.id)
    commit(place)
    modules(place, files - len(subprocess.run(["git", "ls-files"], cwd=place, check=True, capture_output=True).stdout.split()))
    commit(place)
    return place


def git(place: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=place, check=True)


def commit(place: Path) -> None:
    git(place, "add", "-A")
    git(place, "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "all")


def took(argv: tuple[str, ...], place: Path, may_end_with: frozenset[int], variables: Mapping[str, str]) -> Took:
    """Run a program to its end, with the bytecode that an installed program has."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **variables}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, cwd=place, capture_output=True, check=False, env=environment)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in may_end_with, done.stderr
    return Took(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def rivals() -> Path:
    """Where semgrep and ast-grep are installed."""
    place = Path.home() / ".cache" / "chatkit-integrator-tests" / "rivals"
    if not (place / "bin/semgrep").exists() or not (place / "bin/ast-grep").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, place], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", place / "bin/python", *RIVALS], check=True)
    return place / "bin"


CALLS = ("eval", "open", "exec", "alert", "print", "input", "fetch", "require", "compile", "parseInt")


def rules(place: Path) -> tuple[Path, Path]:
    """Thirty rules for each rival: ten calls, in Python, in TypeScript and in TSX."""
    semgrep, config = place / "semgrep.yml", place / "sgconfig.yml"
    (place / "rules").mkdir()
    config.write_text("ruleDirs: [rules]\n")
    told: list[dict[str, object]] = []
    for name in CALLS:
        for language in ("Python", "TypeScript", "Tsx"):
            rule = {"id": f"{name}-{language}", "language": language, "rule": {"pattern": f"{name}($A)"}, "message": name}
            (place / "rules" / f"{name}-{language}.yml").write_text(json.dumps(rule))
            known = "python" if language == "Python" else "typescript"
            pattern = f"{name}(...)" if language != "Tsx" else f"new {name}(...)"
            told.append(
                {"id": f"{name}-{language}", "languages": [known], "pattern": pattern, "message": name, "severity": "INFO"}
            )
    semgrep.write_text(json.dumps({"rules": told}))
    return semgrep, config


def test_check_takes_half_of_what_semgrep_takes_and_four_times_what_ast_grep_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, found = integrated(tmp_path, FILES, monkeypatch), rivals()
    semgrep, config = rules(tmp_path)
    offline = ("--metrics=off", "--disable-version-check", "--quiet")
    programs = {
        "check": (*CHECK, "."),
        "semgrep": (str(found / "semgrep"), "scan", "--config", str(semgrep), *offline, "."),
        "ast-grep": (str(found / "ast-grep"), "scan", "--config", str(config), "."),
    }
    variables = {"PATH": f"{found}{os.pathsep}{os.environ['PATH']}", "SEMGREP_SETTINGS_FILE": str(tmp_path / "settings.yml")}
    ends = frozenset({0, 1})
    for argv in programs.values():
        took(argv, place, ends, variables)
    runs = {name: list[Took]() for name in programs}
    for _ in range(ROUNDS):
        for name, argv in programs.items():
            runs[name].append(took(argv, place, ends, variables))
    sys.stdout.write("\n")
    for name, times in runs.items():
        wall, cpu = statistics.median(one.wall for one in times), statistics.median(one.cpu for one in times)
        sys.stdout.write(f"{name:9} on {FILES:,} files: {wall:.2f} s on the clock, {cpu:.2f} s of CPU\n")

    def ratio(rival: str, what: str) -> float:
        pairs = zip(runs["check"], runs[rival], strict=True)
        return statistics.median(getattr(ours, what) / getattr(theirs, what) for ours, theirs in pairs)

    ratios = {(rival, what): ratio(rival, what) for rival in ("semgrep", "ast-grep") for what in ("cpu", "wall")}
    for (rival, what), value in ratios.items():
        sys.stdout.write(f"check / {rival}, {what}: {value:.2f}\n")
    assert ratios["semgrep", "cpu"] <= 1 / 2
    assert ratios["semgrep", "wall"] <= 1 / 2
    assert ratios["ast-grep", "cpu"] <= 4
    assert ratios["ast-grep", "wall"] <= 4


def test_a_monorepo_of_twenty_thousand_files_takes_two_seconds_of_cpu_after_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = integrated(tmp_path, MANY, monkeypatch)
    start = (sys.executable, "-m", "chatkit_integrator", "--version")
    took((*CHECK, "."), place, frozenset({0, 1}), {})
    costs: list[float] = []
    for _ in range(ROUNDS):
        whole = took((*CHECK, "."), place, frozenset({0, 1}), {})
        alone = took(start, place, frozenset({0}), {})
        costs.append(whole.cpu - alone.cpu)
        sys.stdout.write(f"\ncheck on {MANY:,} files: {whole.wall:.2f} s, CPU {whole.cpu:.2f} s; start alone {alone.cpu:.2f} s")
    sys.stdout.write(f"\nafter start: {statistics.median(costs):.2f} s of CPU\n")
    assert statistics.median(costs) <= 2
