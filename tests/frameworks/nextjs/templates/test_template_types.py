"""The templates as sources: type-checked against the real packages, linted as new sites are, and the same in JavaScript."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.nextjs.transforms import mount, script

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

TEMPLATES = Path(str(files("chatkit_integrator.frameworks.nextjs") / "templates"))
ESLINT = """import { defineConfig } from "eslint/config";
import nextVitals from "eslint-config-next/core-web-vitals";
import nextTs from "eslint-config-next/typescript";

export default defineConfig([...nextVitals, ...nextTs]);
"""


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("compiler", ["typescript", "typescript7"])
def test_the_installed_files_are_strictly_typed(site: Path, compiler: str) -> None:
    assert run(site, "node", f"node_modules/{compiler}/bin/tsc", "--project", ".") == ""


def test_they_are_typed_for_old_targets_too(site: Path) -> None:
    old = ["--target", "es5", "--ignoreDeprecations", "5.0", "--moduleResolution", "node", "--module", "esnext"]
    assert run(site, "node", "node_modules/typescript/bin/tsc", "--project", ".", *old) == ""


def test_they_are_typed_where_a_site_is_not_strict(site: Path) -> None:
    off = [word for name in ("strict", "exactOptionalPropertyTypes", "noImplicitReturns") for word in (f"--{name}", "false")]
    assert run(site, "node", "node_modules/typescript/bin/tsc", "--project", ".", *off) == ""


def test_they_pass_the_linter_that_new_sites_come_with(
    site: Path, tmp_path: Path, with_packages: Callable[[Path, tuple[str, ...]], None]
) -> None:
    with_packages(tmp_path, ("eslint@9", "eslint-config-next@16"))
    shutil.copytree(site / "app", tmp_path / "app")
    for name in ("package.json", "tsconfig.json", "next-env.d.ts"):
        shutil.copy(site / name, tmp_path)
    (tmp_path / "eslint.config.mjs").write_text(ESLINT, encoding="utf-8")
    assert run(tmp_path, "node", "node_modules/eslint/bin/eslint.js", "--max-warnings=0", "app") == ""


def test_there_is_no_way_around_the_types() -> None:
    for path in sorted(TEMPLATES.glob("*/*.ts*")):
        text = path.read_text(encoding="utf-8")
        for word in ("any;", "any>", ": any", "as any", "@ts-", "eslint-disable", "dangerouslySetInnerHTML", "innerHTML"):
            assert word not in text, (path.name, word)


def code_lines(path: Path) -> int:
    """Lines without those that are empty or comments."""
    return sum(
        bool(line.strip()) and not line.strip().startswith(("//", "/*", "*"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def test_what_stays_behind_is_small() -> None:
    sizes = {path.name: code_lines(path) for path in (*TEMPLATES.glob("_chatkit/*"), TEMPLATES / "api/route.bearer.ts")}
    assert max(sizes.values()) < 250
    assert sum(sizes.values()) <= 900


def test_the_sources_are_formatted(tmp_path: Path, with_packages: Callable[[Path, tuple[str, ...]], None]) -> None:
    with_packages(tmp_path, ())
    for folder in ("_chatkit", "api", "attachments", "js"):
        shutil.copytree(TEMPLATES / folder, tmp_path / "sources" / folder)
    assert run(tmp_path, "node", "node_modules/prettier/bin/prettier.cjs", "--print-width", "128", "--check", "sources") == ""


LAYOUT = """import "./globals.css";

export default function RootLayout({ children }) {
  return (
    <html lang="en">
      HEAD<body className={inter.className}>BODY</body>
    </html>
  );
}
"""
LINES = "\n        {children}\n        <Toaster />\n      "


@pytest.mark.parametrize("head", ["", "<head />\n      ", '<head>\n        <meta name="a" />\n      </head>\n      '])
@pytest.mark.parametrize("body", ["{children}", LINES])
def test_a_layout_that_is_formatted_as_by_default_stays_formatted(
    head: str, body: str, tmp_path: Path, with_packages: Callable[[Path, tuple[str, ...]], None]
) -> None:
    with_packages(tmp_path, ())
    before = LAYOUT.replace("HEAD", head).replace("BODY", body)
    after = mount.add_widget(script.add_script(before, "app/layout.jsx"), "app/layout.jsx", "./_chatkit/chat-widget")
    (tmp_path / "before.jsx").write_text(before)
    (tmp_path / "after.jsx").write_text(after)
    assert run(tmp_path, "node", "node_modules/prettier/bin/prettier.cjs", "--check", "before.jsx", "after.jsx") == ""


def test_the_javascript_is_the_typescript_without_its_types(
    tmp_path: Path, with_packages: Callable[[Path, tuple[str, ...]], None]
) -> None:
    with_packages(tmp_path, ())
    shutil.copy(Path(__file__).parent / "strip_types.cjs", tmp_path)
    assert run(tmp_path, "node", "strip_types.cjs", str(TEMPLATES), "js") == ""
    made = {str(path.relative_to(tmp_path / "js")): path.read_text("utf-8") for path in (tmp_path / "js").rglob("*.js*")}
    kept = {str(path.relative_to(TEMPLATES / "js")): path.read_text("utf-8") for path in (TEMPLATES / "js").rglob("*.js*")}
    assert made == kept
