from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from agents import Agent as Agents

from chatkit_integrator.frameworks.fastapi.importing import module_name
from chatkit_integrator.frameworks.fastapi.transforms import package
from chatkit_integrator.frameworks.fastapi.transforms.package import package_files, plan
from chatkit_integrator.model.profile import (
    Agent,
    App,
    Backend,
    BackendAuth,
    Contract,
    Database,
    Dependencies,
    EnvFile,
    Factory,
    Profile,
    RunContext,
    Symbol,
)
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

MAIN = """\
from fastapi import FastAPI

from {package} import router

app = FastAPI()
app.include_router(router)
"""
DEPS = """\
from dataclasses import dataclass


@dataclass
class User:
    id: int


def get_current_user() -> User:
    return User(7)
"""
CLAIMS = """\
def get_current_user() -> dict[str, str]:
    return {"sub": "ann"}
"""
BOT = """\
from dataclasses import dataclass

from agents import Agent


@dataclass
class Basket:
    items: int = 0


agent = Agent[Basket](name="Shopkeeper")
"""
ENGINE = """\
from sqlalchemy import create_engine

engine = create_engine("sqlite:///shop.db")
"""
HOLDER = """\
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


class Holder:
    engine: AsyncEngine = create_async_engine("sqlite+aiosqlite:///shop.db")


db = Holder()
"""
BOT_MAKER = """\
from dataclasses import dataclass

from agents import Agent


@dataclass
class Shelf:
    books: dict[str, str]


def make_shopkeeper() -> Agent[Shelf]:
    return Agent[Shelf](name="Shopkeeper")
"""
ALL_IN_ONE = """\
from agents import Agent
from fastapi import FastAPI
from sqlalchemy import create_engine

app = FastAPI()
engine = create_engine("sqlite:///shop.db")
helper = Agent(name="Helper")


def get_current_user() -> str:
    return "ann"


from {package} import router  # noqa: E402

app.include_router(router)
"""
FACTORY = """\
from agents import Agent
from fastapi import FastAPI

helper = Agent(name="Helper")


def get_current_user() -> str:
    return "ann"


def create_app() -> FastAPI:
    from {package} import router

    app = FastAPI()
    app.include_router(router)
    return app
"""


def profile(
    app: str = "app/main.py",
    *,
    root: str = "",
    relative: bool = False,
    auth: BackendAuth | None = None,
    agent: Agent | None = None,
    database: Database | None = None,
    factory: Factory | None = None,
    guest: bool = False,
    env_file: EnvFile | None = None,
) -> Profile:
    backend = Backend(
        root=".",
        framework="fastapi",
        app=App(app, "app", "factory" if factory else "module", factory),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("uv", "pyproject.toml"),
        import_root=root,
        package_dir=app.rpartition("/")[0],
        relative_imports=relative,
        database=database,
        auth=auth or BackendAuth("none"),
        agent=agent,
        env_file=env_file,
    )
    return Profile(backend, None, Contract(identity="guest" if guest else "bearer"))


def user(path: str, user_id: str) -> BackendAuth:
    return BackendAuth("bearer", Symbol(path, "get_current_user"), user_id)


def own(path: str, name: str, context: RunContext | None = None) -> Agent:
    return Agent("openai-agents", Symbol(path, name), context)


def engine(path: str, name: str) -> Database:
    return Database("sqlite", "sqlalchemy", Symbol(path, name), is_async=False)


