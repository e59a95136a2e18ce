"""The router's place in the app, proved by asking the app: not mounted where it could not be reached, never half."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.frameworks.fastapi.transforms import mount as transform
from chatkit_integrator.frameworks.fastapi.transforms import package
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused

if TYPE_CHECKING:
    from mounting import Mount

IMPORT = "from chatkit_backend import router as chatkit_router"
INCLUDE = "app.include_router(chatkit_router)"
PLAIN = "from fastapi import FastAPI\n\napp = FastAPI()\n"
ROUTES = 'from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get("/books")\ndef books():\n    return []\n'
BOOKS = "from fastapi import FastAPI\nimport books\n\napp = FastAPI()\n"
SHAPES = dict(one.split("\n", 1) for one in Path(__file__).with_name("apps.txt").read_text().split("=== ")[1:])
REACHED = {name: text for name, text in SHAPES.items() if name.startswith("reached")}
REFUSED = {name: text for name, text in SHAPES.items() if name.startswith("refused")}
STATIC = 'app.mount("/", StaticFiles(directory="."), name="site")\n'
HEAD = "import os\n\nfrom fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\n\napp = FastAPI()\n"


def added(before: str, after: str) -> list[str]:
    """The new lines that say something; the old ones stand in their order, byte for byte."""
    rest = iter(after.splitlines(keepends=True))
    old = before.splitlines(keepends=True)
    new: list[str] = []
    for line in old:
        for other in rest:
            if other.rstrip("\r\n") == line.rstrip("\r\n"):
                break
            new.append(other.strip())
        else:
            pytest.fail(f"{line!r} is gone")
    return [line for line in (*new, *(one.strip() for one in rest)) if line]


def test_nothing_is_needed_without_a_backend(mount: Mount) -> None:
    made = mount({"main.py": PLAIN})
    assert isinstance(transform.TRANSFORM.plan(made.before, replace(made.profile, backend=None)), NotNeeded)


@pytest.mark.parametrize(
    "line",
    [
        "chat.include_router(chatkit_router)",
        "for one in (chatkit_router,):\n    chat.include_router(one)",
        "ROUTERS = [chatkit_router]",
    ],
)
def test_a_router_that_somebody_put_to_use_is_not_included_again(mount: Mount, line: str) -> None:
    text = f"from fastapi import FastAPI\nfrom chatkit_backend import router as chatkit_router\nchat = FastAPI()\n{line}\n"
    assert isinstance(mount({"main.py": text}).outcome, AlreadyThere)


def test_a_module_of_the_package_that_is_put_to_use_is_enough(mount: Mount) -> None:
    text = "from fastapi import FastAPI\nimport app.chatkit_backend as chat\nfrom . import chatkit_backend\n"
    files = {"app/main.py": f"{text}app = FastAPI()\napp.include_router(chatkit_backend.router)\n", "app/__init__.py": ""}
    assert isinstance(mount(files).outcome, AlreadyThere)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "# app.include_router(chatkit_router)\n",
        'NOTE = "chatkit_router"\n',
        "app.include_router(books.chatkit_router)\n",
    ],
)
def test_an_import_a_comment_or_a_namesake_is_no_use(mount: Mount, rest: str) -> None:
    text = f"from fastapi import FastAPI\nimport books\n{IMPORT}\napp = FastAPI()\n{rest}"
    outcome = mount({"main.py": text, "books.py": ROUTES.replace("router =", "chatkit_router =")}).outcome
    assert isinstance(outcome, Edited)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_leaves_no_certain_place_is_refused_with_the_lines_to_add(mount: Mount, text: str) -> None:
    outcome = mount({"main.py": text}).outcome
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("main.py")
    assert outcome.patch == f"{IMPORT}\n\n{INCLUDE}"


def test_a_file_that_does_not_parse_is_said_with_its_line(mount: Mount) -> None:
    made = mount({"main.py": PLAIN})
    broken = made.before.with_edits([made.before.edit("main.py", f"{PLAIN}def (:\n")])
    with pytest.raises(SyntaxRefusedError, match=r"main\.py:4 does not parse"):
        transform.TRANSFORM.plan(broken, made.profile)


@pytest.mark.parametrize("text", REACHED.values(), ids=REACHED)
def test_the_chat_is_reached_started_and_only_added(mount: Mount, text: str) -> None:
    made = mount({"main.py": text, "books.py": ROUTES})
    assert made.asked() == 200
    assert os.environ["CHAT_STARTED"] == "yes"
    assert os.environ["OWN_STARTED"] == ("yes" if "OWN_STARTED" in text else "")
    assert len(added(text, made.text())) == 2
    assert made.text().endswith("\n") == text.endswith("\n")


@pytest.mark.parametrize(
    "text", [PLAIN, PLAIN.rstrip(), REACHED["reached: static files in an if"], REACHED["reached: a docstring and the future"]]
)
@pytest.mark.parametrize(("mark", "ending"), [("\ufeff", "\n"), ("\ufeff", "\r\n"), ("", "\r\n")])
def test_marks_and_line_endings_stay(mount: Mount, text: str, mark: str, ending: str) -> None:
    text = mark + text.replace("\n", ending)
    made = mount({"main.py": text})
    assert made.asked() == 200
    after = made.text()
    assert after.startswith(mark)
    assert after.endswith("\n") is text.endswith("\n")
    assert after.count("\ufeff") == text.count("\ufeff")
    assert after.count("\n") == after.count(ending)


FACTORY = """from fastapi import FastAPI


