"""A second plan: what our own files settle is asked no more, and what they are not needed for stays as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REPOS = Path(__file__).parents[1] / "repos"
BEARER = ("auth.cookie=token", "layout=web/app/(shop)/layout.tsx", "package_manager=npm")
ROUTE = "web/app/api/chatkit/route.ts"
PACKAGE = "api/app/chatkit_backend"


class Checkout:
    """Repositories of tests/repos in one, each in a folder of its own, and the command run there."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self._environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "NO_COLOR": "1"}

    def run(self, verb: str, *options: str, answers: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        given = [one for answer in answers for one in ("--answer", answer)]
        argv = [sys.executable, "-m", "chatkit_integrator", verb, str(self.root), *options, *given]
        return subprocess.run(
            argv, check=False, capture_output=True, text=True, env=self._environment, stdin=subprocess.DEVNULL
        )

    def told(self, verb: str, *options: str, answers: tuple[str, ...] = ()) -> dict[str, Any]:
        done = self.run(verb, "--json", *options, answers=answers)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def integrate(self, *answers: str, options: tuple[str, ...] = ()) -> None:
        """Apply everything; nothing may be left open."""
        planned = self.told("plan", *options, answers=answers)
        assert (planned["questions"], planned["refusals"]) == ([], [])
        assert planned["steps"]
        assert self.told("apply", planned["id"], "--allow-dirty")["written"]

    def asked(self, verb: str = "plan", *options: str) -> list[str]:
        return [one["id"] for one in self.told(verb, *options)["questions"]]

    def steps(self) -> list[str]:
        return [one["transform"] for one in self.told("plan")["steps"]]


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Checkout]:
    def make(**parts: str) -> Checkout:
        root = tmp_path / "repository"
        for folder, name in parts.items():
            shutil.copytree(REPOS / name, root if folder == "whole" else root / folder)
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        return Checkout(root, tmp_path / "cache")

    return make


@pytest.fixture
def with_sign_in(repository: Callable[..., Checkout]) -> Checkout:
    """A backend that knows its users, a site with two root layouts and two lock files."""
    checkout = repository(api="sync_database_and_dict_users", web="two_root_layouts")
    (checkout.root / "web/package-lock.json").write_text("{}")
    return checkout


def test_a_folder_of_the_same_name_that_is_not_ours_is_the_projects_own(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="sync_database_and_dict_users")
    app = checkout.root / "app"
    (app / "chatkit_backend").mkdir()
    (app / "chatkit_backend/__init__.py").touch()
    (app / "auth.py").rename(app / "chatkit_backend/auth.py")
    routes = app / "routes.py"
    routes.write_text(routes.read_text().replace("app.auth", "app.chatkit_backend.auth"))

    auth = checkout.told("inspect")["backend"]["auth"]

    assert auth["dependency"] == "app/chatkit_backend/auth.py:get_current_user"


def test_a_route_of_that_path_that_is_not_ours_settles_nothing(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="two_root_layouts")
    route = checkout.root / "app/api/chatkit/route.ts"
    route.parent.mkdir(parents=True)
    route.write_text("export const GET = () => new Response(process.env.CHATKIT_GUEST_SECRET);\n")

    assert checkout.asked("inspect") == ["layout", "identity"]


def test_what_was_not_written_is_asked_for(with_sign_in: Checkout) -> None:
    assert with_sign_in.asked() == ["layout", "package_manager", "auth.cookie"]


def test_two_backends_that_both_have_the_chat_are_still_a_question(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="two_backends")
    for one in ("billing", "catalogue"):
        checkout.integrate("identity=guest", options=("--backend", one))

    assert checkout.asked("inspect") == ["backend"]


def test_a_deleted_widget_asks_for_what_only_it_and_its_settings_knew(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)
    shutil.rmtree(with_sign_in.root / "web/app/_chatkit")
    (with_sign_in.root / ROUTE).unlink()

    assert with_sign_in.asked() == ["auth.cookie"]
    assert with_sign_in.asked("inspect") == ["auth.cookie"]
    with_sign_in.integrate("auth.cookie=token")


def test_a_package_that_is_declared_no_more_asks_who_installs_it(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)
    manifest = with_sign_in.root / "web/package.json"
    manifest.write_text(manifest.read_text().replace("@openai/chatkit-react", "unlike"))

    assert with_sign_in.asked() == ["package_manager"]