PROJECTS: dict[str, tuple[Profile, Mapping[str, str]]] = {
    "everything of its own, absolute imports": (
        profile(
            auth=user("app/deps.py", "user.id"),
            agent=own("app/bot.py", "agent", RunContext(Symbol("app/bot.py", "Basket"))),
            database=engine("app/db.py", "engine"),
        ),
        {"app/__init__.py": "", "app/main.py": MAIN, "app/deps.py": DEPS, "app/bot.py": BOT, "app/db.py": ENGINE},
    ),
    "relative imports across packages": (
        profile(
            "src/shop/api/main.py",
            root="src",
            relative=True,
            auth=user("src/shop/core/deps.py", 'user["sub"]'),
            agent=own("src/shop/bot.py", "agent"),
            database=engine("src/shop/core/db.py", "db.engine"),
        ),
        {
            "src/shop/__init__.py": "",
            "src/shop/api/__init__.py": "",
            "src/shop/core/__init__.py": "",
            "src/shop/api/main.py": MAIN,
            "src/shop/core/deps.py": CLAIMS,
            "src/shop/core/db.py": HOLDER,
            "src/shop/bot.py": BOT,
        },
    ),
    "an agent and a run context that are made anew": (
        profile(
            auth=user("app/deps.py", "user.id"),
            agent=Agent(
                "openai-agents",
                Symbol("app/bot.py", "make_shopkeeper"),
                RunContext(Symbol("app/bot.py", "Shelf"), (("books", "{}"),)),
                is_factory=True,
            ),
            database=engine("app/db.py", "engine"),
        ),
        {"app/__init__.py": "", "app/main.py": MAIN, "app/deps.py": DEPS, "app/bot.py": BOT_MAKER, "app/db.py": ENGINE},
    ),
    "settings of a file that only their class sees": (
        profile(guest=True, env_file=EnvFile(".env", "app/config.py", 9, refuses=False)),
        {"app/__init__.py": "", "app/main.py": MAIN},
    ),
    "nothing of its own, no package": (profile("main.py", guest=True), {"main.py": MAIN}),
    "modules beside one another": (
        profile("main.py", auth=user("deps.py", "user.id"), agent=own("bot.py", "agent"), database=engine("db.py", "engine")),
        {"main.py": MAIN, "deps.py": DEPS, "bot.py": BOT, "db.py": ENGINE},
    ),
    "everything in the module that makes the app": (
        profile(
            "main.py",
            auth=user("main.py", "user"),
            agent=own("main.py", "helper"),
            database=engine("main.py", "engine"),
        ),
        {"main.py": ALL_IN_ONE},
    ),
    "everything in a module of a package that makes the app": (
        profile(
            relative=True,
            auth=user("app/main.py", "user"),
            agent=own("app/main.py", "helper"),
            database=engine("app/main.py", "engine"),
        ),
        {"app/__init__.py": "", "app/main.py": ALL_IN_ONE},
    ),
    "everything in the module of the factory": (
        profile(
            auth=user("app/main.py", "user"),
            agent=own("app/main.py", "helper"),
            factory=Factory("app/main.py", "create_app", "app"),
        ),
        {"app/__init__.py": "", "app/main.py": FACTORY},
    ),
}
EVERY = pytest.mark.parametrize("name", PROJECTS)


def installed(name: str, root: Path) -> Profile:
    """Write a project to ``root``, with the package, and the package's name into the module that includes its router."""
    made, files = PROJECTS[name]
    assert made.backend is not None
    folder = package.package_folder(made.backend)
    dotted = f".{package.PACKAGE}" if made.backend.relative_imports else module_name(made.backend, f"{folder}/__init__.py")
    tree = Tree.of({path: text.replace("{package}", dotted) for path, text in files.items()})
    outcome = plan(tree, made)
    assert isinstance(outcome, Edited), outcome
    tree = tree.with_edits(outcome.edits)
    assert isinstance(plan(tree, made), AlreadyThere)
    for path in tree.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(tree.text(path))
    return made


def test_no_backend_needs_no_package() -> None:
    assert isinstance(plan(Tree.of({}), Profile(None, None, Contract())), NotNeeded)


def test_a_package_that_is_there_stays_as_it_is() -> None:
    tree = Tree.of({"app/chatkit_backend/__init__.py": "mine = 1\n"})

    assert isinstance(plan(tree, profile()), AlreadyThere)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("__pycache__/\n", "__pycache__/\nchatkit.db*\n"),
        ("__pycache__/", "__pycache__/\nchatkit.db*"),
        ("__pycache__/\r\n", "__pycache__/\r\nchatkit.db*\r\n"),
        ("", "chatkit.db*\n"),
    ],
)
def test_a_file_of_conversations_is_kept_out_of_git(before: str, after: str) -> None:
    outcome = plan(Tree.of({".gitignore": before}), profile(guest=True))

    assert isinstance(outcome, Edited)
    [edit] = [one for one in outcome.edits if one.path == ".gitignore"]
    assert edit.after is not None
    assert edit.after.data.decode() == after


def test_git_is_told_nothing_where_there_is_no_such_file_or_no_rule_of_any_kind() -> None:
    for tree, made in (
        (Tree.of({".gitignore": "x\n"}), profile(guest=True, database=engine("app/db.py", "engine"))),
        (Tree.of({}), profile(guest=True)),
    ):
        outcome = plan(tree, made)
        assert isinstance(outcome, Edited)
        assert not [one for one in outcome.edits if one.path.endswith(".gitignore")]


def test_a_package_that_is_there_without_attachments_is_not_given_them_halfway() -> None:
    made = profile()
    asked = replace(made, contract=replace(made.contract, attachments=True))
    there = {"app/chatkit_backend/__init__.py": "mine = 1\n"}

    outcome = plan(Tree.of(there), asked)
    assert isinstance(outcome, Refused)
    assert "undo" in outcome.reason
    assert isinstance(plan(Tree.of({**there, "app/chatkit_backend/attachments.py": ""}), asked), AlreadyThere)


