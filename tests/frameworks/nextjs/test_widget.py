"""The chat widget's files: where they are not written, and which ones are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.nextjs.installing import proxy_files, widget_files
from chatkit_integrator.frameworks.nextjs.transforms import proxy, widget
from chatkit_integrator.model.profile import Contract, Frontend, Layout, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatkit_integrator.model.edit import Content

SITE = Frontend(
    root="",
    framework="nextjs",
    router="app",
    language="ts",
    layout=None,
    layouts=(),
    app_dir="app",
    manifest="package.json",
    package_manager="npm",
    workspace_root="",
)
EMPTY = Tree.of({"package.json": "{}"})
PROFILE = Profile(backend=None, frontend=SITE, contract=Contract(identity="bearer", cookie="session"))


class Ignoring:
    """A repository whose .gitignore takes in everything that starts with an underscore."""

    def paths(self) -> Sequence[str]:
        return []

    def read(self, path: str) -> Content | None:
        del path

    def ignored(self, *paths: str) -> frozenset[str]:
        return frozenset(path for path in paths if "/_" in path)


def test_nothing_is_needed_without_a_frontend() -> None:
    assert isinstance(widget.TRANSFORM.plan(EMPTY, replace(PROFILE, frontend=None)), NotNeeded)


@pytest.mark.parametrize("site", [replace(SITE, static_export=True), replace(SITE, router="pages", app_dir=None)])
def test_a_site_without_a_place_for_the_route_gets_no_widget(site: Frontend) -> None:
    outcome = widget.TRANSFORM.plan(EMPTY, replace(PROFILE, frontend=site))
    assert isinstance(outcome, Refused)
    assert outcome.reason


def test_files_that_git_would_ignore_are_refused_by_their_name() -> None:
    outcome = widget.TRANSFORM.plan(Tree(Ignoring()), PROFILE)
    assert isinstance(outcome, Refused)
    assert "app/_chatkit/" in outcome.reason


@pytest.mark.parametrize("name", ["chat-widget.tsx", "chat-widget.jsx"])
def test_a_widget_that_is_there_is_left_alone(name: str) -> None:
    assert isinstance(widget.TRANSFORM.plan(Tree.of({f"app/_chatkit/{name}": "mine"}), PROFILE), AlreadyThere)


def test_its_own_edits_are_already_there() -> None:
    outcome = widget.TRANSFORM.plan(EMPTY, PROFILE)
    assert isinstance(outcome, Edited)
    assert isinstance(widget.TRANSFORM.plan(EMPTY.with_edits(outcome.edits), PROFILE), AlreadyThere)


@pytest.mark.parametrize("language", ["ts", "js"])
@pytest.mark.parametrize("identity", ["bearer", "guest"])
def test_every_module_that_is_imported_is_installed(language: str, identity: str) -> None:
    site = replace(SITE, language="ts" if language == "ts" else "js")
    contract = Contract(identity="guest" if identity == "guest" else "bearer", cookie="session")
    profile = Profile(backend=None, frontend=site, contract=contract)
    files = {**proxy_files(profile), **widget_files(profile)}
    stems = {path.rsplit("/", 1)[-1].split(".")[0] for path in files if "/_chatkit/" in path}
    for path, text in files.items():
        if path.endswith(".css"):
            continue
        tsx.parse_check(text, path)
        for _, module in tsx.imports(text):
            if module.startswith("."):
                assert module.rsplit("/", 1)[-1].split(".")[0] in stems, (path, module)
    assert all(path.endswith((".ts", ".tsx", ".css") if language == "ts" else (".js", ".jsx", ".css")) for path in files)
    assert "app/_chatkit/chatkit.module.css" in files


def test_both_transforms_agree_on_the_files_they_share() -> None:
    one, other = proxy_files(PROFILE), widget_files(PROFILE)
    assert set(one) & set(other) == {"app/_chatkit/settings.ts"}
    assert one["app/_chatkit/settings.ts"] == other["app/_chatkit/settings.ts"]


@pytest.mark.parametrize("order", [(proxy, widget), (widget, proxy)])
def test_either_may_come_first(order: tuple[object, ...]) -> None:
    tree = EMPTY
    for one in order:
        outcome = (proxy if one is proxy else widget).TRANSFORM.plan(tree, PROFILE)
        assert isinstance(outcome, Edited)
        tree = tree.with_edits(outcome.edits)
    assert tree.has("app/_chatkit/forward.ts")
    assert tree.has("app/_chatkit/chat-widget.tsx")


@pytest.mark.parametrize(
    ("manifest", "command"),
    [
        ('{"scripts": {"prettier": "prettier ."}}', None),
        (
            '{"devDependencies": {"prettier": "^3"}}',
            "npx prettier --write app/_chatkit app/api/chatkit/route.ts 'app/(a)/",
        ),
        ('{"devDependencies": {"@biomejs/biome": "2"}}', "npx biome check --write app/_chatkit app/api/chatkit/route.ts "),
    ],
)
def test_a_site_that_formats_its_code_is_told_how_to_format_ours(manifest: str, command: str | None) -> None:
    site = replace(SITE, layouts=(Layout("app/(a)/layout.tsx", has_head=True),))
    outcome = widget.TRANSFORM.plan(Tree.of({"package.json": manifest}), replace(PROFILE, frontend=site))
    assert isinstance(outcome, Edited)
    commands = [one.line or "" for one in outcome.follow_ups]
    assert len(commands) == (command is not None)
    assert all(one.startswith(command or "") for one in commands)


def test_the_formatter_of_a_workspace_runs_in_the_sites_folder() -> None:
    site = replace(SITE, root="apps/web", app_dir="apps/web/src/app", manifest="apps/web/package.json", workspace_root=".")
    files = {"apps/web/package.json": "{}", "package.json": '{"devDependencies": {"prettier": "3"}}'}
    outcome = widget.TRANSFORM.plan(Tree.of(files), replace(PROFILE, frontend=site))
    assert isinstance(outcome, Edited)
    [told] = outcome.follow_ups
    assert told.line == "cd apps/web && npx prettier --write src/app/_chatkit src/app/api/chatkit/route.ts"
