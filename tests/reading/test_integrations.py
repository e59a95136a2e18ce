"""Which integrations a repository holds, and how each is judged by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatkit_integrator.errors import BadRequestError
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.integrations import Pair, integrations
from chatkit_integrator.toolkit.checking import check_each

SERVER = (
    "from chatkit.server import ChatKitServer\n\n\nclass Server(ChatKitServer[dict]):\n"
    "    async def respond(self, thread, message, context):\n        yield\n"
)
SITE = '{"dependencies": {"@openai/chatkit-react": "1.6.1", "react": "19"}}'
WIDGET = 'import { useChatKit } from "@openai/chatkit-react";\nexport const chat = useChatKit({ api: { url: "/chatkit" } });\n'


def _backend(folder: str) -> dict[str, str]:
    return {f"{folder}/requirements.txt": "openai-chatkit>=1.4\nfastapi\n", f"{folder}/app/server.py": SERVER}


def _frontend(folder: str) -> dict[str, str]:
    return {f"{folder}/package.json": SITE, f"{folder}/src/main.tsx": WIDGET}


def _found(*parts: dict[str, str]) -> list[tuple[str | None, str | None]]:
    tree = Tree.of({path: text for part in parts for path, text in part.items()})
    return [(one.backend, one.frontend) for one in integrations(tree)]


def test_a_class_of_that_name_that_is_no_chatkit_is_none() -> None:
    assert not _found({"backend/server.py": "class ChatKitServer:\n    pass\n\n\nclass Mine(ChatKitServer):\n    pass\n"})


@pytest.mark.parametrize("folder", ["tests/app", "docs/app", ".claude/skills/app"])
def test_what_is_no_program_is_none(folder: str) -> None:
    assert not _found(_backend(folder))


def test_the_manifest_of_a_whole_workspace_is_no_site_of_its_own() -> None:
    assert _found(_backend("api"), _frontend("web"), {"package.json": SITE}) == [("api", "web")]


def test_samples_beside_a_program_do_not_count() -> None:
    assert _found(_backend("backend"), _backend("examples/cats"), _frontend("frontend")) == [("backend", "frontend")]


def test_one_side_alone_is_one_integration() -> None:
    assert _found(_backend("backend")) == [("backend", None)]
    assert _found(_frontend("site")) == [(None, "site")]


def test_each_site_belongs_to_the_nearest_backend() -> None:
    cats, maps = "examples/cats", "examples/maps"
    parts = [
        _backend(f"{cats}/backend"),
        _frontend(f"{cats}/frontend"),
        _backend(f"{maps}/backend"),
        _frontend(f"{maps}/frontend"),
    ]

    assert _found(*parts) == [(f"{cats}/backend", f"{cats}/frontend"), (f"{maps}/backend", f"{maps}/frontend")]


def test_two_sites_of_one_backend_are_two() -> None:
    assert _found(_backend("api"), _frontend("web"), _frontend("admin")) == [("api", "admin"), ("api", "web")]


def test_each_is_judged_by_itself() -> None:
    parts = [_backend("a/backend"), _frontend("a/frontend"), _backend("b/backend")]
    tree = Tree.of({path: text for part in parts for path, text in part.items()})

    judged = check_each(Path(), tree=tree, select=["CK05"])

    assert [Pair(one.backend, one.frontend) for one in judged] == [Pair("a/backend", "a/frontend"), Pair("b/backend", None)]
    assert [one.results[0].verdict.reason for one in judged][1] == "no ChatKit frontend was found in this repository"


def test_a_folder_that_is_chosen_is_judged_alone() -> None:
    tree = Tree.of({**_backend("a"), **_backend("b")})

    assert [one.backend for one in check_each(Path(), tree=tree, backend="b")] == ["b"]


def test_the_one_site_is_judged_where_it_is_a_sample_beside_a_library() -> None:
    tree = Tree.of({**_backend("library"), **_frontend("examples/web")})

    (judged,) = check_each(Path(), tree=tree, select=["CK30"])

    assert judged.results[0].verdict.reason != "no ChatKit frontend was found in this repository"


def test_without_any_it_says_so() -> None:
    with pytest.raises(BadRequestError, match="No ChatKit integration"):
        check_each(Path(), tree=Tree.of({"main.py": "print()\n"}))
