"""What the backend gets for each way of knowing who is speaking: module, packages, variables, and what is left to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.fastapi.transforms import dependencies, env, package
from chatkit_integrator.model.profile import App, Backend, BackendAuth, Contract, Dependencies, Profile, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import Edited, Refused

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Identity

BACKEND = Backend(
    root=".",
    framework="fastapi",
    app=App("app/main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("pip", "requirements.txt"),
    import_root="",
    package_dir="app",
)
OWN = BackendAuth("bearer", Symbol("app/deps.py", "get_current_user"), "user.id")


def profile(identity: Identity, auth: BackendAuth = OWN, keys_path: str | None = "/api/auth/jwks") -> Profile:
    return Profile(replace(BACKEND, auth=auth), None, Contract(identity=identity, keys_path=keys_path))


def follow_ups(made: Profile) -> str:
    outcome = package.plan(Tree.of({}), made)
    assert isinstance(outcome, Edited)
    return "\n".join(one.text for one in outcome.follow_ups)


def packages(made: Profile) -> set[str]:
    return {one.split(">")[0] for one in dependencies.wanted(made, BACKEND if made.backend is None else made.backend)}


def test_a_token_that_nothing_would_check_is_refused_with_what_to_answer() -> None:
    outcome = package.plan(Tree.of({}), profile("bearer", BackendAuth("none")))
    assert isinstance(outcome, Refused)
    assert "--answer auth.dependency=PATH:NAME" in outcome.reason


@pytest.mark.parametrize(
    ("identity", "word", "needed"),
    [
        ("bearer", "get_current_user", set[str]()),
        ("jwks", "CHATKIT_JWKS_URL", {"pyjwt", "cryptography", "httpx"}),
        ("signed", "CHATKIT_PROXY_SECRET", {"pyjwt"}),
        ("guest", "CHATKIT_GUEST_SECRET", {"pyjwt"}),
    ],
)
def test_each_way_has_its_own_module_packages_variable_and_follow_up(identity: Identity, word: str, needed: set[str]) -> None:
    made = profile(identity)
    assert word in package.package_files(made)["identity.py"]
    assert packages(made) & {"pyjwt", "cryptography", "httpx"} == needed
    said = str(env.entries(made, BACKEND)) + follow_ups(made)
    assert said.count(word) == (0 if identity == "bearer" else 2)


def test_where_the_keys_are_is_said_as_far_as_it_is_known() -> None:
    assert "the site's address with /api/auth/jwks" in follow_ups(profile("jwks"))
    assert ("CHATKIT_JWKS_URL", "http://localhost:3000/api/auth/jwks") in [
        one[:2] for one in env.entries(profile("jwks"), BACKEND)
    ]
    unknown = profile("jwks", keys_path=None)
    assert "where the site publishes its keys" in follow_ups(unknown)
    assert ("CHATKIT_JWKS_URL", "") in [one[:2] for one in env.entries(unknown, BACKEND)]
