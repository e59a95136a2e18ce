"""What belongs to a repository, what may be read of it, and what git says of it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.engine.repository import Repository, is_secret
from chatkit_integrator.errors import (
    DirtyFilesError,
    NotARepositoryError,
    NotWritableError,
    OutsideRootError,
    UnreadableError,
)
from chatkit_integrator.model.edit import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Make = Callable[[Mapping[str, str | bytes]], Path]
    Git = Callable[..., str]
    Write = Callable[[Path, Mapping[str, str | bytes]], Path]

STATE = ".state"


def opened(root: Path) -> Repository:
    return Repository(root, STATE)


# What is not listed


@pytest.mark.parametrize("name", [".env", "web/.env.local", ".env.production", ".ENV", "a/.env.test"])
def test_secrets_are_neither_listed_nor_read(committed: Make, name: str) -> None:
    repository = opened(committed({name: "KEY=1", "a.py": ""}))
    assert repository.paths() == ("a.py",)
    assert repository.read(name) is None


@pytest.mark.parametrize(
    "name", [".env.example", ".env.local.example", "web/.env.sample", ".env.template", ".env.dist", "env.py"]
)
def test_examples_of_secrets_are_files_like_any(committed: Make, name: str) -> None:
    repository = opened(committed({name: "KEY="}))
    assert repository.paths() == (name,)
    assert repository.read(name) == Content(b"KEY=")


@pytest.mark.parametrize("asked", [".env/", "./.env", "shown.txt", "folder/.env"])
def test_a_secret_is_not_read_by_another_name(committed: Make, asked: str) -> None:
    root = committed({".env": "KEY=1", "real/.env": "KEY=2"})
    (root / "shown.txt").symlink_to(".env")
    (root / "folder").symlink_to("real")
    assert opened(root).read(asked) is None


def test_the_state_folder_and_gits_own_are_neither_listed_nor_read(committed: Make) -> None:
    root = committed({"a.py": "", f"{STATE}/record": "x", "deep/.git-blame-ignore-revs": "y"})
    repository = opened(root)
    assert repository.paths() == ("a.py", "deep/.git-blame-ignore-revs")
    assert repository.read(f"{STATE}/record") is None
    assert (root / ".git/HEAD").is_file()
    assert repository.read(".git/HEAD") is None
    assert repository.read("deep/.git-blame-ignore-revs") == Content(b"y")


def test_what_is_ignored_or_gone_from_the_work_tree_is_not_listed(committed: Make, write: Write) -> None:
    root = committed({".gitignore": "*.log\n", "a.py": "", "gone.py": "", "gone/b.py": ""})
    write(root, {"debug.log": "", "new.py": ""})
    (root / "gone.py").unlink()
    shutil.rmtree(root / "gone")
    assert opened(root).paths() == (".gitignore", "a.py", "new.py")


def test_links_are_not_listed_and_loops_end(committed: Make, tmp_path: Path) -> None:
    root = committed({"a/a.py": ""})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/o.py").write_text("")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "o.py").symlink_to(tmp_path / "outside/o.py")
    (root / "a/up").symlink_to("..")
    (root / "self").symlink_to("self")
    assert opened(root).paths() == ("a/a.py",)
    shutil.rmtree(root / ".git")
    assert opened(root).paths() == ("a/a.py",)
    assert opened(root).read("self") is None


# What is listed


def test_names_are_listed_as_they_are(committed: Make) -> None:
    names = ["sp ace.py", "n\new.py", 'qu"ote.py', "tab\t.py", "über/ß.py", "-dash.py", ":colon.py", "[id]/page.tsx"]
    repository = opened(committed(dict.fromkeys(names, "x")))
    assert repository.paths() == tuple(sorted(names))
    assert all(repository.read(name) == Content(b"x") for name in names)


def test_a_name_that_is_not_utf8_is_no_obstacle(committed: Make) -> None:
    root = committed({"a.py": ""})
    with open(os.fsencode(root) + b"/caf\xe9.py", "wb"):  # noqa: PTH123 - a path of bytes
        pass
    assert opened(root).paths() == ("a.py", os.fsdecode(b"caf\xe9.py"))


def test_a_sub_directory_of_a_repository_is_a_root_of_its_own(committed: Make) -> None:
    repository = opened(committed({"web/app/page.tsx": "", "api/main.py": ""}) / "web")
    assert repository.paths() == ("app/page.tsx",)
    with pytest.raises(OutsideRootError):
        repository.read("../api/main.py")


def test_outside_git_the_folders_are_walked_without_what_is_installed_or_built(tmp_path: Path, write: Write) -> None:
    installed = ["node_modules/p/i.js", ".venv/a.py", "web/.next/b.js", "dist/c.js", "x/__pycache__/d.pyc", f"{STATE}/e"]
    write(tmp_path, dict.fromkeys([*installed, "api/main.py", ".env", "web/.env.example"], ""))
    write(tmp_path, {"my-environment/pyvenv.cfg": "", "my-environment/lib/f.py": ""})
    assert opened(tmp_path).paths() == ("api/main.py", "web/.env.example")


def test_repositories_side_by_side_are_listed_by_their_own_git(tmp_path: Path, write: Write, git: Git) -> None:
    for name in ("api", "web"):
        write(tmp_path / name, {".gitignore": "secret.txt\n", "a.txt": "", "secret.txt": ""})
        git(tmp_path / name, "init", "-q")
    repository = opened(tmp_path)
    assert repository.paths() == ("api/.gitignore", "api/a.txt", "web/.gitignore", "web/a.txt")
    assert repository.ignored("web/secret.txt")
    assert not repository.ignored("web/new.txt")


def test_a_repository_inside_a_repository_is_listed_too(committed: Make, write: Write, git: Git, tmp_path: Path) -> None:
    root = committed({"a.py": ""})
    part = write(tmp_path / "part", {"main.py": ""})
    git(part, "init", "-q")
    git(part, "add", "-A")
    git(part, "commit", "-qm", "part")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part), "sub")
    shutil.copytree(part, root / "clone")
    assert opened(root).paths() == (".gitmodules", "a.py", "clone/main.py", "sub/main.py")


def test_a_folder_that_an_outer_repository_ignores_is_walked(committed: Make, write: Write) -> None:
    root = committed({".gitignore": "scratch/\n"})
    inner = opened(write(root / "scratch/app", {"main.py": ""}))
    assert inner.paths() == ("main.py",)
    assert not inner.ignored("new.py")
    assert inner.dirty(["main.py"]) == ()


def test_git_is_asked_once_for_the_list(committed: Make, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = committed({f"p{number}/m.py": "" for number in range(50)})
    honest = shutil.which("git")
    shim = write(tmp_path / "bin", {"git": f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec {honest} "$@"\n'}) / "git"
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    tree = opened(root).tree()
    assert len(tree.paths) == 50
    assert len(tree.named("m.py")) == 50
    assert all(tree.has(path) for path in tree.paths)
    assert len((tmp_path / "calls").read_text().splitlines()) == 1


def test_a_hook_s_environment_does_not_lead_elsewhere(
    committed: Make, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = committed({"a.py": ""})
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    (root / "a.py").write_text("changed")
    assert opened(root).paths() == ("a.py",)
    assert opened(root).dirty(["a.py"]) == ("a.py",)


def test_nothing_that_the_repository_configures_is_run_and_nothing_is_written(
    committed: Make, write: Write, git: Git, tmp_path: Path
) -> None:
    root = committed({"a.py": "x"})
    program = write(tmp_path / "bin", {"evil": f"#!/bin/sh\ntouch {tmp_path}/ran\n"}) / "evil"
    program.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(program))
    (root / "a.py").write_text("y")
    os.utime(root / "a.py", (1, 1))
    before = {path: path.stat() for path in (root / ".git").rglob("*")}
    repository = opened(root)
    assert repository.paths() == ("a.py",)
    assert repository.dirty(["a.py"]) == ("a.py",)
    assert not repository.ignored("b.py")
    assert not (tmp_path / "ran").exists()
    assert {path: path.stat().st_mtime_ns for path in (root / ".git").rglob("*")} == {
        path: status.st_mtime_ns for path, status in before.items()
    }


def test_without_git_on_the_machine_a_folder_is_a_folder(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "r", {"a.py": ""})
    monkeypatch.setenv("PATH", str(tmp_path))
    repository = opened(tmp_path / "r")
    assert repository.paths() == ("a.py",)
    assert not repository.ignored("b.py")
    assert repository.dirty(["a.py"]) == ()


@pytest.mark.parametrize("name", ["absent", "file"])
def test_what_is_no_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotARepositoryError, match=name):
        opened(tmp_path / name)


# Reading


ESCAPES = ["..", "../x", "a/../../x", "/etc/passwd", "C:/x", "c:x", "\\x", "a\0b", "", "."]


@pytest.mark.parametrize("path", ESCAPES)
def test_a_path_that_is_none_inside_the_root_is_refused(committed: Make, path: str) -> None:
    repository = opened(committed({"a": ""}))
    for ask in (repository.read, repository.read_now, repository.resolve, repository.check_name, repository.check_place):
        with pytest.raises(OutsideRootError):
            ask(path)


@pytest.mark.parametrize("path", ["link.txt", "folder/o.txt", "folder/new.txt"])
def test_a_link_out_of_the_root_is_not_followed(committed: Make, tmp_path: Path, path: str) -> None:
    root = committed({"a.txt": ""})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/o.txt").write_text("private")
    (root / "link.txt").symlink_to(tmp_path / "outside/o.txt")
    (root / "folder").symlink_to(tmp_path / "outside")
    repository = opened(root)
    for ask in (repository.read, repository.read_now, repository.check_place):
        with pytest.raises(OutsideRootError, match=path):
            ask(path)


def test_a_link_inside_the_root_is_read_but_not_written_through(committed: Make) -> None:
    root = committed({"shared/tsconfig.json": "{}", "web/package.json": "{}"})
    (root / "web/tsconfig.json").symlink_to("../shared/tsconfig.json")
    (root / "alias").symlink_to("shared")
    repository = opened(root)
    assert repository.read("web/package.json") == Content(b"{}")
    for path in ("web/tsconfig.json", "alias/tsconfig.json"):
        assert repository.read(path) == Content(b"{}")
        for ask in (repository.read_now, repository.check_place):
            with pytest.raises(OutsideRootError, match=r"shared/tsconfig\.json"):
                ask(path)


def test_a_link_that_takes_a_folder_s_place_is_seen_when_it_is_written(committed: Make, tmp_path: Path) -> None:
    root = committed({"a/b.txt": "b"})
    repository = opened(root)
    assert repository.read("a/b.txt") == Content(b"b")
    (root / "a").rename(tmp_path / "elsewhere")
    (root / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideRootError):
        repository.read_now("a/b.txt")


def test_a_root_that_is_reached_through_a_link_is_a_root(committed: Make, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(committed({"a/b.txt": "b"}))
    assert opened(tmp_path / "link").read_now("a/b.txt") == Content(b"b")


def test_what_is_no_file_reads_as_none(tmp_path: Path, write: Write) -> None:
    write(tmp_path, {"folder/a": "", "file": ""})
    os.mkfifo(tmp_path / "pipe")
    repository = opened(tmp_path)
    for path in ("folder", "absent", "absent/a", "file/a", "pipe", "x" * 300):
        assert repository.read(path) is None


def test_bytes_and_the_right_to_execute_are_read(committed: Make) -> None:
    root = committed({"run.sh": b"\xff\r\n", "big": b"x" * 300_000})
    (root / "run.sh").chmod(0o744)
    assert opened(root).read("run.sh") == Content(b"\xff\r\n", executable=True)
    assert opened(root).read("big") == Content(b"x" * 300_000)


def test_a_file_is_read_once_unless_it_is_asked_for_as_it_is_now(committed: Make) -> None:
    root = committed({"a/b": "1"})
    repository = opened(root)
    assert repository.read("a/b") == Content(b"1")
    (root / "a/b").write_text("2")
    assert repository.read("a/b") == Content(b"1")
    assert repository.read_now("a/b") == Content(b"2")


@pytest.mark.usefixtures("no_privileges")
def test_a_file_that_may_not_be_read_is_refused_by_name(committed: Make) -> None:
    root = committed({"a.py": "", "b.py": ""})
    (root / "a.py").chmod(0)
    repository = opened(root)
    assert repository.paths() == ("a.py", "b.py")
    with pytest.raises(UnreadableError, match=r"a\.py cannot be read"):
        repository.read("a.py")


# Where may be written


@pytest.mark.parametrize("path", [".env", "web/.env.local", ".git/hooks/pre-commit", f"{STATE}/x", "sub/.git/config"])
def test_secrets_git_s_files_and_our_own_are_not_to_be_written(committed: Make, path: str) -> None:
    with pytest.raises(OutsideRootError, match="by hand"):
        opened(committed({"a": ""})).check_place(path)


@pytest.mark.parametrize(("path", "said"), [("folder", "is a directory"), ("file/a/b", "file is a file")])
def test_a_folder_in_a_file_s_place_or_a_file_in_a_folder_s_is_refused(committed: Make, path: str, said: str) -> None:
    repository = opened(committed({"folder/a": "", "file": ""}))
    with pytest.raises(NotWritableError, match=said):
        repository.check_place(path)
    repository.check_place("folder/new/deep/file")


# What git says


def test_uncommitted_changes_of_every_kind_are_dirty(committed: Make, write: Write, git: Git) -> None:
    names = ["clean", "changed", "staged", "gone", "[id]", "sp ace", "n\new", "deep/changed"]
    root = committed(dict.fromkeys([*names, "i", "d"], "1"))
    write(root, dict.fromkeys(["changed", "staged", "[id]", "sp ace", "n\new", "deep/changed", "new"], "2"))
    git(root, "add", "staged")
    (root / "gone").unlink()
    assert opened(root).dirty([*names, "new", "i", "d"]) == tuple(sorted({*names, "new"} - {"clean"}))
    assert opened(root).dirty([]) == ()


def test_a_file_of_the_same_name_elsewhere_does_not_make_one_dirty(committed: Make, write: Write) -> None:
    root = committed({"a/x.py": "1", "b/a/x.py": "1", "ax.py": "1"})
    write(root, {"b/a/x.py": "2", "ax.py": "2"})
    assert opened(root).dirty(["a/x.py"]) == ()
    assert opened(root / "b").dirty(["a/x.py"]) == ("a/x.py",)


def test_a_file_of_an_inner_repository_is_judged_by_it(tmp_path: Path, write: Write, git: Git) -> None:
    write(tmp_path / "web", {"a.txt": "1", "b.txt": "1"})
    git(tmp_path / "web", "init", "-q")
    git(tmp_path / "web", "add", "-A")
    git(tmp_path / "web", "commit", "-qm", "base")
    write(tmp_path, {"web/a.txt": "2", "c.txt": ""})
    assert opened(tmp_path).dirty(["web/a.txt", "web/b.txt", "c.txt"]) == ("web/a.txt",)


def test_git_that_does_not_work_is_not_taken_for_clean(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.txt": "1", ".git/HEAD": "broken"})
    with pytest.raises(DirtyFilesError, match=r"not a git repository.*--allow-dirty\."):
        opened(tmp_path).dirty(["a.txt"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DirtyFilesError, match="not installed"):
        opened(tmp_path).dirty(["a.txt"])


def test_ignored_is_what_git_would_ignore(committed: Make) -> None:
    root = committed({".gitignore": "lib/\n*.log\n!keep.log\n:odd\n", "web/.gitignore": "/app/x\n", "lib/kept.py": ""})
    repository = opened(root)
    expected = {
        "lib/new.py": True, "a/b/lib/new.py": True, "x.log": True, "keep.log": False, "web/app/x": True, "app/x": False,
        "lib/kept.py": False, "src/new.py": False, ":odd": True, "-x.log": True, "new/deep/-x.log": True,
    }  # fmt: skip
    assert repository.ignored(*expected) == {path for path, is_ignored in expected.items() if is_ignored}


def test_listing_asks_the_system_nothing_about_each_file(committed: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = committed({f"p{number // 100}/m{number}.py": "" for number in range(1000)})
    asked: list[object] = []
    for name in ("stat", "lstat", "open"):
        honest = getattr(os, name)

        def counting(path: object, *args: object, _honest: Callable[..., object] = honest, **kwargs: object) -> object:
            asked.append(path)
            return _honest(path, *args, **kwargs)

        monkeypatch.setattr(os, name, counting)
    repository = opened(root)
    assert len(repository.paths()) == 1000
    assert len(asked) < 50


def test_is_secret_speaks_of_names_only() -> None:
    assert is_secret("a/b/.env")
    assert not is_secret("a.env/b")
    assert not is_secret(".envrc.md")
