"""Where the widget's own address leads: to a route of the site, a rewrite, a development server, or past them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reading_sites import Read

    from chatkit_integrator.reading.client.proxies import Proxy

Files = Mapping[str, "str | None"]
ROUTE = "app/api/chatkit/route.ts"
HEAD = "import { cookies } from 'next/headers';\nconst API = process.env.API_URL ?? 'http://localhost:8000';\n"


def handler(inside: str, target: str = "`${API}/chatkit`", headers: str = "{}") -> str:
    asks = f"const answer = await fetch({target}, {{ method: 'POST', headers: {headers}, body: await request.text() }});"
    done = "return new Response(answer.body, { status: answer.status });"
    return f"{HEAD}export async function POST(request, {{ params }}) {{ {inside}\n  {asks}\n  {done} }}\n"


def proxy(read: Read, files: Files) -> Proxy:
    found = read("next", files).proxy
    assert found is not None
    return found


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing answers"),
        pytest.param({"app/api/chat/route.ts": handler("")}, id="a route of another address"),
        pytest.param({"app/_api/api/chatkit/route.ts": handler("")}, id="a private folder"),
        pytest.param({"next.config.js": "module.exports = { async rewrites() { return [{ source: '/other/:path*', destination: 'http://b/:path*' }]; } };\n"}, id="a rewrite of another address"),
        pytest.param({"next.config.js": "// rewrites: [{ source: '/api/chatkit', destination: 'http://b/chatkit' }]\nmodule.exports = {};\n"}, id="a rewrite in a comment"),
        pytest.param({"app/api/chatkit/route.ts": "export async function GET() {}\n"}, id="a route that answers no POST"),
    ],
)  # fmt: skip
def test_no_route_answers_the_widget_where(read: Read, files: Files) -> None:
    assert read("next", files).proxy is None


@pytest.mark.parametrize(
    ("files", "target"),
    [
        pytest.param({ROUTE: handler("")}, "/chatkit", id="a handler"),
        pytest.param({ROUTE: handler("", "new URL('/v1/chatkit', API)")}, "/v1/chatkit", id="an URL"),
        pytest.param({"app/(api)/api/chatkit/route.ts": handler("", "API + '/chatkit'")}, "/chatkit", id="a handler in a group"),
        pytest.param({"app/api/[...path]/route.ts": handler("const { path } = await params;", "`${API}/${path.join('/')}`")}, "/chatkit", id="a catch-all"),
        pytest.param({"app/api/[...path]/route.ts": handler("const { path } = await params;", "`${API}/api/${path.join('/')}`")}, "/api/chatkit", id="a catch-all with a prefix"),
        pytest.param({ROUTE: "import { forward } from '../../../lib/forward';\nexport const POST = (request) => forward(request, '/chatkit');\n", "lib/forward.ts": "export async function forward(request, path) { return fetch(`http://b:8000${path}`, { method: 'POST' }); }\n"}, "/chatkit", id="a handler that hands on"),
        pytest.param({"app/page.tsx": None, "app/layout.tsx": None, "pages/index.tsx": "import Panel from '../components/panel';\nexport default function Page() { return <Panel />; }\n", "pages/api/chatkit.ts": "export default async function handler(request, response) { const answer = await fetch('http://b/chatkit', { method: 'POST' }); response.status(answer.status); }\n"}, "/chatkit", id="the pages router"),
        pytest.param({"next.config.js": "module.exports = { async rewrites() { return [{ source: '/api/:path*', destination: 'http://b:8000/:path*' }]; } };\n"}, "/chatkit", id="a list of rewrites"),
        pytest.param({"next.config.ts": "const nextConfig = { rewrites: async () => ({ beforeFiles: [{ source: '/api/chatkit', destination: `${process.env.API}/v1/chatkit` }] }) };\nexport default nextConfig;\n"}, "/v1/chatkit", id="rewrites before the files"),
    ],
)  # fmt: skip
def test_the_widget_is_answered_by(read: Read, files: Files, target: str) -> None:
    assert proxy(read, files).target == target


def test_a_handler_that_reads_a_cookie_and_sends_it_on_knows_who_asks(read: Read) -> None:
    inside = "const token = (await cookies()).get('session')?.value; if (!token) return new Response('', { status: 401 });"
    found = proxy(read, {ROUTE: handler(inside, headers="{ Authorization: `Bearer ${token}` }")})
    assert [len(one) for one in (found.reads_session, found.authorizes, found.refuses, found.keeps)] == [1, 1, 1, 1]


def test_a_cookie_that_scripts_write_is_no_session_of_the_servers(read: Read) -> None:
    inside = "const token = (await cookies()).get('session')?.value;"
    files = {
        ROUTE: handler(inside),
        "lib/login.ts": "export function keep(token) { document.cookie = `session=${token}; path=/`; }\n",
    }
    assert proxy(read, files).reads_session == ()


@pytest.mark.parametrize(
    "headers", ["{ Authorization: request.headers.get('authorization') }", "new Headers(request.headers)", "request.headers"]
)
def test_a_handler_that_hands_headers_on_says_nothing_itself(read: Read, headers: str) -> None:
    found = proxy(read, {ROUTE: handler("", headers=headers)})
    assert (found.authorizes, found.reads_session, len(found.passes)) == ((), (), 1)


def test_an_answer_of_five_hundred_is_noticed(read: Read) -> None:
    found = proxy(read, {ROUTE: handler("if (broken) return Response.json({}, { status: 502 });")})
    assert [one.excerpt for one in found.resends] != []


def test_the_development_server_of_vite_hands_on(read: Read) -> None:
    config = "export default defineConfig({ server: { proxy: { '/api': { target: 'http://localhost:8000', rewrite: (path) => path.replace(/^\\/api/, '') } } } });\n"
    found = read("vite", {"vite.config.ts": config}).proxy
    assert found is not None
    assert (found.target, found.is_code) == ("/chatkit", False)


SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
SCRIPT = f'<Script src="{SOURCE}" strategy="beforeInteractive" />'


def layout(head: str, body: str = "", before: str = "") -> str:
    return f'import Script from "next/script";\n{before}\nexport default function Layout({{ children }}) {{ return <html>{head}<body>{{children}}{body}</body></html>; }}\n'


@pytest.mark.parametrize(
    ("files", "how"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"app/layout.tsx": layout(f"<head>{{/* {SCRIPT} */}}</head>")}, [], id="a comment"),
        pytest.param({"app/layout.tsx": layout(f"<head>{SCRIPT}</head>")}, [("beforeInteractive", "head", True)], id="in the head"),
        pytest.param({"app/layout.tsx": layout("", SCRIPT)}, [("beforeInteractive", "body", True)], id="in the body"),
        pytest.param({"app/layout.tsx": layout("<head><Script src={CDN} strategy='lazyOnload' /></head>", before=f"const CDN = '{SOURCE}';")}, [("lazyOnload", "head", True)], id="a constant"),
        pytest.param({"app/layout.tsx": layout(f"<head><script src='{SOURCE}' async /></head>")}, [("raw", "head", True)], id="a plain element"),
        pytest.param({"app/layout.tsx": layout("<head><Kit /></head>", before="import { Kit } from '../components/kit';"), "components/kit.tsx": f"import Script from 'next/script';\nexport function Kit() {{ return {SCRIPT}; }}\n"}, [("beforeInteractive", "head", True)], id="a component in the head"),
        pytest.param({"app/page.tsx": f'import Script from "next/script";\nimport Panel from "../components/panel";\nexport default function Page() {{ return <><Script src="{SOURCE}" /><Panel /></>; }}\n'}, [("afterInteractive", "body", False)], id="a page"),
        pytest.param({"app/page.tsx": None, "app/layout.tsx": None, "pages/index.tsx": "import Panel from '../components/panel';\nexport default function Page() { return <Panel />; }\n", "pages/_document.tsx": f"import Script from 'next/script';\nimport {{ Head, Html, Main }} from 'next/document';\nexport default function Document() {{ return <Html><Head>{SCRIPT}</Head><body><Main /></body></Html>; }}\n"}, [("beforeInteractive", "head", True)], id="the document of the pages router"),
        pytest.param({"components/unused.tsx": f"import Script from 'next/script';\nexport function Kit() {{ return {SCRIPT}; }}\n"}, [], id="a component that nobody renders"),
    ],
)  # fmt: skip
def test_the_script_is_loaded_by(read: Read, files: Files, how: list[tuple[str, str, bool]]) -> None:
    assert [(one.how, one.where, one.root) for one in read("next", files).loads] == how


def test_a_page_without_the_script_is_bare(read: Read) -> None:
    free = 'import Panel from "../../components/panel";\nexport default function Free() { return <Panel />; }\n'
    with_script = f'import Script from "next/script";\nimport Panel from "../components/panel";\nexport default function Page() {{ return <><Script src="{SOURCE}" /><Panel /></>; }}\n'
    assert [one.path for one in read("next", {"app/free/page.tsx": free, "app/page.tsx": with_script}).bare] == [
        "app/free/page.tsx"
    ]


@pytest.mark.parametrize(
    ("document", "found"),
    [(f"<script src='{SOURCE}'></script>", ["html"]), (f"<!-- <script src='{SOURCE}'></script> -->", [])],
)
def test_a_document_loads_the_script_unless_it_is_a_comment(read: Read, document: str, found: list[str]) -> None:
    html = f'<html><head>{document}</head><body><script type="module" src="/src/main.tsx"></script></body></html>\n'
    assert [one.how for one in read("vite", {"index.html": html}).loads] == found


def test_the_configuration_of_a_book_loads_the_script(read: Read) -> None:
    config = f"export default {{ scripts: [{{ src: '{SOURCE}', async: true }}] }};\n"
    found = read("book", {"docusaurus.config.ts": config})
    assert ([one.how for one in found.loads], found.bare) == (["config"], ())
