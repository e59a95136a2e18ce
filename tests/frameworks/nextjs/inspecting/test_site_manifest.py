from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.unit import Location

if TYPE_CHECKING:
    from looking import Look


@pytest.mark.parametrize(
    ("lock", "manager"),
    [
        ("pnpm-lock.yaml", "pnpm"),
        ("yarn.lock", "yarn"),
        ("bun.lock", "bun"),
        ("bun.lockb", "bun"),
        ("package-lock.json", "npm"),
    ],
)
def test_the_lock_file_tells_the_package_manager(look: Look, lock: str, manager: str) -> None:
    found = look({lock: b"\x00"})
    assert (found.site.package_manager, found.site.lockfiles) == (manager, (lock,))
    assert found.evidence["package_manager"] == (Location(lock, 1),)


def test_without_a_lock_file_it_is_not_known(look: Look) -> None:
    site = look({}).site
    assert (site.package_manager, site.lockfiles, site.workspace_root) == (None, (), ".")


def test_of_two_lock_files_the_declared_manager_s_counts(look: Look) -> None:
    found = look({"pnpm-lock.yaml": "", "yarn.lock": ""}, packageManager="pnpm@9.0.0")
    assert found.site.package_manager == "pnpm"
    assert set(found.site.lockfiles) == {"pnpm-lock.yaml", "yarn.lock"}
    assert "package_manager" not in found.questions


def test_of_two_lock_files_the_one_that_knows_every_package_is_suggested(look: Look) -> None:
    found = look({"pnpm-lock.yaml": "next@16.0.0", "package-lock.json": '"node_modules/next" "node_modules/react"'})
    question = found.questions["package_manager"]
    assert (question.choices, question.suggested, question.blocks) == (("pnpm", "npm"), "npm", ())
    assert "pnpm-lock.yaml" in question.why


def test_of_two_good_lock_files_the_manager_of_the_written_commands_is_suggested(look: Look) -> None:
    files = {"yarn.lock": "next react", "package-lock.json": "next react", "README.md": "Run `npm install`."}
    assert look(files).questions["package_manager"].suggested == "npm"


def test_the_answer_which_manager_is_applied_and_another_one_refused(look: Look) -> None:
    files = {"yarn.lock": "", "package-lock.json": ""}
    found = look(files, answers={"package_manager": "yarn"})
    assert (found.site.package_manager, dict(found.questions)) == ("yarn", {})
    with pytest.raises(UnknownAnswerError, match="yarn, npm"):
        look(files, answers={"package_manager": "cargo"})


@pytest.mark.parametrize(
    "workspace",
    [
        {"pnpm-workspace.yaml": "packages:\n  # the sites\n  - 'apps/*'\n  - \"!apps/old\"\n"},
        {"pnpm-workspace.yaml": 'packages: ["packages/**", "apps/web"]\n'},
        {"package.json": '{"workspaces": ["apps/*"]}'},
        {"package.json": '{"workspaces": {"packages": ["./apps/*"]}}'},
    ],
)
def test_in_a_workspace_the_lock_file_is_at_its_root(look: Look, workspace: dict[str, str]) -> None:
    site = look({**workspace, "pnpm-lock.yaml": "", "apps/web/package-lock.json": ""}, root="apps/web").site
    assert (site.package_manager, site.workspace_root) == ("pnpm", ".")
    assert set(site.lockfiles) == {"pnpm-lock.yaml", "apps/web/package-lock.json"}


@pytest.mark.parametrize(
    "packages", ["packages:\n  - libs/*\n", "packages:\n  - apps/*\n  - '!apps/web'\n", "catalog:\n  - apps/*\n"]
)
def test_a_workspace_that_leaves_the_site_out_is_not_its_own(look: Look, packages: str) -> None:
    site = look({"pnpm-workspace.yaml": packages, "pnpm-lock.yaml": "", "apps/web/yarn.lock": ""}, root="apps/web").site
    assert (site.package_manager, site.workspace_root) == ("yarn", "apps/web")


def test_the_workspace_may_declare_the_manager(look: Look) -> None:
    outer = '{"workspaces": ["apps/*"], "packageManager": "bun@1.2.0"}'
    assert look({"package.json": outer, "apps/web/package-lock.json": ""}, root="apps/web").site.package_manager == "bun"


def test_without_a_lock_file_the_workspace_tells_the_manager(look: Look) -> None:
    assert look({"pnpm-workspace.yaml": "packages:\n- apps/*\n"}, root="apps/web").site.package_manager == "pnpm"


def test_a_typescript_site_is_one_whatever_else_is_there(look: Look, layout: str) -> None:
    assert look({"tsconfig.json": "{}", "vite.config.js": "", "app/layout.jsx": layout}).site.language == "ts"
    assert look({"app/layout.tsx": layout}).site.language == "ts"


def test_depending_on_typescript_makes_a_typescript_site(look: Look) -> None:
    found = look({}, devDependencies={"typescript": "5"})
    assert (found.site.language, dict(found.site.versions)) == ("ts", {"next": "16.0.0", "react": "19.0.0", "typescript": "5"})


def test_a_site_without_any_of_it_is_javascript(look: Look, layout: str) -> None:
    assert look({"app/layout.jsx": layout, "jsconfig.json": "{}"}).site.language == "js"


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ('{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}', {"@/*": "web/src/*"}),
        (
            '{"compilerOptions": {"baseUrl": "src", "paths": {"~": ["./index"], "@/*": ["./*", "x"]}}}',
            {"~": "web/src/index", "@/*": "web/src/*"},
        ),
        ('{\n// shared\n"extends": "../base.json",}', {"#/*": "lib/*"}),
        ('{"extends": "@acme/tsconfig"}', {}),
        ("{", {}),
    ],
)
def test_path_aliases_lead_to_paths_of_the_repository(look: Look, text: str, aliases: dict[str, str]) -> None:
    base = '{"compilerOptions": {"paths": {"#/*": ["./lib/*"]}}}'
    assert look({"web/tsconfig.json": text, "base.json": base}, root="web").site.aliases == aliases


def test_the_example_of_the_environment_is_found_and_the_environment_is_not(look: Look) -> None:
    assert look({".env": "A=1", ".env.local": "B=1"}).site.env_example is None
    assert look({"web/.env.sample": "A=", ".env.example": ""}, root="web").site.env_example == "web/.env.sample"