def create_app() -> FastAPI:
	api = FastAPI()
	api.state.name = "shop"
	return api
"""


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": FACTORY},
        {"main.py": f"{FACTORY}\n\napp = create_app()\n"},
        {"main.py": "from make import create_app\n\napp = create_app()\n", "make.py": FACTORY},
        {"main.py": FACTORY.replace("\tapi.state", "\timport books\n\n\tapi.include_router(books.router)\n\tapi.state")},
    ],
    ids=["only a factory", "both in one module", "a factory elsewhere", "a router imported inside"],
)
def test_in_a_factory_the_router_is_included_inside_of_it(mount: Mount, files: dict[str, str]) -> None:
    made = mount({**files, "books.py": ROUTES})
    assert made.asked() == 200
    path = "make.py" if "make.py" in files else "main.py"
    assert added(files[path], made.text(path)) == [IMPORT, "api.include_router(chatkit_router)"]
    assert "\n\tapi.include_router(chatkit_router)\n" in made.text(path)


def test_an_app_that_is_made_in_a_method_is_given_the_router_there(mount: Mount) -> None:
    text = "from fastapi import FastAPI\n\n\nclass Server:\n    def __init__(self):\n        self.api = FastAPI()\n"
    outcome = mount({"main.py": text}).outcome
    assert isinstance(outcome, Edited)
    assert outcome.edits[0].after is not None
    assert b"\n        self.api.include_router(chatkit_router)\n" in outcome.edits[0].after.data


def test_a_prefix_is_the_one_that_the_project_has(mount: Mount) -> None:
    text = f'{BOOKS}app.include_router(books.router, prefix="/api/v1")\n'
    made = mount({"main.py": text, "books.py": ROUTES})
    assert made.profile.contract.endpoint == "/api/v1/chatkit"
    assert made.asked() == 200
    assert made.text().endswith('app.include_router(chatkit_router, prefix="/api/v1")\n')


@pytest.mark.parametrize(("path", "order"), [("/api", True), ("/other", False)])
def test_a_mounted_app_is_stepped_in_front_of_only_where_it_has_the_chats_prefix(
    mount: Mount, path: str, *, order: bool
) -> None:
    include = 'app.include_router(books.router, prefix="/api")\n'
    text = f'{BOOKS}{include}app.mount("{path}", FastAPI())\n{include}'
    made = mount({"main.py": text, "books.py": ROUTES})
    assert made.asked("/api/chatkit") == 200
    assert (made.text().index("chatkit_router, ") < made.text().index("app.mount")) is order


def test_a_comment_stays_with_the_line_that_it_is_about(mount: Mount) -> None:
    made = mount({"main.py": REACHED["reached: static files at the end"]})
    assert f"\n{INCLUDE}\n# The site, last of all\n{STATIC}" in made.text()


def test_in_a_package_whose_modules_import_relatively_ours_is_too(mount: Mount) -> None:
    made = mount({"shop/__init__.py": "", "shop/books.py": ROUTES, "shop/main.py": f"from .books import router\n{PLAIN}"})
    assert made.asked() == 200
    assert "\nfrom .chatkit_backend import router as chatkit_router\n" in made.text("shop/main.py")


OWN_SIGN_IN = SHAPES["signed in: sign-in in the same module"]


@pytest.mark.parametrize("end", ["", "\n\napp.include_router(APIRouter())\n"])
def test_where_the_sign_in_is_in_the_same_module_the_router_is_imported_after_it(
    mount: Mount, tmp_path: Path, end: str
) -> None:
    text = OWN_SIGN_IN.replace("import Depends", "import APIRouter, Depends") + end
    made = mount({"main.py": text})
    written = package.TRANSFORM.plan(made.tree, made.profile)
    assert isinstance(made.outcome, Edited)
    assert isinstance(written, Edited)
    for edit in (*made.outcome.edits, *written.edits):
        path = tmp_path / edit.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(edit.after.data if edit.after else b"")
    ask = "from fastapi.testclient import TestClient as C; import main; print(C(main.app).post('/chatkit').status_code)"
    done = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "401\n", done.stderr
    assert made.text().index("def get_current_user") < made.text().index("chatkit_backend")


@pytest.mark.parametrize(
    "text",
    [
        OWN_SIGN_IN.replace("scheme =", 'app.mount("/", app)\nscheme ='),
        OWN_SIGN_IN.replace("app = FastAPI()", "def make():\n    app = FastAPI()\n    return app\n\n\napp = make()"),
    ],
    ids=["mounted before", "made before"],
)
def test_a_sign_in_that_comes_too_late_is_named(mount: Mount, text: str) -> None:
    outcome = mount({"main.py": text}).outcome
    assert isinstance(outcome, Refused)
    assert "get_current_user" in outcome.reason