def test_attachments_are_two_files_more_and_change_only_what_brings_them_in() -> None:
    made = profile()
    plain, more = package_files(made), package_files(replace(made, contract=replace(made.contract, attachments=True)))

    assert {name for name, text in more.items() if plain.get(name) != text} == {
        "__init__.py",
        "attachments.py",
        "files.py",
        "router.py",
    }


def test_a_package_that_git_would_ignore_is_refused() -> None:
    class Ignoring:
        def paths(self) -> list[str]:
            return []

        def read(self, path: str) -> None:
            del path

        def ignored(self, *paths: str) -> frozenset[str]:
            return frozenset(path for path in paths if path.startswith("app/"))

    outcome = plan(Tree(Ignoring()), profile(guest=True))

    assert isinstance(outcome, Refused)
    assert "app/chatkit_backend" in outcome.reason


@EVERY
def test_nothing_is_left_of_the_stand_in_and_there_is_little_to_own(name: str) -> None:
    made, _ = PROJECTS[name]
    files = package_files(made)

    assert not [path for path, text in files.items() if "host" in text.replace('"host"', "")]
    assert sum(bool(line.strip()) for text in files.values() for line in text.splitlines()) <= 900


def test_who_signs_in_as_bearer_without_a_dependency_is_a_guest_not_a_hole() -> None:
    assert "CHATKIT_GUEST_SECRET" in package_files(profile())["identity.py"]


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("user.id", 'user_id_of = attrgetter("id")'),
        ("user.profile.id", 'user_id_of = attrgetter("profile.id")'),
        ('user["sub"]', 'user_id_of = itemgetter("sub")'),
        ("user['sub']", 'user_id_of = itemgetter("sub")'),
        ("user", "user_id_of = str"),
    ],
)
def test_the_users_id_is_taken_as_inspection_found_it(expression: str, line: str) -> None:
    assert line in package_files(profile(auth=user("app/deps.py", expression)))["identity.py"].splitlines()


def test_an_expression_that_is_not_understood_is_never_guessed() -> None:
    with pytest.raises(ValueError, match=r"f\(user\)"):
        package_files(profile(auth=user("app/deps.py", "f(user)")))
    assert isinstance(plan(Tree.of({}), profile(auth=user("app/deps.py", "f(user)"))), Refused)


@pytest.mark.parametrize("kind", ["mysql", "mongodb", "other"])
def test_a_database_that_conversations_cannot_be_kept_in_is_left_alone(kind: str) -> None:
    made = profile(database=replace(engine("app/db.py", "engine"), kind=kind))

    assert "CHATKIT_DATABASE_URL" in package_files(made)["database.py"]


def test_an_engine_made_in_a_function_is_not_called_but_its_address_is_shared() -> None:
    made = profile(database=Database("postgresql", "sqlmodel", None, is_async=False, url_env="DATABASE_URL"))
    text = package_files(made)["database.py"]
    assert 'PROJECT_URL = "DATABASE_URL"' in text
    assert "chatkit.db" not in text


def test_who_generates_migrations_is_told_to_leave_the_chats_tables_alone() -> None:
    made = profile(guest=True, database=engine("app/db.py", "engine"))

    told = plan(Tree.of({"alembic.ini": ""}), made)
    untold = plan(Tree.of({}), made)

    assert isinstance(told, Edited)
    assert isinstance(untold, Edited)
    assert any("chatkit_" in one.text for one in told.follow_ups)
    assert not any("chatkit_" in one.text for one in untold.follow_ups)


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("pyproject.toml", "[project]\nname = 'truffle'\n", None),
        (
            "pyproject.toml",
            "[tool.ruff]\n",
            "ruff check --fix --exit-zero app/chatkit_backend app/main.py && ruff format app/chatkit_backend ",
        ),
        ("ruff.toml", "line-length = 99\n", "ruff check --fix --exit-zero app/"),
        (".pre-commit-config.yaml", "- id: black\n", "black app/chatkit_backend app/main.py"),
    ],
)
def test_who_formats_their_code_is_told_how_to_format_ours(name: str, text: str, command: str | None) -> None:
    outcome = plan(Tree.of({name: text}), profile(guest=True))
    assert isinstance(outcome, Edited)
    commands = [one.line or "" for one in outcome.follow_ups if one.text.startswith("Format ")]
    assert len(commands) == (command is not None)
    assert all(one.startswith(command or "") for one in commands)


