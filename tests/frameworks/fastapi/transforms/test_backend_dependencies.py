"""The backend's packages: where nothing is written, and where each kind of manifest gets them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any, cast

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chatkit_integrator.errors import NotUtf8Error, SyntaxRefusedError
from chatkit_integrator.frameworks.fastapi.inspecting import inspect
from chatkit_integrator.frameworks.fastapi.transforms.dependencies import TRANSFORM
from chatkit_integrator.model.profile import Agent, App, Backend, BackendAuth, Contract, Database, Dependencies, Profile, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Outcome, Refused

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLOORS = {
    "openai-chatkit": ">=1.4.0",
    "openai-agents": ">=0.3.2",
    "sqlalchemy": ">=2.0.25",
    "aiosqlite": ">=0.20",
    "pyjwt": ">=2.8",
}
ALL = "openai-chatkit>=1.4\nopenai-agents\nsqlalchemy[asyncio]\naiosqlite\npyjwt\n"


class Declared:
    """A backend with these manifests, before and after."""

    def __init__(self, files: dict[str, str | bytes], backend: Backend | None = None) -> None:
        self.before = Tree.of({"main.py": APP, **files})
        found = backend or inspect(self.before, ".", {}).profile
        assert isinstance(found, Backend)
        self.profile = Profile(found, None, Contract(identity="bearer" if found.auth.dependency else "guest"))
        self.outcome: Outcome = TRANSFORM.plan(self.before, self.profile)
        edits = self.outcome.edits if isinstance(self.outcome, Edited) else ()
        self.tree = self.before.with_edits(edits)
        self.edited = [edit.path for edit in edits]
        if edits:
            assert isinstance(TRANSFORM.plan(self.tree, self.profile), AlreadyThere)

    def added(self, path: str) -> list[str]:
        """The lines that are new; every other one stands as it was, but for the one that had to get a comma."""
        old, new = (tree.text(path).splitlines() for tree in (self.before, self.tree))
        rest = iter(new)
        assert all(line in rest for line in old if line in new)
        assert len([line for line in old if line not in new]) <= 1
        return [line for line in new if line not in old]

    @property
    def told(self) -> list[str]:
        return [one.text for one in self.outcome.follow_ups] if isinstance(self.outcome, Edited) else []


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def test_nothing_is_needed_without_a_backend() -> None:
    made = Declared({"requirements.txt": "fastapi\n"})
    assert isinstance(TRANSFORM.plan(made.before, replace(made.profile, backend=None)), NotNeeded)


def test_without_a_manifest_the_packages_are_named_with_their_floors() -> None:
    outcome = Declared({}).outcome
    assert isinstance(outcome, Refused)
    found = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, outcome.patch.splitlines())}
    assert found == FLOORS


def test_attachments_need_newer_packages_and_one_more() -> None:
    made = Declared({})
    asked = replace(made.profile, contract=replace(made.profile.contract, attachments=True))
    outcome = TRANSFORM.plan(made.before, asked)
    assert isinstance(outcome, Refused)
    found = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, outcome.patch.splitlines())}
    assert found == {**FLOORS, "openai-chatkit": ">=1.6.0", "python-multipart": ">=0.0.18"}


DECLARED = {
    "pip": {"requirements.txt": "fastapi\n" + ALL},
    "pip, in other spellings": {
        "requirements.txt": "OpenAI_ChatKit>=1.6\nopenai.agents==0.21\nSQLAlchemy[asyncio] ~= 2\n\taiosqlite # x\nPyJWT[crypto]"
    },
    "pip, taken in": {"requirements.txt": "-r deps/all.txt\nfastapi\n", "deps/all.txt": "-r ../more.txt\n", "more.txt": ALL},
    "pip, in a circle": {
        "requirements.txt": "-r requirements-base.txt\n",
        "requirements-base.txt": f"-rrequirements.txt\n{ALL}",
    },
    "poetry": {
        "pyproject.toml": '[tool.poetry.dependencies]\nfastapi = "*"\nopenai-chatkit = "^1.6"\nopenai-agents = "^0.21"\n'
        'aiosqlite = "*"\npyjwt = "*"\n\n[tool.poetry.dependencies.sqlalchemy]\nversion = "^2.0.40"\nextras = ["asyncio"]\n'
    },
    "pipenv": {"Pipfile": "[packages]\n" + "".join(f'{name} = "*"\n' for name in (*FLOORS, "greenlet"))},
    "pyproject.toml": {"pyproject.toml": f"[project]\nname = 'shop'\ndependencies = {ALL.split()}\n"},
    "setup.py": {"setup.py": f"from setuptools import setup\n\nsetup(install_requires={ALL.split()})\n"},
    "conda": {"environment.yml": "dependencies:\n" + "".join(f"  - {name}\n" for name in FLOORS)},
}


@pytest.mark.parametrize("files", DECLARED.values(), ids=DECLARED)
def test_what_is_declared_is_left_alone(files: dict[str, str | bytes]) -> None:
    assert isinstance(Declared(files).outcome, AlreadyThere)


BY_HAND = {
    "hashes": {"requirements.txt": "fastapi==0.115.0 \\\n    --hash=sha256:abc\n"},
    "setup.py": {"setup.py": "from setuptools import setup\n\nsetup(install_requires=['fastapi'])\n"},
    "conda": {"environment.yml": "dependencies:\n  - fastapi\n"},
    "only the tools' settings": {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['x']\n"},
    "worked out by the build": {"pyproject.toml": "[project]\nname = 'shop'\ndynamic = ['dependencies']\n"},
}


@pytest.mark.parametrize("files", BY_HAND.values(), ids=BY_HAND)
def test_what_cannot_be_edited_with_certainty_is_named_with_what_to_add(files: dict[str, str | bytes]) -> None:
    outcome = Declared(files).outcome
    assert isinstance(outcome, Refused)
    assert next(iter(files)) in outcome.reason
    assert names(outcome.patch.splitlines()) == set(FLOORS)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"Pipfile": "[dev-packages]\nfastapi = '*'\n"}, r"Pipfile has no table \[packages\]"),
        ({"pyproject.toml": "[project]\nname = 'shop'\ndependencies = 'fastapi'\n"}, "no array"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_by_name(files: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(SyntaxRefusedError, match=message):
        Declared(files, replace(backend(), dependencies=Dependencies("pip", next(iter(files)), tuple(files))))


def test_a_manifest_that_is_not_utf8_is_said_to_be() -> None:
    with pytest.raises(NotUtf8Error, match=r"requirements\.txt"):
        Declared({"requirements.txt": "fastapi\n".encode("utf-16")}, replace(backend()))


def backend() -> Backend:
    return Backend(
        root=".",
        framework="fastapi",
        app=App("main.py", "app", "module"),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("pip", "requirements.txt", ("requirements.txt",)),
        import_root="",
        package_dir="",
    )


PEP_621 = {
    "on one line": 'dependencies = ["fastapi"]\n',
    "empty": "dependencies = []\n\n[tool.uv]\ndev-dependencies = []\n",
    "a line each": "dependencies = [\n  'fastapi[standard]>=0.115',  # the web\n]\n\n[tool.x]\na = 1\n",
    "with tabs": 'dependencies = [\n\t"fastapi",\n\t# more\n]\n',
    "without a last comma": 'dependencies = [\n    "fastapi",\n    "uvicorn" # the server\n]\n',
    "closed on the last line": 'dependencies = ["fastapi",\n                "uvicorn"]  # all\n',
    "without any": 'version = "1"\n\n# Tools\n[tool.uv]\ndev-dependencies = []\n',
    "poetry 2": 'dependencies = [\n  "fastapi (>=0.115,<0.116)"\n]\n\n[tool.poetry]\npackage-mode = false\n',
    "without an end of line": 'dependencies = [\n  "fastapi",\n]\n\n[tool.x]\na = 1',
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("text", PEP_621.values(), ids=PEP_621)
def test_a_pyproject_gets_them_in_its_own_writing(text: str, mark: str, ending: str) -> None:
    text = f'{mark}[project]\nname = "shop"\n{text}'.replace("\n", ending)
    made = Declared({"pyproject.toml": text})
    made.added("pyproject.toml")
    after = made.tree.text("pyproject.toml")
    assert after.count("\n") == after.count(ending)
    assert after.startswith(mark + "[project]")
    assert after.endswith("\n") is text.endswith("\n")
    found = tomllib.loads(after.removeprefix("\ufeff"))["project"]["dependencies"]
    assert names(found) >= set(FLOORS)
    assert names(found[-len(FLOORS) :]) == set(FLOORS)


def test_new_lines_of_a_list_look_like_its_own() -> None:
    text = '[project]\nname = "a"\ndependencies = [\n\t"fastapi"\n]\n'
    assert Declared({"pyproject.toml": text}).tree.text("pyproject.toml") == text.replace(
        '"\n]',
        '",\n\t"openai-chatkit>=1.4.0",\n\t"openai-agents>=0.3.2",\n\t"sqlalchemy[asyncio]>=2.0.25",'
        '\n\t"aiosqlite>=0.20",\n\t"pyjwt>=2.8"\n]',
    )


POETRY = ("tool", "poetry", "dependencies")
TABLES = {
    "poetry": (
        POETRY,
        """[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.11"
fastapi = {extras = ["standard"], version = "^0.115"}

# For work
[tool.poetry.group.dev.dependencies]
pytest = "*"
""",
    ),
    "poetry with a project": (
        POETRY,
        """[project]
name = "shop"
dynamic = ["dependencies"]

[tool.poetry.dependencies]
fastapi = "*"
""",
    ),
    "poetry with a table of its own for one": (
        POETRY,
        """[tool.poetry.dependencies]
fastapi = "*"

[tool.poetry.dependencies.httpx]
version = "*"

[build-system]
requires = []
""",
    ),
    "poetry by platform": (POETRY, '[tool.poetry.dependencies]\nfastapi = [{version = "*", python = ">=3.11"}]\n'),
    "pipenv": (
        ("packages",),
        """[[source]]
url = "https://example.org"

[packages]
fastapi = "*"

[dev-packages]

[requires]
python_version = "3"
""",
    ),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("table", "text"), TABLES.values(), ids=TABLES)
def test_a_table_of_packages_gets_them_as_tables_are_written(table: tuple[str, ...], text: str, ending: str) -> None:
    path = "pyproject.toml" if table == POETRY else "Pipfile"
    made = Declared({path: text.replace("\n", ending)})
    assert len(made.added(path)) == len(FLOORS)
    after = made.tree.text(path)
    assert after.count("\n") == after.count(ending)
    found: Any = tomllib.loads(after)
    for part in table:
        found = found[part]
    for name, floor in FLOORS.items():
        value = found[name]
        expected: object = {"extras": ["asyncio"], "version": floor} if name == "sqlalchemy" else floor
        assert value == expected


def test_a_comment_above_the_next_table_stays_above_it() -> None:
    after = Declared({"pyproject.toml": TABLES["poetry"][1]}).tree.text("pyproject.toml")
    assert '\npyjwt = ">=2.8"\n\n# For work\n[tool.poetry.group.dev.dependencies]\n' in after


REQUIREMENTS = {
    "an unfinished last line": b"fastapi==0.115.0",
    "from Windows": b"\xef\xbb\xbffastapi\r\nhttpx",
    "with a comment that names one": b"fastapi\n# openai-chatkit\n",
    "with options": b"--index-url https://example.org\n-e .\nfastapi ; python_version > '3'\n",
    "empty": b"",
}


@pytest.mark.parametrize("data", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_a_requirements_file_gets_them_at_its_end(data: bytes) -> None:
    made = Declared({"requirements.txt": data}, backend())
    after = made.tree.text("requirements.txt").encode()
    assert after.startswith(data)
    ending = b"\r\n" if b"\r\n" in data else b"\n"
    rest = after.removeprefix(data)
    assert rest.startswith(ending) is bool(data and not data.endswith(b"\n"))
    assert rest.count(b"\n") == rest.count(ending)
    assert names(rest.decode().split()) == set(FLOORS)


WHERE = {
    "source and compiled": ({"requirements.in": "fastapi\n", "requirements.txt": "fastapi==1\n"}, ["requirements.in"]),
    "a folder of sources": ({"requirements/base.in": "fastapi\n", "requirements/base.txt": "a\n"}, ["requirements/base.in"]),
    "one takes in another": (
        {"requirements.txt": "--requirement=requirements/base.txt\n", "requirements/base.txt": "fastapi\n"},
        ["requirements/base.txt"],
    ),
    "one takes in an empty one": (
        {"requirements.txt": "-r requirements/base.txt\n", "requirements/base.txt": ""},
        ["requirements/base.txt"],
    ),
    "one takes in what is nowhere": ({"requirements.txt": "-r gone.txt\n-r ../out.txt\nfastapi\n"}, ["requirements.txt"]),
    "beside a pyproject of tools": (
        {"requirements.txt": "fastapi\n", "pyproject.toml": "[tool.ruff]\nline-length = 99\n"},
        ["requirements.txt"],
    ),
    "beside a project without packages": (
        {"requirements.txt": "fastapi\n", "pyproject.toml": "[project]\nname = 'shop'\n"},
        ["requirements.txt"],
    ),
    "read by the build": (
        {"requirements.txt": "fastapi\n", "pyproject.toml": "[project]\nname = 'shop'\ndynamic = ['dependencies']\n"},
        ["requirements.txt"],
    ),
    "read by setup.py": (
        {"requirements.txt": "fastapi\n", "setup.py": "setup(install_requires=open('requirements.txt').read().split())\n"},
        ["requirements.txt"],
    ),
    "two that both declare": (
        {
            "requirements.txt": "fastapi\n",
            "pyproject.toml": "[project]\nname = 'shop'\ndependencies = ['fastapi']\n",
            "uv.lock": "",
        },
        ["pyproject.toml", "requirements.txt"],
    ),
    "beside a broken pyproject": ({"requirements.txt": "fastapi\n", "pyproject.toml": "[project\n"}, ["requirements.txt"]),
}


@pytest.mark.parametrize(("files", "edited"), WHERE.values(), ids=WHERE)
def test_of_several_manifests_those_that_declare_are_edited(files: dict[str, str | bytes], edited: list[str]) -> None:
    made = Declared(files)
    assert sorted(made.edited) == edited
    assert len(made.told) == 1


def test_in_a_workspace_the_members_own_manifest_is_edited() -> None:
    files = {
        "pyproject.toml": "[project]\nname = 'root'\ndependencies = ['api']\n\n[tool.uv.workspace]\nmembers = ['services/*']\n",
        "services/api/pyproject.toml": "[project]\nname = 'api'\ndependencies = ['fastapi']\n",
        "services/api/src/api/main.py": APP,
        "uv.lock": "",
    }
    tree = Tree.of(files)
    found = inspect(tree, "services/api", {}).profile
    assert isinstance(found, Backend)
    outcome = TRANSFORM.plan(tree, Profile(found, None, Contract(identity="guest")))
    assert isinstance(outcome, Edited)
    assert [edit.path for edit in outcome.edits] == ["services/api/pyproject.toml"]
    assert outcome.follow_ups[-1].command == "cd services/api && uv sync"


def test_what_is_left_by_hand_is_said_beside_what_was_edited() -> None:
    made = Declared({"requirements.txt": "fastapi\n", "setup.py": "setup(install_requires=['fastapi'])\n"})
    assert made.edited == ["requirements.txt"]
    assert made.told[0].startswith("setup.py cannot be edited with certainty: add openai-chatkit>=1.4.0, ")


@pytest.mark.parametrize(
    ("declared", "extra"),
    [
        ("sqlalchemy>=2", {"greenlet"}),
        ("sqlalchemy[asyncio]>=2", set[str]()),
        ("sqlalchemy>=2\ngreenlet", set[str]()),
        ("sqlmodel", {"sqlalchemy"}),
        ("fastapi-users[sqlalchemy]", set[str]()),
    ],
)
def test_asyncio_in_sqlalchemy_needs_what_it_brings_only_by_an_extra(declared: str, extra: set[str]) -> None:
    made = Declared({"requirements.txt": f"fastapi\n{declared}\n"})
    assert names(made.added("requirements.txt")) == {"openai-chatkit", "openai-agents", "aiosqlite", "pyjwt"} | extra


ENGINE = Database("postgresql", "sqlalchemy", Symbol("db.py", "engine"), is_async=True)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, set(FLOORS)),
        ({"database": ENGINE}, {"openai-chatkit", "openai-agents", "sqlalchemy", "asyncpg", "pyjwt"}),
        ({"database": replace(ENGINE, engine=None)}, {*FLOORS, "asyncpg"}),
        ({"database": replace(ENGINE, engine=None, kind="mongodb")}, set(FLOORS)),
        ({"database": replace(ENGINE, kind="sqlite")}, set(FLOORS)),
        ({"auth": BackendAuth("bearer", Symbol("auth.py", "user"), "user.id")}, set(FLOORS) - {"pyjwt"}),
        ({"agent": Agent("openai-agents", Symbol("a.py", "agent"))}, set(FLOORS)),
    ],
)
def test_only_what_is_imported_is_declared(changes: dict[str, Any], wanted: set[str]) -> None:
    made = Declared({"requirements.txt": "fastapi\n"}, replace(backend(), **changes))
    assert names(made.added("requirements.txt")) == wanted


def test_what_breaks_beside_an_older_package_is_kept_below_it_and_said() -> None:
    made = Declared({"requirements.txt": "fastapi\nuvicorn==0.30.6\n"})
    assert "openai>=1.107.1,<2.45" in made.added("requirements.txt")
    assert made.told[0].startswith("uvicorn==0.30.6 in requirements.txt keeps openai-agents below 0.18.1")


def test_a_package_that_is_declared_already_is_not_capped_but_told_of() -> None:
    made = Declared({"requirements.txt": "fastapi\nuvicorn==0.30.6\nopenai\n"})
    assert not [line for line in made.added("requirements.txt") if line.startswith("openai>")]
    assert "hold openai below 2.45, or raise uvicorn 0.31.1" in made.told[0]


@pytest.mark.parametrize(("asked", "told"), [(">=3.12", False), (">=3.10", True)])
def test_a_project_that_admits_an_older_python_is_told_of_it(asked: str, *, told: bool) -> None:
    made = Declared(
        {"pyproject.toml": f"[project]\nname='a'\nrequires-python='{asked}'\ndependencies=['fastapi']\n", "uv.lock": ""}
    )
    assert ("The chat runs on Python 3.11 or newer; pyproject.toml admits older ones (>=3.10)." in made.told) is told


COMMANDS = {
    "uv": (
        {"pyproject.toml": "[project]\nname='a'\ndependencies=[]\n", "uv.lock": ""},
        "uv, which writes its lock file",
        "uv sync",
    ),
    "poetry": (
        {"pyproject.toml": "[tool.poetry.dependencies]\nfastapi='*'\n"},
        "poetry, which writes its lock file",
        "poetry lock && poetry install",
    ),
    "pip": ({"requirements.txt": "fastapi\n"}, "pip", "pip install -r requirements.txt"),
    "pip-compile": ({"requirements.in": "a\n"}, "pip", "pip-compile requirements.in && pip install -r requirements.txt"),
    "a folder": ({"requirements/base.in": "a\n"}, "pip", "cd requirements && pip-compile base.in && pip install -r base.txt"),
    "another build": (
        {"pyproject.toml": "[build-system]\nrequires=[]\nbuild-backend='maturin'\n[project]\ndependencies=['a']\n"},
        "pip",
        "pip install -e .",
    ),
}


@pytest.mark.parametrize(("files", "manager", "command"), COMMANDS.values(), ids=COMMANDS)
def test_the_command_that_installs_them_is_the_projects_own(files: dict[str, str | bytes], manager: str, command: str) -> None:
    outcome = Declared(files).outcome
    assert isinstance(outcome, Edited)
    assert outcome.follow_ups[-1].text == f"Install the backend's new packages with {manager}."
    assert outcome.follow_ups[-1].command == command


def test_poetrys_extras_are_read() -> None:
    text = '[tool.poetry.dependencies]\nfastapi = {version = "^0.115", extras = ["standard", "all"]}\nhttpx = {path = "x"}\n'
    found = cast("Backend", inspect(Tree.of({"main.py": APP, "pyproject.toml": text}), ".", {}).profile)
    assert found.dependencies.manager == "poetry"
    assert set(Declared({"pyproject.toml": text}).added("pyproject.toml")) > {'pyjwt = ">=2.8"'}
