"""The items that a frontend decides, on a site written by hand: what breaks each, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from judging import Changes, Repository, Written

ITEMS = ("CK05", "CK06", "CK07", "CK08", "CK13", "CK14", "CK15", "CK17", "CK24", "CK27", "CK30")
CHAT = "frontend/components/chat.tsx"
FETCH = "frontend/lib/chat-fetch.ts"
PAGE = "frontend/app/chat/page.tsx"
LAYOUT = "frontend/app/layout.tsx"
ROUTE = "frontend/app/api/chatkit/route.ts"
URL = '"/api/chatkit"'
WRITES = "body.metadata = {"
IMPORTS_CHAT = 'import { Chat } from "../../components/chat";\n'


@pytest.fixture
def site(written: Written) -> Repository:
    return written("next_by_hand")


@pytest.mark.parametrize("item", ITEMS)
def test_a_site_that_does_all_of_it_passes(site: Repository, item: str) -> None:
    assert site.word(item) == "pass", site.verdict(item)


@pytest.mark.parametrize("item", ["CK05", "CK06", "CK07", "CK08", "CK17", "CK27"])
def test_nothing_is_said_of_a_widget_that_no_page_renders(site: Repository, item: str) -> None:
    parked = site.with_({PAGE: [(IMPORTS_CHAT, ""), ("<Chat />", "<p />")]})
    assert parked.word(item) == "unknown", parked.verdict(item)


FAILS: list[tuple[str, str, Changes]] = [
    ("CK05", "the proxy says nothing", {ROUTE: ("Authorization: `Bearer ${token}`, ", "")}),
    ("CK05", "the header is a comment", {ROUTE: ("Authorization: `Bearer ${token}`, ", "/* Authorization: token */ ")}),
    ("CK05", "the widget goes past the proxy", {CHAT: (URL, '"http://localhost:8000/chatkit"')}),
    ("CK06", "nothing is written", {FETCH: (WRITES, "const metadata = {")}),
    ("CK06", "the fetch is not used", {CHAT: (", fetch: chatFetch", "")}),
    ("CK06", "a twin writes it", {CHAT: ("../lib/chat-fetch", "../lib/plain"), "frontend/lib/plain.ts": ("", "export const chatFetch = (url, init) => fetch(url, init);\n")}),
    ("CK07", "nothing waits", {PAGE: ("ready ? <Chat /> : <p>Loading</p>", "<Chat />")}),
    ("CK07", "the module is waited for", {PAGE: ('customElements.whenDefined("openai-chatkit")', 'import("@openai/chatkit-react")')}),
    ("CK07", "the wait is a comment", {PAGE: ("    customElements", "    // customElements")}),
    ("CK08", "the gate is gone", {PAGE: ("if (!session) return <p>Please sign in.</p>;", "")}),
    ("CK08", "the gate is a comment", {PAGE: ("  if (!session)", "  // if (!session)")}),
    ("CK08", "another page is open", {"frontend/app/free/page.tsx": ("", IMPORTS_CHAT + "export default function Free() { return <Chat />; }\n")}),
    ("CK14", "another strategy", {LAYOUT: ("beforeInteractive", "lazyOnload")}),
    ("CK14", "a plain element", {LAYOUT: [("<Script", "<script"), ('strategy="beforeInteractive"', "async")]}),
    ("CK14", "outside the head", {LAYOUT: [("<head>", ""), ("</head>", "")]}),
    ("CK15", "another path of the backend", {ROUTE: ("}/chatkit`", "}/api/chatkit`")}),
    ("CK15", "the backend moved", {"backend/main.py": ('"/chatkit"', '"/v2/chatkit"')}),
    ("CK15", "the widget goes past the proxy", {CHAT: (URL, '"http://localhost:8000/chatkit"')}),
    ("CK15", "no such route", {CHAT: (URL, '"/api/proxy/chatkit"')}),
    ("CK17", "the first message alone", {FETCH: ("  body.metadata", '  if (body.type === "threads.create") body.metadata')}),
    ("CK17", "an operation that is none", {FETCH: ("  body.metadata", '  if (["threads.create", "threads.run"].includes(body.type)) body.metadata')}),
    ("CK17", "where ChatKit drops it", {FETCH: ("body.metadata", "body.params.input.metadata")}),
    ("CK24", "no key", {CHAT: (" domainKey: process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY,", "")}),
    ("CK24", "a placeholder", {CHAT: ("_DOMAIN_KEY,", '_DOMAIN_KEY || "local-dev",')}),
    ("CK24", "nothing but a placeholder", {CHAT: ("process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY", '"local-dev"')}),
    ("CK27", "no script", {LAYOUT: ("<Script src=", "<Other src=")}),
    ("CK27", "a script in a comment", {LAYOUT: [("<Script", "{/* <Script"), ('Interactive" />', 'Interactive" /> */}')]}),
    ("CK30", "a hosted workflow", {CHAT: (f"url: {URL}", 'getClientSecret: async () => "secret"')}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "changes"), [pytest.param(item, changes, id=f"{item} {name}") for item, name, changes in FAILS]
)
def test_it_fails_with(site: Repository, item: str, changes: Changes) -> None:
    changed = site.with_(changes)
    assert changed.word(item) == "fail", changed.verdict(item)
    assert changed.shown(item)


OTHER: list[tuple[str, str, str, Changes]] = [
    ("CK05", "pass", "a header of the fetch", {CHAT: (URL, '"http://localhost:8000/chatkit"'), FETCH: ("{ ...init,", '{ ...init, headers: { Authorization: localStorage.getItem("token") },')}),
    ("CK05", "unknown", "cookies that go along", {CHAT: (URL, '"http://localhost:8000/chatkit"'), FETCH: ("{ ...init,", '{ ...init, credentials: "include",')}),
    ("CK05", "pass", "a made-up id that the backend goes by", {CHAT: (URL, '"http://localhost:8000/chatkit"'), FETCH: ("{ ...init,", '{ ...init, headers: { "X-User-ID": crypto.randomUUID() },')}),
    ("CK05", "unknown", "a made-up id that it does not go by", {CHAT: (URL, '"http://localhost:8000/chatkit"'), FETCH: ("{ ...init,", '{ ...init, headers: { "X-Session-ID": crypto.randomUUID() },')}),
    ("CK06", "unknown", "context in a header", {FETCH: [(WRITES, "const metadata = {"), ("{ ...init,", '{ ...init, headers: { "X-Page-Title": document.title },')]}),
    ("CK06", "unknown", "context in the address", {FETCH: (WRITES, "const metadata = {"), CHAT: (URL, "`/api/chatkit?page=${path}`")}),
    ("CK08", "pass", "a notice above it, and the route refuses", {PAGE: [("if (!session) return <p>Please sign in.</p>;", ""), ("return ready ? <Chat /> : <p>Loading</p>;", "return <>{!session && <p>Please sign in.</p>}{ready && <Chat />}</>;")]}),
    ("CK08", "fail", "a notice above it, and the route lets everybody in", {PAGE: [("if (!session) return <p>Please sign in.</p>;", ""), ("return ready ? <Chat /> : <p>Loading</p>;", "return <>{!session && <p>Please sign in.</p>}{ready && <Chat />}</>;")], ROUTE: ("  if (!token) return Response.json({}, { status: 401 });\n", "")}),
    ("CK13", "not applicable", "a token that scripts read", {ROUTE: ('(await cookies()).get("session")?.value', 'request.headers.get("authorization")'), FETCH: ("{ ...init,", '{ ...init, headers: { Authorization: localStorage.getItem("token") },')}),
    ("CK15", "pass", "a rewrite", {ROUTE: None, "frontend/next.config.js": ("", "module.exports = { async rewrites() { return [{ source: '/api/:path*', destination: 'http://localhost:8000/:path*' }]; } };\n")}),
    ("CK17", "pass", "where the backend reads the body itself", {FETCH: ("body.metadata", "body.params.input.metadata"), "backend/main.py": ('json.loads(body).get("metadata")', 'json.loads(body)["params"]["input"].get("metadata")')}),
    ("CK17", "pass", "both operations", {FETCH: ("  body.metadata", '  if (["threads.create", "threads.add_user_message"].includes(body.type)) body.metadata')}),
    ("CK17", "not applicable", "no context at all", {FETCH: (WRITES, "const metadata = {")}),
    ("CK24", "pass", "a placeholder for development", {CHAT: ("process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY", 'process.env.NODE_ENV === "development" ? "local-dev" : process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY')}),
    ("CK24", "unknown", "a real key in the code", {CHAT: ("process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY", '"domain_pk_0123456789abcdef0123456789abcdef"')}),
    ("CK24", "not applicable", "a hosted workflow", {CHAT: (f"url: {URL}", 'getClientSecret: async () => "secret"')}),
    ("CK27", "pass", "code that loads it", {LAYOUT: ("<Script src=", "<Other src="), PAGE: ("    customElements", '    const script = document.createElement("script");\n    script.src = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";\n    document.head.append(script);\n    customElements')}),
]  # fmt: skip


BODY = ("body: await request.text()", "body: JSON.stringify(told)")
SAID = "  const told = await request.json();\n"
ASKED = """const asked = await fetch(`${process.env.AUTH_URL}/api/auth/token`, { headers: { cookie: request.headers.get("cookie") } });
  const { token } = await asked.json();"""
TOKEN = 'const token = (await cookies()).get("session")?.value;'
WHOLE = 'const token = request.headers.get("cookie") ?? "";'
PICKED = 'const token = (request.headers.get("cookie") ?? "").split("; ").find((one) => one.startsWith("NAME="));'
SETS: Changes = {
    "frontend/app/login/route.ts": (
        "",
        'import { cookies } from "next/headers";\nexport async function POST(request) {\n  (await cookies()).set("session", await request.text(), { httpOnly: true });\n}\n',
    )
}
AS_COOKIE = ("Authorization: `Bearer ${token}`", "Cookie: token")
PROXIED: list[tuple[str, str, str, Changes]] = [
    ("CK05", "pass", "whose session it is, in the body", {ROUTE: [("Authorization: `Bearer ${token}`, ", ""), BODY, ("  const answer", SAID + "  const { user } = await getSession();\n  told.context = user.id;\n  const answer")]}),
    ("CK05", "fail", "what the browser says of itself, in the body", {ROUTE: [("Authorization: `Bearer ${token}`, ", ""), BODY, ("  const answer", SAID + "  told.context = told.user.id;\n  const answer")]}),
    ("CK13", "pass", "a token that the site's sign-in gives for the cookies", {ROUTE: ('const token = (await cookies()).get("session")?.value;', ASKED)}),
    ("CK05", "unknown", "all cookies of the browser as they come", {ROUTE: [(TOKEN, WHOLE), AS_COOKIE]}),
    ("CK13", "unknown", "all cookies of the browser as they come", {ROUTE: [(TOKEN, WHOLE), AS_COOKIE]}),
    ("CK13", "not applicable", "a token of another header, cut at its beginning", {ROUTE: (TOKEN, 'const sent = request.headers.get("authorization"); const token = sent.startsWith("session=") ? sent : "";')}),
    ("CK13", "unknown", "one cookie that is no session of the site's", {ROUTE: [(TOKEN, PICKED.replace("NAME", "theme")), AS_COOKIE], "frontend/lib/theme.ts": ("", 'document.cookie = "theme=dark";\n'), **SETS}),
    ("CK05", "pass", "the session's cookie alone, as it came", {ROUTE: [(TOKEN, PICKED.replace("NAME", "session")), AS_COOKIE]}),
    ("CK13", "pass", "the session's cookie alone, as it came", {ROUTE: [(TOKEN, PICKED.replace("NAME", "session")), AS_COOKIE]}),
    ("CK28", "fail", "the route answers with what it caught", {ROUTE: [("  const answer", "  try {\n  const answer"), ("headers: answer.headers });\n", "headers: answer.headers });\n  } catch (error) {\n    return Response.json({ details: error.message }, { status: 502 });\n  }\n")]}),
    ("CK28", "pass", "the route writes what it caught to its log", {ROUTE: [("  const answer", "  try {\n  const answer"), ("headers: answer.headers });\n", "headers: answer.headers });\n  } catch (error) {\n    console.error(error.message);\n    return Response.json({}, { status: 502 });\n  }\n")]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "word", "changes"),
    [pytest.param(item, word, changes, id=f"{item} {name}") for item, word, name, changes in [*OTHER, *PROXIED]],
)
def test_it_is_judged_with(site: Repository, item: str, word: str, changes: Changes) -> None:
    changed = site.with_(changes)
    assert changed.word(item) == word, changed.verdict(item)


@pytest.mark.parametrize("item", ["CK13", "CK14", "CK15"])
def test_what_is_asked_of_next_alone_does_not_concern_other_sites(site: Repository, item: str) -> None:
    other = site.with_(
        {
            "frontend/package.json": ('"next": "16.0.0"', '"vite": "7.0.0"'),
            "frontend/index.html": ("", '<script type="module" src="/src/main.tsx"></script>\n'),
            "frontend/src/main.tsx": ("", 'import { Chat } from "../components/chat";\nrender(<Chat />);\n'),
        }
    )
    assert other.word(item) == "not applicable"
