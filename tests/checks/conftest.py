"""An integrated repository, read once; copies of it with something changed; and the checklist run on them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chatkit_integrator
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.verdict import Evidence, Failed, NotApplicable, Passed, Unknown
from chatkit_integrator.toolkit import Request, apply, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judging import Changes, Repository, Written

    from chatkit_integrator.model.verdict import Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutation-table", action="store_true", help="Print what was killed, and the false alarms.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The mutation table: killed of all an item, alarms of all variants."""
    if not config.getoption("--mutation-table", default=False):
        return
    table: dict[str, list[int]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in report.user_properties:
                if name == "mutation":
                    item, kind = value
                    row = table.setdefault(item, [0, 0, 0, 0])
                    start = 0 if kind == "mutant" else 2
                    row[start] += (outcome == "passed") == (kind == "mutant")
                    row[start + 1] += 1
    for item, (killed, mutants, alarms, variants) in sorted(table.items()):
        terminalreporter.write_line(f"{item}  killed {killed:>2}/{mutants:<2}  false alarms {alarms}/{variants}")
    sums = [sum(row[index] for row in table.values()) for index in range(4)]
    terminalreporter.write_line(f"all   killed {sums[0]}/{sums[1]}  false alarms {sums[2]}/{sums[3]}")


SAMPLE = Path(chatkit_integrator.__file__).parent / "demo" / "sample"
NAMES = {Passed: "pass", Failed: "fail", NotApplicable: "not applicable", Unknown: "unknown"}


@dataclass(frozen=True)
class Texts:
    """A repository as texts; what it can do is described where its type is."""

    files: Mapping[str, str]

    def with_(self, changes: Changes) -> Repository:
        files = dict(self.files)
        for path, given in changes.items():
            if given is None:
                del files[path]
                continue
            for old, new in [given] if isinstance(given, tuple) else given:
                text = files.get(path, "")
                if old == "*":
                    files[path] = new
                elif not old:
                    files[path] = text + new
                else:
                    assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
                    files[path] = text.replace(old, new)
                assert files[path] != text, path
        return Texts(files)

    def over(self, other: Repository) -> Repository:
        assert isinstance(other, Texts)
        return Texts({**self.files, **other.files})

    def verdict(self, item: str) -> Verdict:
        (result,) = check(Path(), tree=Tree.of(self.files), select={item})
        return result.verdict

    def word(self, item: str) -> str:
        return NAMES[type(self.verdict(item))]

    def shown(self, item: str) -> list[str]:
        verdict = self.verdict(item)
        assert isinstance(verdict, (Passed, Failed)), verdict
        found: list[str] = []
        for one in verdict.evidence:
            assert isinstance(one, Evidence)
            line = self.files[one.path].splitlines()[one.line - 1].strip()
            assert one.excerpt == line[:200]
            found.append(f"{one.path}: {line}")
        return found


def _integrated(folder: Path, source: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    root = folder / "repository"
    for name, text in source.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *argv], cwd=root, check=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    apply(Request(root, accept_suggestions=True))
    shutil.rmtree(root / ".git")
    found = {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()}
    return Texts({name: path.read_text() for name, path in found.items() if ".chatkit-integrator" not in name})


@pytest.fixture(scope="session")
def integrated(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The demo's shop with ChatKit put in: people sign in, conversations go to its PostgreSQL."""
    files = {str(path.relative_to(SAMPLE)): path.read_text() for path in sorted(SAMPLE.rglob("*")) if path.is_file()}
    for name in ("backend/shop/settings.py", "backend/.env.example"):
        assert "sqlite+aiosqlite:///./shop.db" in files[name]
        files[name] = files[name].replace("sqlite+aiosqlite:///./shop.db", "postgresql+asyncpg://localhost/shop")
    with pytest.MonkeyPatch.context() as patch:
        return _integrated(tmp_path_factory.mktemp("integrated"), files, patch)


@pytest.fixture(scope="session")
def written() -> Written:
    """An integration written by hand, from ``written/<name>.txtar``: files one after the other, each under ``-- path --``."""

    def read(name: str) -> Repository:
        files: dict[str, list[str]] = {}
        lines: list[str] = []
        for line in (Path(__file__).parent / "written" / f"{name}.txtar").read_text().splitlines(keepends=True):
            if line.startswith("-- ") and line.endswith(" --\n"):
                lines = files.setdefault(line[3:-4], [])
            else:
                lines.append(line)
        return Texts({path: "".join(text) for path, text in files.items()})

    return read
