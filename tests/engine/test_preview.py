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

LINES = st.lists(
    st.sampled_from([
        "a", "b", "", "é☕", "\tx", "\x0cform", "a\u2028b", "end\r", "  ", "\r", "a\x85b", "\ufeffa", "-- a",
        "++ b", "@@ -1 +1 @@", "\\ No newline at end of file", "diff --git a/x b/x",
    ]),
    max_size=12,
)  # fmt: skip


def joined(lines: list[str], end: str) -> str:
    """A text, ended as it may be; empty ones included."""
    return "\n".join(lines) + end


def content(text: str, executable: bool) -> Content:
    return Content(text.encode(), executable)


TEXTS = st.builds(joined, LINES, st.sampled_from(["", "\n", "\r\n"]))
NAMES = st.sampled_from(
    [
        "a.txt",
        "dir/ü ñ.txt",
        'quo"te.txt',
        "tab\tname",
        "sp ace/$(touch x).tsx",
        "[slug]/(group)/page.tsx",
        "line\nfeed",
        "back\\slash",
        "b",
        "a/b",
        "ends in space ",
    ]
)
CONTENTS = st.none() | st.builds(content, TEXTS, st.booleans())


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
    if before == after:
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


@settings(max_examples=20, deadline=None)
@given(sides=st.dictionaries(NAMES, st.tuples(CONTENTS, CONTENTS), min_size=2))
def test_a_patch_of_many_files_is_applied_whole_and_counted_as_git_counts(
    sides: dict[str, tuple[Content | None, Content | None]],
) -> None:
    edits = [Edit(path, before, after) for path, (before, after) in sides.items() if before != after]
    if not edits:
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for edit in edits:
            if edit.before is not None:
                write(root, edit.path, edit.before)
        (root / "the.patch").write_bytes(patch(edits).encode())
        counted = git(root, "apply", "--numstat", "-z", "the.patch").stdout.split("\0")[:-1]
        assert sorted(counted) == sorted("{}\t{}\t{}".format(*counts(edit), edit.path) for edit in edits)
        assert git(root, "apply", "--whitespace=nowarn", "the.patch").returncode == 0
        for edit in edits:
            assert (root / edit.path).exists() == (edit.after is not None)
            if edit.after is not None:
                assert (root / edit.path).read_bytes() == edit.after.data


def test_nothing_is_nothing() -> None:
    assert patch([]) == ""


def test_files_come_in_order_of_path_and_names_are_quoted_as_git_quotes_them() -> None:
    edits = [Edit("ü.txt", None, Content(b"1\n")), Edit("a.txt", None, Content(b"1"))]
    assert patch(edits) == (
        "diff --git a/a.txt b/a.txt\nnew file mode 100644\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+1\n"
        "\\ No newline at end of file\n"
        'diff --git "a/\\303\\274.txt" "b/\\303\\274.txt"\nnew file mode 100644\n'
        '--- /dev/null\n+++ "b/\\303\\274.txt"\n@@ -0,0 +1 @@\n+1\n'
    )


def test_a_large_file_with_a_small_change_is_shown_at_once() -> None:
    lines = [f'    "package-{number}": {{\n' for number in range(30_000)]
    changed = [*lines[:15_000], "new\n", *lines[15_000:]]
    edit = Edit("package-lock.json", Content("".join(lines).encode()), Content("".join(changed).encode()))
    assert counts(edit) == (1, 0)
    assert len(patch([edit])) < 600
