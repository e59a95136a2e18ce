"""Twenty-four inputs that broke other tools: the right edit, or a refusal with its reason; never half."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from chatkit_integrator.engine.verifying import parses
from chatkit_integrator.errors import ExistingIntegrationError, NothingSupportedError
from chatkit_integrator.syntax import dotenv, tsx
from chatkit_integrator.toolkit import Request, apply, inspect, plan

INPUTS = Path(__file__).parent / "inputs"
NEXT = {"name": "site", "dependencies": {"next": "16.0.0", "react": "19.0.0", "react-dom": "19.0.0"}}
VITE = {"name": "site", "dependencies": {"react": "19.0.0"}, "devDependencies": {"vite": "8.0.0"}}
PAGE = "export default function Page() {\n  return null;\n}\n"
TAG = 'src="https://cdn.platform.openai.com/deployments/chatkit/chatkit.js" strategy="beforeInteractive"'


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A committed repository that holds the input whose name the test's name begins with."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name = request.node.originalname.split("_")[1]
    [source] = INPUTS.glob(f"{name}_*")
    root = tmp_path / "repository"
    shutil.copytree(source, root)
    return root


def commit(root: Path) -> None:
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-c", "user.name=c", "-c", "user.email=c@c", *argv], cwd=root, check=True)


def a_site(root: Path, package: object = NEXT) -> None:
    """Make a site of the input: a package.json and a page beside it."""
    (root / "package.json").write_text(json.dumps(package, indent=2) + "\n")
    commit(root)


def integrated(root: Path, path: str) -> tuple[bytes, bytes]:
    """Apply everything; gives one file before and after. A second plan is empty."""
    before = (root / path).read_bytes()
    request = Request(root, answers={"identity": "guest"}, accept_suggestions=True)
    planned = plan(request)
    assert planned.plan.refusals == ()
    apply(Request(root), planned.plan.id)
    assert plan(request).plan.steps == ()
    after = (root / path).read_bytes()
    parses(path, after.decode())
    return before, after


def only_added(before: bytes, after: bytes, rewritten: int = 0) -> list[bytes]:
    """The lines that were added; every line that was there stands where it stood, but for ``rewritten``."""
    had, has = before.split(b"\n"), after.split(b"\n")
    rest = iter(has)
    assert all(line in rest for line in had if line in has)
    assert len([line for line in had if line not in has]) <= rewritten
    return [line for line in has if line not in had]


def tags(text: str) -> int:
    """How often the script's tag is there, on however many lines."""
    return " ".join(text.split()).count(TAG)


def layout_case(root: Path, path: str, rewritten: int = 0) -> str:
    a_site(root)
    before, after = integrated(root, path)
    added = only_added(before, after, rewritten)
    text = after.decode()
    assert tags(text) == 1
    assert text.count("<ChatKitWidget />") == 1
    assert (before.endswith(b"\n")) == (after.endswith(b"\n"))
    assert added
    html = tsx.the_html(text, path)
    assert html is not None
    assert html.head is not None
    assert html.body is not None
    assert html.body.content is not None
    assert "{children}" in text[html.body.content.start : html.body.content.end]
    assert "<ChatKitWidget />" in text[html.body.content.start : html.body.content.end]
    assert tags(text[html.head.span.start : html.head.span.end]) == 1
    return text


def test_c01_a_greater_than_sign_in_an_attribute_ends_no_tag(case: Path) -> None:
    assert 'className={cn("a", fonts.map((f) => f.variable))}' in layout_case(case, "app/layout.jsx")


def test_c02_tabs_stay_tabs(case: Path) -> None:
    text = layout_case(case, "app/layout.jsx")
    assert "\t\t\t<head>\n\t\t\t\t<Script\n\t\t\t\t\tsrc=" in text
    assert "\n\t\t\t\t<ChatKitWidget />\n" in text


def test_c03_windows_line_endings_stay(case: Path) -> None:
    text = layout_case(case, "app/layout.jsx")
    assert "\n" not in text.replace("\r\n", "")


