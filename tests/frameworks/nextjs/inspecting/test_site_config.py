from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.profile import Middleware
from chatkit_integrator.model.unit import Location

if TYPE_CHECKING:
    from looking import Look

A = "{ source: '/a/:path*', destination: 'http://b/:path*' }"
C = "{ source: '/c', destination: x }"
WALL = "export function middleware() {}\n"
POLICY = "\"default-src 'self'; script-src 'self'\""


def test_a_site_without_settings_has_none(look: Look) -> None:
    site = look({"app/page.tsx": "", "next.config.js": "module.exports = { output: 'standalone' }"}).site
    assert (site.static_export, site.rewrites, site.csp, site.middleware) == (False, (), None, None)


@pytest.mark.parametrize(
    "config",
    [
        "module.exports = { output: 'export' }",
        'const c: NextConfig = { output: "export" as const };\nexport default withX(c)',
        "const c = {}\nc.output = 'export'\nexport default c",
        "export default { output: process.env.NODE_ENV === 'production' ? 'export' : undefined }",
        "const mode = 'export'\nexport default { output: mode }",
    ],
)
def test_a_static_export_is_seen_in_every_form(look: Look, config: str) -> None:
    found = look({"next.config.ts": config})
    assert found.site.static_export
    assert found.evidence["static_export"][0].path == "next.config.ts"


@pytest.mark.parametrize(
    "config", ["// output: 'export'\nexport default {}", "export default { output: process.env.DEMO ? 'export' : undefined }"]
)
def test_an_export_in_a_comment_or_behind_a_switch_is_none(look: Look, config: str) -> None:
    assert not look({"next.config.mjs": config}).site.static_export


@pytest.mark.parametrize(
    "config",
    [
        f"export default {{ async rewrites() {{ return [{A}, {{ source: `/c`, destination: x }}] }} }}",
        f"module.exports = {{ rewrites: async () => ({{ beforeFiles: [{A}], fallback: [{C}] }}) }}",
        f"const rules = [{A}, {C}]\nexport default {{ rewrites: () => rules }}",
        f"async function rewrites() {{ return [{A}, {C}] }}\nmodule.exports = wrap({{ rewrites }})",
        "import { rewrites } from './rules.mjs'\nexport default { rewrites }",
    ],
)
def test_rewrites_of_every_form_are_read(look: Look, config: str) -> None:
    rules = f"export const rewrites = async () => [{A}, {C}]"
    found = look({"next.config.mjs": config, "rules.mjs": rules})
    assert found.site.rewrites == ("/a/:path*", "/c")


def test_headers_and_redirects_are_no_rewrites(look: Look) -> None:
    config = (
        "export default { redirects: () => [{ source: '/a', destination: '/b', permanent: true }], rewrites: async () => [] }"
    )
    assert look({"next.config.mjs": config}).site.rewrites == ()


@pytest.mark.parametrize(
    ("matcher", "read"),
    [
        ("", ()),
        ("export const config = { matcher: '/a' }", ("/a",)),
        (
            "export const config = { matcher: ['/a', `/b`, { source: '/c', missing: [] }], runtime: 'nodejs' }",
            ("/a", "/b", "/c"),
        ),
        ("const paths = ['/x']\nconst config = { matcher: ['/a', // '/no'\n] } satisfies C\nexport { config }", ("/a",)),
    ],
)
def test_the_middleware_is_read_with_its_matchers(look: Look, matcher: str, read: tuple[str, ...]) -> None:
    site = look({"app/page.tsx": "", "middleware.ts": WALL + matcher}).site
    assert site.middleware == Middleware("middleware.ts", read)


def test_a_middleware_beside_the_app_counts_and_one_elsewhere_does_not(look: Look) -> None:
    files = {"src/app/page.tsx": "", "middleware.ts": WALL}
    assert look(files).site.middleware is None
    assert look({**files, "src/middleware.js": WALL}).site.middleware == Middleware("src/middleware.js")
    assert look({"src/pages/index.tsx": "", "src/middleware.ts": WALL}).site.middleware == Middleware("src/middleware.ts")
    assert look({"app/page.tsx": "", "lib/middleware.ts": WALL, "src/middleware.ts": WALL}).site.middleware is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("// export function middleware() {}", False), ("", False), ("module.exports = { middleware }", True), (WALL, True)],
)
def test_a_middleware_that_is_commented_out_is_none(look: Look, text: str, is_one: bool) -> None:
    assert (look({"app/page.tsx": "", "middleware.js": text}).site.middleware is not None) is is_one


def test_proxy_is_the_middleware_from_next_16_on(look: Look) -> None:
    files = {"app/page.tsx": "", "proxy.ts": "export function proxy() {}"}
    assert look(files).site.middleware == Middleware("proxy.ts")
    assert look(files, dependencies={"next": "^15.5.0"}).site.middleware is None
    assert look(files, dependencies={"next": "latest"}).site.middleware == Middleware("proxy.ts")


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (
            "next.config.mjs",
            "const p = "
            + POLICY
            + "\nexport default { headers: () => [{ headers: [{ key: 'Content-Security-Policy', value: p }] }] }",
            2,
        ),
        ("middleware.ts", WALL + "response.headers.set('content-security-policy', " + POLICY + ")", 2),
        (
            "app/layout.tsx",
            'export default () => <html><head><meta httpEquiv="Content-Security-Policy" content='
            + POLICY
            + " /></head></html>",
            1,
        ),
        ("lib/headers.ts", "export const headers = {\n 'Content-Security-Policy': " + POLICY + "}", 2),
        ("vercel.json", '{"headers": [\n{"key": "Content-Security-Policy", "value": "script-src x"}]}', 2),
    ],
)
def test_a_policy_is_found_where_the_site_sends_it(look: Look, path: str, text: str, line: int) -> None:
    found = look({"app/page.tsx": "", path: text})
    assert found.site.csp == Location(path, line)
    assert found.evidence["csp"] == (Location(path, line),)


def test_a_policy_in_a_module_of_its_own_is_where_it_is_written(look: Look) -> None:
    config = "import { csp } from './security/csp.mjs'\nexport default { h: [{ key: 'Content-Security-Policy', value: csp }] }"
    found = look({"next.config.mjs": config, "security/csp.mjs": "// the policy\nexport const csp = " + POLICY})
    assert found.site.csp == Location("security/csp.mjs", 2)


def test_a_policy_in_a_comment_or_for_reports_only_is_none(look: Look) -> None:
    config = "// Content-Security-Policy\nexport default { k: 'Content-Security-Policy-Report-Only' }"
    assert look({"next.config.mjs": config}).site.csp is None


def test_a_policy_that_says_nothing_of_scripts_and_frames_is_none(look: Look) -> None:
    config = "export default { h: [{ key: 'Content-Security-Policy', value: 'frame-ancestors *' }] }"
    assert look({"next.config.mjs": config}).site.csp is None
    made = "export default { h: [{ key: 'Content-Security-Policy', value: make() }] }"
    assert look({"next.config.mjs": made}).site.csp == Location("next.config.mjs", 1), "nobody knows what it says"