def test_a_finding_that_has_no_fix_does_not_keep_the_formatter_away(tmp_path: Path) -> None:
    settings = '[lint]\nselect = ["F", "I"]\n'
    outcome = plan(Tree.of({"ruff.toml": settings}), profile(guest=True))
    assert isinstance(outcome, Edited)
    [told] = [one.line for one in outcome.follow_ups if one.text.startswith("Format ")]
    assert told is not None
    (tmp_path / "ruff.toml").write_text(settings)
    written = [tmp_path / "app/main.py", tmp_path / "app/chatkit_backend/agent.py"]
    for file in written:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("import sys\nimport os\nprint( nowhere,os,sys )\n")

    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", told], cwd=tmp_path, env=tools, capture_output=True, text=True, check=False)

    assert "F821" in done.stdout
    assert {file.read_text() for file in written} == {"import os\nimport sys\n\nprint(nowhere, os, sys)\n"}


@pytest.mark.parametrize(("settings", "told"), [("none", True), ("os.environ", True), ("dotenv", False)])
def test_where_nothing_reads_a_file_the_variables_are_said_to_go_elsewhere(settings: str, told: bool) -> None:
    made = profile(guest=True)
    assert made.backend is not None
    outcome = plan(Tree.of({}), replace(made, backend=replace(made.backend, settings=settings)))
    assert isinstance(outcome, Edited)
    assert any("--env-file" in one.text for one in outcome.follow_ups) == told


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("pyproject.toml", "[tool.coverage.report]\nshow_missing = true\n", None),
        ("pyproject.toml", "[tool.coverage.report]\nfail_under = 0\n", None),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = "--cov --cov-fail-under=100"\n',
            "pyproject.toml:2 wants tests",
        ),
        (".coveragerc", "[report]\nfail_under = 85\n", ".coveragerc:2 wants tests to cover 85 %"),
    ],
)
def test_who_counts_what_tests_cover_is_told_that_ours_has_none(name: str, text: str, told: str | None) -> None:
    outcome = plan(Tree.of({name: text}), profile(guest=True))
    assert isinstance(outcome, Edited)
    found = [one.text for one in outcome.follow_ups if "wants tests" in one.text]
    assert len(found) == (told is not None)
    assert all(one.startswith(told or "") for one in found)


@EVERY
async def test_the_app_starts_with_the_endpoint_and_knows_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = installed(name, tmp_path)
    backend = made.backend
    assert backend is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path / backend.import_root), *sys.path])
    before = set(sys.modules)
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(module_name(backend, backend.app.path))
        app: FastAPI = module.create_app() if backend.app.factory else module.app
        agent = importlib.import_module(f"{router_module(backend)}.agent").get_agent()
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chat") as client,
        ):
            answer = await client.post("/chatkit", json={"type": "threads.list", "params": {}})
    finally:
        for one in set(sys.modules) - before:
            if str(tmp_path) in str(getattr(sys.modules[one], "__file__", "")):
                del sys.modules[one]

    assert app.openapi()["paths"]["/chatkit"]["post"]["tags"] == ["chatkit"]
    assert isinstance(agent, Agents)
    guest = backend.auth.dependency is None
    assert (answer.status_code, "data" in answer.json()) == ((503, False) if guest else (200, True)), answer.text


def router_module(backend: Backend) -> str:
    return module_name(backend, f"{package.package_folder(backend)}/__init__.py")


@pytest.mark.slow
def test_what_is_written_is_clean_for_linter_formatter_and_type_checker(tmp_path: Path) -> None:
    roots: list[dict[str, str]] = []  # five: the others differ in where the router is included, which is not ours
    for number, name in enumerate(list(PROJECTS)[:5]):
        made = installed(name, tmp_path / str(number))
        assert made.backend is not None
        (tmp_path / str(number) / "pyproject.toml").write_text(
            f'[tool.ruff]\nline-length = 128\nsrc = ["{made.backend.import_root or "."}"]\n'
            '[tool.ruff.lint]\nselect = ["E", "F", "W", "I", "UP", "B", "N", "ANN", "ASYNC", "C4", "SIM", "RET", "RUF", "PT"]\n'
            'ignore = ["ANN401", "RUF100"]\n'
        )
        roots.append({"root": f"{number}/{made.backend.import_root}".rstrip("/")})
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11", "executionEnvironments": roots})
    )
    packages = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("chatkit_backend"))

    for command in (
        [sys.executable, "-m", "ruff", "check", "--no-cache", *packages],
        [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", *packages],
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", "pyrightconfig.json"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
