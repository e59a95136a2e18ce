"""Undo takes apply back to the byte, whatever the repository and whatever the edits."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit_integrator.engine.journal import Journal
from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.model.edit import Content, Edit

PARTS = st.sampled_from(["a", "b", "ü", "sp ace", "-x", "[id]", "$(touch p)", "n\nl"])
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
BYTES = st.sampled_from([b"", b"a", b"a\r\nb", b"\xff\x00", b"\xef\xbb\xbfx\n", b"x" * 70_000])
MODES = st.sampled_from([0o644, 0o600, 0o755, 0o744, 0o444, 0o664])
FILES = st.dictionaries(NAMES, st.tuples(BYTES, MODES), max_size=5)


def content(data: bytes, executable: bool) -> Content:
    return Content(data, executable)


AFTER = st.none() | st.builds(content, BYTES, st.booleans())
CHANGES = st.dictionaries(NAMES, AFTER, min_size=1, max_size=5)


def without_files_in_folders_places(names: set[str]) -> set[str]:
    """Of names that cannot be together, the longer ones."""
    return {name for name in names if not any(other.startswith(f"{name}/") for other in names)}


def everything(root: Path) -> dict[str, tuple[int, bytes | None]]:
    found: dict[str, tuple[int, bytes | None]] = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in {".git", ".state"}]
        for path in (Path(folder, name) for name in (*names, *files)):
            found[str(path.relative_to(root))] = (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
    return found


def git(root: Path, *argv: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.autocrlf=false"]
    return subprocess.run(["git", *identity, *argv], cwd=root, check=True, capture_output=True, text=True).stdout


@settings(max_examples=40, deadline=None)
@given(files=FILES, first=CHANGES, second=CHANGES)
def test_undo_restores_every_byte_and_permission_and_git_sees_nothing(
    files: dict[str, tuple[bytes, int]], first: dict[str, Content | None], second: dict[str, Content | None]
) -> None:
    possible = without_files_in_folders_places({*files, *first, *second})
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, (data, mode) in files.items():
            if name in possible:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(data)
                (root / name).chmod(mode)
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "base", "--allow-empty")
        states = [everything(root)]
        for plan_id, changes in (("first", first), ("second", second)):
            repository = Repository(root, ".state")
            wanted = {name: after for name, after in changes.items() if name in possible}
            edits = [Edit(name, repository.read(name), after) for name, after in wanted.items()]
            Journal(repository).apply(plan_id, edits, allow_dirty=True, version="1")
            for name, after in wanted.items():
                assert Repository(root, ".state").read(name) == after
            states.append(everything(root))
        for before in reversed(states[:-1]):
            Journal(Repository(root, ".state")).undo()
            assert everything(root) == before
        assert git(root, "status", "--porcelain", "--untracked-files=all") == ""