def test_everything_is_there_and_nothing_is_asked_again(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)

    again = with_sign_in.run("plan")

    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[1:] == ["Everything is there already."]
    assert with_sign_in.asked("inspect") == []
    assert with_sign_in.told("inspect")["integration"] == {"state": "complete"}


def test_suggestions_change_nothing_of_what_was_decided(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)

    assert with_sign_in.told("plan", "--yes")["steps"] == []


def test_the_same_answers_may_be_given_again(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)

    again = with_sign_in.told("plan", answers=BEARER)

    assert (again["steps"], again["questions"], again["refusals"]) == ([], [], [])


def test_a_deleted_route_is_written_as_it_was(with_sign_in: Checkout) -> None:
    with_sign_in.integrate(*BEARER)
    route = with_sign_in.root / ROUTE
    before = route.read_text()
    route.unlink()

    assert with_sign_in.asked() == []
    assert with_sign_in.steps() == ["nextjs.proxy"]
    with_sign_in.integrate()
    assert route.read_text() == before


def test_a_deleted_package_is_written_for_the_route_that_is_there(repository: Callable[..., Checkout]) -> None:
    checkout = repository(api="sync_database_and_dict_users", web="two_root_layouts")
    checkout.integrate("identity=guest", "layout=all")
    identity = checkout.root / PACKAGE / "identity.py"
    before = identity.read_text()
    shutil.rmtree(checkout.root / PACKAGE)

    checkout.integrate()

    assert identity.read_text() == before
    assert "CHATKIT_GUEST_SECRET" in before


def test_a_site_is_written_for_the_package_that_is_there(repository: Callable[..., Checkout]) -> None:
    checkout = repository(api="sync_database_and_dict_users")
    checkout.integrate("identity=guest", "attachments=on")
    shutil.copytree(REPOS / "two_root_layouts", checkout.root / "web")

    assert checkout.asked() == ["layout"]
    checkout.integrate("layout=all")
    assert "CHATKIT_GUEST_SECRET" in (checkout.root / ROUTE).read_text()
    assert (checkout.root / "web/app/_chatkit/attachments.ts").exists()


def test_our_own_package_is_neither_the_projects_sign_in_nor_its_agent(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="workspace")
    checkout.integrate("identity=guest")

    found = checkout.told("inspect")

    assert (found["backend"]["auth"]["dependency"], found["backend"]["agent"]) == (None, None)
    assert found["questions"] == []
    assert checkout.steps() == []


def test_the_dependency_that_was_chosen_among_several_stays(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="sync_database_and_dict_users")
    auth, routes = checkout.root / "app/auth.py", checkout.root / "app/routes.py"
    auth.write_text(
        auth.read_text().replace("get_current_user", "load_user")
        + "\n\ndef load_account(token: str = Depends(oauth2_scheme)) -> dict[str, str]:\n    return {}\n"
    )
    text = routes.read_text().replace("get_current_user", "load_user")
    text = text.replace("import load_user", "import load_account, load_user")
    routes.write_text(
        text + '\n\n@router.get("/account")\ndef account(user: dict[str, str] = Depends(load_account)) -> str:\n    return ""\n'
    )
    assert checkout.asked() == ["auth.dependency"]
    assert checkout.told("inspect", answers=("identity=guest",))["questions"] == []
    checkout.integrate("auth.dependency=app/auth.py:load_user")

    assert checkout.asked() == []
    assert checkout.told("inspect")["backend"]["auth"]["dependency"] == "app/auth.py:load_user"


def test_the_agent_that_was_chosen_among_several_stays(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="own_agent")
    (checkout.root / "more.py").write_text(
        'from agents import Agent\n\nfirst = Agent(name="First")\nsecond = Agent(name="Second")\n'
    )
    (checkout.root / "api.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    assert checkout.asked() == ["agent", "identity"]
    checkout.integrate("agent=more.py:second", "identity=guest")

    assert checkout.asked() == []
    assert checkout.told("inspect")["backend"]["agent"]["symbol"] == "more.py:second"
    assert checkout.told("plan", answers=("agent=more.py:second",))["steps"] == []


def test_the_backend_that_has_the_chat_is_the_one_that_is_meant(repository: Callable[..., Checkout]) -> None:
    checkout = repository(whole="two_backends")
    checkout.integrate("identity=guest", options=("--backend", "billing"))

    assert checkout.steps() == []
    assert checkout.asked("inspect") == []
    assert checkout.told("inspect")["backend"]["root"] == "billing"
