from __future__ import annotations

import pytest

from chatkit_integrator.errors import NothingSupportedError
from chatkit_integrator.frameworks.other_frontends import FRAMEWORKS
from chatkit_integrator.model.profile import Frontend, FrontendAuth
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import Location

PACKAGES = {"docusaurus": "@docusaurus/core", "cra": "react-scripts", "vite": "vite"}


def manifest(*packages: str) -> str:
    return '{"dependencies": {\n' + ",\n".join(f'"{one}": "1.0.0"' for one in packages) + "}}"


def named(files: dict[str, str]) -> dict[str, list[str]]:
    tree = Tree.of(files)
    found = {one.id: [candidate.root for candidate in one.candidates(tree)] for one in FRAMEWORKS}
    return {name: roots for name, roots in found.items() if roots}


def site(files: dict[str, str], root: str, framework: str) -> Frontend:
    unit = next(one for one in FRAMEWORKS if one.id == framework)
    profile = unit.inspect(Tree.of(files), root, {}).profile
    assert isinstance(profile, Frontend)
    return profile


@pytest.mark.parametrize(
    "files",
    [
        {"app/main.py": ""},
        {"package.json": "{"},
        {"web/package.json": manifest("next", "vite"), "web/index.html": ""},
        {"packages/ui/package.json": manifest("vite", "react")},
        {"node_modules/x/package.json": manifest("react-scripts")},
    ],
)
def test_what_is_no_such_site_is_not_named(files: dict[str, str]) -> None:
    assert named(files) == {}


@pytest.mark.parametrize(("framework", "package"), PACKAGES.items())
def test_a_site_is_named_after_what_it_is_made_with(framework: str, package: str) -> None:
    files = {"web/package.json": manifest("react", package), "web/index.html": "", "web/yarn.lock": ""}
    assert named(files) == {framework: ["web"]}
    found = site(files, "web", framework)
    assert (found.framework, found.router, found.layout, found.layouts) == (framework, None, None, ())
    assert (found.language, found.package_manager, found.workspace_root) == ("js", "yarn", "web")
    assert dict(found.versions) == {"react": "1.0.0", package: "1.0.0"}


def test_a_typescript_site_with_a_javascript_config_is_typescript() -> None:
    files = {"package.json": manifest("vite"), "index.html": "", "vite.config.js": "export default {}", "tsconfig.json": "{}"}
    assert site(files, ".", "vite").language == "ts"


def test_documentation_counts_only_where_nothing_else_does() -> None:
    docs = {"docs/package.json": manifest("@docusaurus/core")}
    assert named(docs) == {"docusaurus": ["docs"]}
    assert named({**docs, "website/package.json": manifest("@docusaurus/core")}) == {"docusaurus": ["website"]}


def test_the_workspace_s_lock_file_and_the_sign_in_are_told() -> None:
    files = {
        "package.json": '{"workspaces": ["frontend"]}',
        "bun.lock": "",
        "frontend/package.json": manifest("vite"),
        "frontend/index.html": "",
        "frontend/src/api.ts": "localStorage.setItem('access_token', t)",
    }
    found = site(files, "frontend", "vite")
    assert (found.package_manager, found.workspace_root, found.lockfiles) == ("bun", ".", ("bun.lock",))
    assert found.auth == FrontendAuth("localstorage", http_only=False)


def test_an_integration_that_is_there_is_told_with_its_line() -> None:
    source = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
    files = {"package.json": manifest("vite"), "index.html": f'<!-- x -->\n<script src="{source}"></script>'}
    assert site(files, ".", "vite").integration == (Location("index.html", 2),)


def test_a_folder_without_such_a_site_is_refused_by_name() -> None:
    with pytest.raises(NothingSupportedError, match=r"api/package\.json is no vite site"):
        site({"package.json": manifest("vite"), "index.html": ""}, "api", "vite")
