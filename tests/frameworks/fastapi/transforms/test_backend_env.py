"""The backend's variables in its env example: secrets are never opened, what is there is never touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.frameworks.fastapi.transforms import cors, env
from chatkit_integrator.model.edit import Content
from chatkit_integrator.model.profile import Agent, App, Backend, Contract, Database, Dependencies, Profile, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded
from chatkit_integrator.syntax import dotenv

if TYPE_CHECKING:
    from collections.abc import Sequence

BACKEND = Backend(
    root=".",
    framework="fastapi",
    app=App("main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("pip", "requirements.txt"),
    import_root="",
    package_dir="",
)
GUEST = Profile(BACKEND, None, Contract(identity="guest"))
BEARER = Profile(BACKEND, None, Contract(identity="bearer", cookie="session"))
EVERY = {"OPENAI_API_KEY", "CHATKIT_MODEL", "CHATKIT_DATABASE_URL", "CHATKIT_GUEST_SECRET"}
ENGINE = Database("postgresql", "sqlalchemy", Symbol("db.py", "engine"), is_async=True)


class Secretive:
    """A repository in which opening a file of secrets fails the test."""

    def paths(self) -> Sequence[str]:
        return [".env", ".env.local", "main.py"]

    def read(self, path: str) -> Content | None:
        if path in {".env", ".env.local"}:
            pytest.fail(f"{path} was opened")
        return Content(b"") if path == "main.py" else None

    def ignored(self, *paths: str) -> frozenset[str]:
        return frozenset(path for path in paths if path.startswith(".env"))


def planned(files: dict[str, str | bytes], profile: Profile = GUEST) -> tuple[str, str]:
    """The one file that is edited, and its text; it is already there then."""
    tree = Tree.of(files)
    outcome = env.TRANSFORM.plan(tree, profile)
    assert isinstance(outcome, Edited)
    after = tree.with_edits(outcome.edits)
    assert isinstance(env.TRANSFORM.plan(after, profile), AlreadyThere)
    [edit] = outcome.edits
    return edit.path, after.text(edit.path)


@pytest.mark.parametrize("transform", [env.TRANSFORM, cors.TRANSFORM])
def test_nothing_is_needed_without_a_backend(transform: Any) -> None:
    assert isinstance(transform.plan(Tree.of({}), replace(GUEST, backend=None)), NotNeeded)


def test_behind_a_proxy_of_the_same_origin_cors_is_left_alone() -> None:
    tree = Tree.of({"main.py": "app.add_middleware(CORSMiddleware, allow_origins=['*'])\n"})
    assert isinstance(cors.TRANSFORM.plan(tree, GUEST), NotNeeded)


def test_files_that_hold_secrets_are_not_opened() -> None:
    outcome = env.TRANSFORM.plan(Tree(Secretive()), GUEST)
    assert isinstance(outcome, Edited)
    assert [edit.path for edit in outcome.edits] == [".env.example"]


def test_an_example_that_names_every_variable_is_left_alone() -> None:
    text = "export OPENAI_API_KEY=\nCHATKIT_MODEL = 'gpt'\r\nCHATKIT_DATABASE_URL=\"\"\nCHATKIT_GUEST_SECRET=x"
    assert isinstance(env.TRANSFORM.plan(Tree.of({".env.example": text}), _beside(".env.example")), AlreadyThere)


def _beside(path: str) -> Profile:
    return replace(GUEST, backend=replace(BACKEND, env_example=path))


@pytest.mark.parametrize("root", [".", "", "services/api"])
def test_without_an_example_one_is_made_in_the_backends_folder(root: str) -> None:
    path, text = planned({}, replace(GUEST, backend=replace(BACKEND, root=root)))
    assert path == ("services/api/.env.example" if root == "services/api" else ".env.example")
    assert text.startswith("# ")
    assert dotenv.keys(text) == EVERY


def test_the_example_that_is_there_is_the_one_that_grows() -> None:
    path, text = planned({"conf/.env.sample": "PORT=1\n# OPENAI_API_KEY=later"}, _beside("conf/.env.sample"))
    assert path == "conf/.env.sample"
    assert text.startswith("PORT=1\n# OPENAI_API_KEY=later\n\n# ")
    assert dotenv.keys(text) == {"PORT", *EVERY}


def test_what_is_named_already_is_not_named_again() -> None:
    _, text = planned({".env.example": "OPENAI_API_KEY=sk-yours\r\n"}, _beside(".env.example"))
    assert text.count("OPENAI_API_KEY") == 1
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    ("profile", "backend", "missing"),
    [
        (GUEST, BACKEND, set[str]()),
        (BEARER, BACKEND, {"CHATKIT_GUEST_SECRET"}),
        (GUEST, replace(BACKEND, agent=Agent("openai-agents", Symbol("a.py", "agent"))), {"CHATKIT_MODEL"}),
        (GUEST, replace(BACKEND, agent=Agent("langgraph", None)), set[str]()),
        (GUEST, replace(BACKEND, database=ENGINE), {"CHATKIT_DATABASE_URL"}),
    ],
)
def test_only_what_is_read_is_named_and_no_value_is_made_up(profile: Profile, backend: Backend, missing: set[str]) -> None:
    _, text = planned({}, replace(profile, backend=backend))
    assert dotenv.keys(text) == EVERY - missing
    assert all(line.endswith("=") for line in text.splitlines() if not line.startswith("#"))