def test_c04_an_import_goes_behind_the_directive(case: Path) -> None:
    text = (case / "app/providers.tsx").read_text()
    added = tsx.add_import(text, "Script", "next/script")
    assert added.startswith('"use client";\n')
    assert added.index("use client") < added.index("next/script")
    bare = tsx.add_import("'use client'\nexport const a = 1\n", "Script", "next/script")
    assert bare.startswith("'use client'\n")
    tsx.parse_check(bare, "a.tsx")


def test_c05_of_two_bodies_the_one_that_renders_children_is_taken(case: Path) -> None:
    assert "<body>down</body>" in layout_case(case, "app/layout.jsx", rewritten=1)


def test_c06_the_text_of_a_template_is_not_indented(case: Path) -> None:
    assert "__html: `\n          if (a) {\n            b();\n          }\n        ` }}" in layout_case(case, "app/layout.jsx")


def test_c07_a_layout_on_one_line_stays_on_one_line(case: Path) -> None:
    text = layout_case(case, "app/layout.jsx", rewritten=1)
    assert len([line for line in text.splitlines() if "<html>" in line and "</html>" in line]) == 1


def test_c08_a_comment_that_names_the_script_is_no_script(case: Path) -> None:
    assert "// TODO: ChatKit script goes here" in layout_case(case, "app/layout.jsx", rewritten=1)


def test_c09_every_root_layout_gets_its_own(case: Path) -> None:
    paths = ("app/(marketing)/layout.tsx", "app/(shop)/layout.tsx")
    a_site(case)
    integrated(case, paths[0])
    for path in paths:
        text = (case / path).read_text()
        assert tags(text) == 1
        assert text.count("<ChatKitWidget />") == 1
        assert '"../_chatkit/chat-widget"' in text
    assert (case / "app/_chatkit/chat-widget.tsx").is_file()


def test_c10_a_root_layout_under_a_locale_is_the_root_layout(case: Path) -> None:
    text = layout_case(case, "app/[locale]/layout.tsx", rewritten=1)
    assert '"../_chatkit/chat-widget"' in text
    assert (case / "app/api/chatkit/route.ts").is_file()


def test_c11_what_is_written_lies_beside_the_app_in_src(case: Path) -> None:
    layout_case(case, "src/app/layout.tsx", rewritten=1)
    assert (case / "src/app/api/chatkit/route.ts").is_file()
    assert not (case / "app").exists()
    assert not list(case.glob("**/proxy.*")) + list(case.glob("**/middleware.*"))


@pytest.mark.parametrize("package", [VITE])
def test_c12_a_vite_site_is_refused_by_name_and_left_alone(case: Path, package: object) -> None:
    refused_site(case, package, "vite")


@pytest.mark.parametrize("package", [VITE])
def test_c13_a_merged_vite_config_is_refused_by_name_and_left_alone(case: Path, package: object) -> None:
    refused_site(case, package, "vite")


def refused_site(root: Path, package: object, kind: str) -> None:
    if kind == "vite":
        (root / "src").mkdir(exist_ok=True)
        (root / "src/main.jsx").write_text(
            'import { createRoot } from "react-dom/client";\n\ncreateRoot(document.body).render(<p />);\n'
        )
        (root / "index.html").write_text('<script type="module" src="/src/main.jsx"></script>\n')
    a_site(root, package)
    with pytest.raises(NothingSupportedError, match=f"{kind}.*supported are fastapi, nextjs"):
        plan(Request(root, accept_suggestions=True))
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def with_layout(root: Path) -> None:
    (root / "app").mkdir(exist_ok=True)
    (root / "app/layout.tsx").write_text(
        "export default function L({ children }) {\n  return (\n    <html>\n"
        "      <body>{children}</body>\n    </html>\n  );\n}\n"
    )
    (root / "app/page.tsx").write_text(PAGE)


def test_c14_rewrites_that_are_there_are_not_touched(case: Path) -> None:
    with_layout(case)
    a_site(case)
    before, after = integrated(case, "next.config.mjs")
    assert before == after
    found = inspect(Request(case)).profile.frontend
    assert found is not None
    assert found.rewrites == ("/blah",)


