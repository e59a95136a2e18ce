"""A `.env` file that only the project's settings class reads: the chat finds its own variables there, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.fastapi.inspecting.settings import env_file
from chatkit_integrator.model.profile import EnvFile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.python import PythonModules
from chatkit_integrator.toolkit import Request, apply, plan

if TYPE_CHECKING:
    from chatkit_integrator.toolkit import Planned

FERRIES = Path(__file__).parents[2] / "repos" / "settings_from_a_file"
CLASS = "from pydantic_settings import BaseSettings, SettingsConfigDict as Dict\n\n\nclass Settings(BaseSettings):\n    {0}\n"
SEEN = "import os, api.main; print([os.environ.get(name) for name in ('OPENAI_API_KEY', 'CHATKIT_GUEST_SECRET', 'OTHER')])"


def found(line: str, **more: str) -> EnvFile | None:
    files = {"app/config.py": CLASS.format(line), **{f"app/{name}.py": text for name, text in more.items()}}
    return env_file(PythonModules(Tree.of(files)), "", "main.py")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("name: str = 'x'", id="no file at all"),
        pytest.param("model_config = Dict(env_file=None)", id="a file that is switched off"),
        pytest.param("other = Dict(env_file='.env')", id="something else of that class"),
    ],
)
def test_without_a_file_there_is_nothing_to_read(line: str) -> None:
    assert found(line) is None


def test_a_file_that_only_tests_read_is_none() -> None:
    tree = Tree.of({"tests/config.py": CLASS.format("model_config = Dict(env_file='.env')")})
    assert env_file(PythonModules(tree), "", "main.py") is None


@pytest.mark.parametrize(
    ("line", "name", "refuses"),
    [
        ("model_config = Dict(env_file='.env')", ".env", True),
        ("model_config = Dict(env_file=f'{HERE}/.env', extra='forbid')", ".env", True),
        ("model_config = Dict(env_file=HERE / 'conf' / 'app.env', extra='ignore')", "app.env", False),
        ("model_config = Dict(env_file=('../.env', '../.env.prod'), extra='allow')", ".env", False),
        ("model_config = Dict(env_file=FILE, env_prefix='SHOP_')", ".env", False),
        ("model_config: Dict = {'env_file': '.env', 'extra': 'ignore'}", ".env", False),
        ("class Config:\n        env_file = '.env'", ".env", True),
        ("class Config:\n        env_file = '.env'\n        extra = Extra.ignore", ".env", False),
    ],
)
def test_the_file_is_found_however_it_is_named(line: str, name: str, *, refuses: bool) -> None:
    assert found(line) == EnvFile(name, "app/config.py", 5, refuses)


def test_of_two_classes_the_one_that_refuses_counts_and_loading_is_seen() -> None:
    one = CLASS.format("model_config = Dict(env_file='.env', extra='ignore')")
    two = CLASS.format("model_config = Dict(env_file='.env')")
    tree = Tree.of({"a.py": one, "b.py": two, "main.py": "from dotenv import load_dotenv\n\nload_dotenv()\n"})
    assert env_file(PythonModules(tree), "", "main.py") == EnvFile(".env", "b.py", 5, refuses=True, is_loaded=True)


@pytest.mark.parametrize(
    ("main", "is_loaded"),
    [
        ("from shop import start\n", True),
        ("from shop.start import app\n", True),
        ("import shop.start\n", True),
        ("from shop import config\n", False),
        ("", False),
    ],
)
def test_only_what_the_application_imports_loads_the_file_for_it(main: str, *, is_loaded: bool) -> None:
    """As in many templates: Alembic's env.py and commands load it for themselves."""
    loading = "from dotenv import load_dotenv\n\nload_dotenv()\n"
    texts = {"shop/config.py": CLASS.format("model_config = Dict(env_file='.env')"), "shop/start.py": loading}
    tree = Tree.of({**texts, "migrations/env.py": loading, "main.py": main})
    found_file = env_file(PythonModules(tree), "", "main.py")
    assert found_file is not None
    assert found_file.is_loaded is is_loaded


def integrated(root: Path) -> Planned:
    shutil.copytree(FERRIES, root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    planned = plan(Request(root, accept_suggestions=True))
    apply(Request(root, accept_suggestions=True), planned.plan.id)
    return planned


def started(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "CHATKIT"))}
    return subprocess.run(
        [sys.executable, "-c", SEEN], cwd=root, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def ferries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Planned]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "ferries", integrated(tmp_path / "ferries")


def test_the_chats_variables_are_read_from_the_file_and_no_others(ferries: tuple[Path, Planned]) -> None:
    root, _ = ferries
    config = root / "api" / "core" / "config.py"
    config.write_text(config.read_text().replace("case_sensitive", 'extra="ignore", case_sensitive'))
    (root / ".env").write_text("OPENAI_API_KEY=of the file\nCHATKIT_GUEST_SECRET=\nOTHER=not ours\n")

    assert started(root).stdout == "['of the file', None, None]\n"
    assert started(root, OPENAI_API_KEY="of the environment").stdout == "['of the environment', None, None]\n"
    (root / ".env").unlink()
    assert started(root).stdout == "[None, None, None]\n"


def test_a_class_that_would_stop_the_application_is_told_of_and_does(ferries: tuple[Path, Planned]) -> None:
    root, planned = ferries
    [told] = [one.text for one in planned.plan.follow_ups if one.text.startswith("api/core/config.py:11 ")]
    assert 'extra="ignore"' in told

    (root / ".env").write_text("OPENAI_API_KEY=of the file\n")
    assert "Extra inputs are not permitted" in started(root).stderr
    (root / ".env").unlink()
    assert started(root, OPENAI_API_KEY="of the environment").returncode == 0
    assert '"python-dotenv>=' in (root / "pyproject.toml").read_text()
