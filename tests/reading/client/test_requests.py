"""What the widget's own fetch adds to a request counts; what other code of the site sends does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reading_sites import Read

    from chatkit_integrator.reading.client import ClientReading

CONTEXT = "const page = { url: location.href, title: document.title };"


def reading(read: Read, fetch: str, before: str = "") -> ClientReading:
    panel = f"""import {{ ChatKit, useChatKit }} from "@openai/chatkit-react";
import {{ useSession }} from "./auth";
{before}
export default function Panel({{ token }}) {{
  {CONTEXT}
  const {{ control }} = useChatKit({{ api: {{ url: "/api/chatkit", domainKey: "k", fetch: {fetch} }} }});
  return <ChatKit control={{control}} />;
}}
"""
    return read("next", {"components/panel.tsx": panel})


@pytest.mark.parametrize(
    ("fetch", "before"),
    [
        pytest.param("(url, init) => fetch(url, init)", "", id="nothing is added"),
        pytest.param(
            "(url, init) => { /* headers.set('Authorization', token) */ return fetch(url, init); }", "", id="a comment"
        ),
        pytest.param(
            "(url, init) => fetch(url, init)",
            "export const other = () => fetch('/tasks', { headers: { Authorization: 'Bearer x' } });",
            id="another request of the module",
        ),
        pytest.param(
            "async (url, init) => { const token = await load(); return fetch(url, { ...init, headers: init.headers }); }",
            "async function load() { const r = await fetch('/token', { headers: { Authorization: 'Basic x' } }); return r.json(); }",
            id="a request for something else on the way",
        ),
    ],
)
def test_no_header_is_added_where(read: Read, fetch: str, before: str) -> None:
    assert reading(read, fetch, before).identity == ()


@pytest.mark.parametrize(
    ("fetch", "before", "name"),
    [
        pytest.param("(url, init) => fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } })", "", "authorization", id="an object"),
        pytest.param("(url, init) => { const h = new Headers(init?.headers); h.set('Authorization', token); return fetch(url, { ...init, headers: h }); }", "", "authorization", id="set"),
        pytest.param("(url, init) => { const headers = { ...init.headers }; headers['X-User-ID'] = user.id; return fetch(url, { ...init, headers }); }", "", "x-user-id", id="an entry"),
        pytest.param("(url, init) => fetch(url, { ...init, headers: { ...(token ? { Authorization: token } : {}) } })", "", "authorization", id="under a condition"),
        pytest.param("authFetch", "async function authFetch(url, init) { return fetch(url, { ...init, headers: { 'X-Session-Token': read() } }); }", "x-session-token", id="a function by name"),
        pytest.param("(url, init) => authFetch(url, init)", "const authFetch = (url, init) => fetch(url, { ...init, headers: { Authorization: 'x' } });", "authorization", id="handed on"),
        pytest.param("(url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers() } })", "const headers = () => ({ Authorization: localStorage.getItem('t') });", "authorization", id="headers from a function"),
        pytest.param("(url, init) => fetch(url, { ...init, headers: { [NAME]: token } })", "const NAME = 'Authorization';", "authorization", id="a computed name"),
    ],
)  # fmt: skip
def test_a_header_says_who_asks(read: Read, fetch: str, before: str, name: str) -> None:
    found = reading(read, fetch, before)
    assert [one.name for one in found.identity] == [name]
    assert found.own_fetch is not None


def test_an_id_that_the_browser_makes_up_is_known_as_such(read: Read) -> None:
    before = "function visitor() { const kept = sessionStorage.getItem('v'); if (kept) return kept; const fresh = crypto.randomUUID(); return fresh; }"
    (header,) = reading(read, "(url, init) => fetch(url, { ...init, headers: { 'X-Session-Id': visitor() } })", before).identity
    assert header.is_made_up


def test_headers_of_the_protocol_say_neither_who_nor_what(read: Read) -> None:
    found = reading(
        read,
        "(url, init) => fetch(url, { ...init, headers: { 'Content-Type': 'application/json', 'X-Page-Title': document.title } })",
    )
    assert (found.identity, [one.name for one in found.context_headers]) == ((), ["x-page-title"])


@pytest.mark.parametrize(
    "write",
    [
        pytest.param("return fetch(url, init);", id="the body is left alone"),
        pytest.param("const metadata = { page }; console.log(metadata); return fetch(url, init);", id="metadata is made and not sent"),
        pytest.param("const body = JSON.parse(init.body); body.params.thread_id = kept; return fetch(url, { ...init, body: JSON.stringify(body) });", id="an address of the protocol"),
        pytest.param("log(JSON.stringify({ page })); return fetch(url, init);", id="something else is written down"),
    ],
)  # fmt: skip
def test_no_context_is_written_where(read: Read, write: str) -> None:
    assert reading(read, f"async (url, init) => {{ {write} }}").written == ()


@pytest.mark.parametrize(
    ("write", "path", "operations"),
    [
        pytest.param("const body = JSON.parse(init.body); body.metadata = { page };", ("metadata",), (), id="assigned"),
        pytest.param("const body = { ...JSON.parse(init.body), metadata: { page } };", ("metadata",), (), id="spread"),
        pytest.param("let body = JSON.parse(init.body); body = { ...body, metadata: { ...body.metadata, page } };", ("metadata",), (), id="spread anew"),
        pytest.param("const body = JSON.parse(init.body); if (body.params?.input) { body.params.input.metadata = { page }; }", ("params", "input", "metadata"), (), id="in the input"),
        pytest.param(
            "const old = JSON.parse(init.body); const body = { ...old, params: { ...old.params, input: { ...old.params.input, metadata: { page } } } };",
            ("params", "input", "metadata"),
            (),
            id="in the input, spread",
        ),
        pytest.param("const body = JSON.parse(init.body); if (body.type === 'threads.create') { body.metadata = { page }; }", ("metadata",), ("threads.create",), id="for one operation"),
        pytest.param(
            "const body = JSON.parse(init.body); const wanted = ['threads.create', 'threads.add_user_message']; if (wanted.includes(body.type)) { body.metadata = { page }; }",
            ("metadata",),
            ("threads.create", "threads.add_user_message"),
            id="for a list of operations",
        ),
        pytest.param("const body = JSON.parse(init.body); switch (body.type) { case 'threads.run': body.metadata = { page }; }", ("metadata",), ("threads.run",), id="for a case"),
        pytest.param("const body = JSON.parse(init.body); if (body.type !== 'threads.create') return fetch(url, init); body.metadata = { page };", ("metadata",), ("threads.create",), id="others leave"),
    ],
)  # fmt: skip
def test_context_is_written_into_the_body(read: Read, write: str, path: tuple[str, ...], operations: tuple[str, ...]) -> None:
    found = reading(read, f"async (url, init) => {{ {write} return fetch(url, {{ ...init, body: JSON.stringify(body) }}); }}")
    assert [(one.path, one.operations) for one in found.written] == [(path, operations)]
    assert found.metadata_keys == ("page", "url", "title")


def test_a_fetch_that_cannot_be_followed_is_said_to_be_unread(read: Read) -> None:
    assert reading(read, "given.fetch").fetch_unread
    assert not reading(read, "(url, init) => fetch(url, init)").fetch_unread


def test_context_in_the_address_is_told_from_who_asks(read: Read) -> None:
    panel = """import { ChatKit, useChatKit } from "@openai/chatkit-react";
export default function Panel({ user, page }) {
  const { control } = useChatKit({ api: { url: `/api/chatkit?userId=${user}&page=${page}&thread=1`, domainKey: "k" } });
  return <ChatKit control={control} />;
}
"""
    assert read("next", {"components/panel.tsx": panel}).context_query == ("page",)
