"""The patch that is shown leads, by git's own hand, to exactly the planned bytes."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatkit_integrator.engine.preview import counts, patch
from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.model.edit import Content, Edit

LINES = st.lists(st.sampled_from(["a", "b", "", "é☕", "\tx", "\x0cform", "a\u2028b", "end\r", "  "]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n", "\r\n"]))
NAMES = st.sampled_from(["a.txt", "dir/ü ñ.txt", 'quo"te.txt', "tab\tname", "sp ace/$(touch x).tsx", "[slug]/(group)/page.tsx"])
CONTENTS = st.none() | st.builds(lambda text, x: Content(text.encode(), executable=x), TEXTS, st.booleans())


def git(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *argv], cwd=root, check=False, capture_output=True, text=True)


def write(root: Path, path: str, content: Content) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.data)
    file.chmod(0o755 if content.executable else 0o644)


def test_what_is_not_text_cannot_be_shown() -> None:
    with pytest.raises(NotUtf8Error, match=r"logo\.png"):
        patch([Edit("logo.png", Content(b"\xff\xfe"), Content(b"\xff"))])


def test_counts_are_of_lines_added_and_removed() -> None:
    assert counts(Edit("a", Content(b"1\n2\n3\n"), Content(b"1\n2x\n3\n4\n"))) == (2, 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=NAMES, before=CONTENTS, after=CONTENTS)
def test_git_applies_the_patch_and_comes_to_the_planned_bytes_and_mode(
    path: str, before: Content | None, after: Content | None
) -> None:
    if before == after or (before and not before.data) or (after and not after.data):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        git(root, "init", "-q")
        if before is not None:
            write(root, path, before)
            git(root, "add", "-A")
        (root / "the.patch").write_bytes(patch([Edit(path, before, after)]).encode())
        done = git(root, "apply", "--whitespace=nowarn", "the.patch")
        assert done.returncode == 0, done.stderr + (root / "the.patch").read_text()
        file = root / path
        if after is None:
            assert not file.exists()
        else:
            assert file.read_bytes() == after.data
            assert bool(file.stat().st_mode & 0o100) == after.executable