def test_c15_a_wrapped_config_is_wrapped_no_further(case: Path) -> None:
    with_layout(case)
    a_site(case)
    before, after = integrated(case, "next.config.js")
    assert before == after


def test_c16_fastapi_with_extras_in_a_src_layout_is_found(case: Path) -> None:
    commit(case)
    _, after = integrated(case, "src/api/server.py")
    assert b"app.include_router(chatkit_router)" in after
    manifest = (case / "pyproject.toml").read_text()
    assert '  "fastapi[standard]>=0.115",\n  "openai-chatkit>=' in manifest


def test_c17_the_router_is_included_in_the_factory(case: Path) -> None:
    (case / "requirements.txt").write_text("fastapi>=0.115\n")
    commit(case)
    before, after = integrated(case, "app/factory.py")
    assert only_added(before, after) == [
        b"from .chatkit_backend import router as chatkit_router",
        b"    api.include_router(chatkit_router)",
    ]
    assert (case / "app/main.py").read_bytes() == (INPUTS / "c17_factory/app/main.py").read_bytes()


def test_c18_the_right_package_of_a_workspace_gets_the_dependency(case: Path) -> None:
    (case / "apps/web/app").mkdir()
    layout = "export default function L({ children }) {\n  return <html><body>{children}</body></html>;\n}"
    (case / "apps/web/app/layout.tsx").write_text(layout)
    commit(case)
    _, after = integrated(case, "apps/web/package.json")
    assert b'"@acme/ui": "workspace:*",\n    "@openai/chatkit-react"' in after or b'"@openai/chatkit-react"' in after
    assert json.loads(after)["dependencies"]["@acme/ui"] == "workspace:*"
    found = inspect(Request(case)).profile.frontend
    assert found is not None
    assert (found.package_manager, found.workspace_root) == ("pnpm", ".")


def test_c19_of_two_lock_files_the_declared_managers_is_used(case: Path) -> None:
    with_layout(case)
    commit(case)
    planned = plan(Request(case, answers={"identity": "guest"}))
    [install] = [one for one in planned.plan.follow_ups if one.command]
    assert install.command == "pnpm install"
    assert "yarn.lock" in install.text


def test_c20_every_other_byte_of_an_env_file_stays(case: Path) -> None:
    text = (case / ".env.local").read_text()
    added = dotenv.add(text, [("FOO", "1", "there already"), ("CHAT", "2", "new")])
    assert added.startswith(text + "\n")
    assert added.removeprefix(text).strip().splitlines() == ["# new", "CHAT=2"]
    assert dotenv.keys(text) == {"SUPABASE_SERVICE_ROLE_KEY", "EMPTY", "FOO", "MULTI", "NO_NEWLINE"}
    with_layout(case)
    a_site(case)
    before, after = integrated(case, ".env.local")
    assert before == after


def test_c21_a_docusaurus_root_is_left_alone(case: Path) -> None:
    refused_site(case, {"name": "docs", "dependencies": {"@docusaurus/core": "3.9.0", "react": "19.0.0"}}, "docusaurus")


def test_c22_a_hand_tuned_integration_is_adopted_not_rewritten(case: Path) -> None:
    with_layout(case)
    a_site(case)
    with pytest.raises(ExistingIntegrationError, match=r"ChatKitWidget\.tsx:2"):
        plan(Request(case, answers={"identity": "guest"}))


def test_c23_a_name_made_for_a_shell_is_a_name(case: Path) -> None:
    with_layout(case)
    a_site(case)
    [odd] = case.glob("app/**/*touch*")
    kept = odd.read_bytes()
    integrated(case, "app/layout.tsx")
    assert odd.read_bytes() == kept
    assert not list(case.parent.glob("**/pwned"))


def test_c24_no_second_config_is_made(case: Path) -> None:
    refused_site(case, VITE, "vite")
    assert [path.name for path in case.glob("vite.config.*")] == ["vite.config.js"]
    found = inspect(Request(case)).profile.frontend
    assert found is not None
    assert found.language == "ts"
