from __future__ import annotations

import pytest

from chatkit_integrator.errors import NothingSupportedError, SyntaxRefusedError
from chatkit_integrator.frameworks.nextjs.inspecting import candidates, inspect
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import Location

NEXT = '{\n  "dependencies": {"next": "16.0.0"}\n}'
PAGE = "export default function Page() { return null }"


def roots(files: dict[str, str | bytes]) -> list[str]:
    return [one.root for one in candidates(Tree.of(files))]


def test_a_repository_without_javascript_has_none() -> None:
    assert roots({"app/main.py": "from fastapi import FastAPI", "app/page.tsx": PAGE}) == []


def test_a_package_that_does_not_depend_on_next_is_none() -> None:
    assert roots({"package.json": '{"dependencies": {"nextra": "1"}, "name": "next"}', "app/page.tsx": PAGE}) == []


def test_a_library_that_builds_upon_next_is_none() -> None:
    library = '{"main": "index.js", "dependencies": {"next": "16"}}'
    assert roots({"packages/ui/package.json": library, "packages/ui/index.js": ""}) == []
    assert roots({"packages/ui/package.json": '{"peerDependencies": {"next": "16"}}', "packages/ui/app/page.tsx": PAGE}) == []


def test_installed_packages_are_none() -> None:
    assert roots({"node_modules/x/package.json": NEXT, "node_modules/x/app/page.js": PAGE}) == []


@pytest.mark.parametrize("routes", ["app/page.tsx", "src/app/page.jsx", "pages/index.js", "src/pages/index.tsx"])
def test_every_folder_of_routes_makes_a_site(routes: str) -> None:
    assert candidates(Tree.of({"web/package.json": NEXT, f"web/{routes}": PAGE}))[0].evidence == Location("web/package.json", 2)


def test_next_among_the_development_dependencies_counts() -> None:
    assert roots({"package.json": '{"devDependencies": {"next": "16"}}', "app/page.tsx": PAGE}) == ["."]


def test_a_site_in_a_workspace_is_found_beside_what_is_none() -> None:
    files: dict[str, str | bytes] = {
        "package.json": '{"workspaces": ["apps/*"]}',
        "apps/api/package.json": '{"name": "api"}',
        "apps/web/package.json": NEXT,
        "apps/web/app/page.tsx": PAGE,
    }
    assert roots(files) == ["apps/web"]


def test_a_whole_site_twice_is_two() -> None:
    files: dict[str, str | bytes] = {"package.json": NEXT, "src/app/page.tsx": PAGE}
    assert roots({**files, "nextjs/package.json": NEXT, "nextjs/src/app/page.tsx": PAGE}) == ["nextjs", "."]


def test_samples_count_only_where_nothing_else_does() -> None:
    sample: dict[str, str | bytes] = {
        "examples/simple/nextjs/package.json": NEXT,
        "examples/simple/nextjs/src/pages/index.tsx": PAGE,
    }
    assert roots(sample) == ["examples/simple/nextjs"]
    assert roots({**sample, "web/package.json": NEXT, "web/app/page.tsx": PAGE}) == ["web"]
    assert roots({**sample, "web/package.json": '{"dependencies": {"vite": "7", "react": "19"}}'}) == []


def test_a_site_without_routes_yet_is_found_where_it_is_the_only_one() -> None:
    assert roots({"apps/web/package.json": NEXT, "pnpm-lock.yaml": ""}) == ["apps/web"]


def test_a_broken_manifest_elsewhere_is_passed_over() -> None:
    assert roots({"fixtures/package.json": '{"next"', "web/package.json": NEXT, "web/app/page.tsx": PAGE}) == ["web"]


def test_a_broken_manifest_of_the_only_site_is_told() -> None:
    with pytest.raises(SyntaxRefusedError, match=r"web/package\.json:1"):
        roots({"web/package.json": '{"dependencies": {"next": "16"', "web/app/page.tsx": PAGE})


def test_a_folder_above_means_the_one_site_in_it() -> None:
    tree = Tree.of({"apps/web/package.json": NEXT, "apps/web/app/page.tsx": PAGE})
    assert inspect(tree, "apps", {}).profile.root == "apps/web"
    assert inspect(tree, "apps/web/app", {}).profile.root == "apps/web"


def test_a_folder_with_several_sites_is_refused_by_their_names() -> None:
    tree = Tree.of(
        {
            f"apps/{name}/{file}": NEXT if file != "app/page.tsx" else PAGE
            for name in "ab"
            for file in ("package.json", "app/page.tsx")
        }
    )
    with pytest.raises(NothingSupportedError, match=r"apps/a, apps/b"):
        inspect(tree, "apps", {})


def test_a_folder_with_a_manifest_of_its_own_is_not_taken_for_the_site_around_it() -> None:
    tree = Tree.of({"package.json": NEXT, "app/page.tsx": PAGE, "docs/package.json": "{}"})
    with pytest.raises(NothingSupportedError, match=r"docs/package\.json does not depend on next"):
        inspect(tree, "docs", {})
