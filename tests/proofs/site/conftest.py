"""A Next.js site whose every page has the same chat put in differently, built once; and a browser to visit it with."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.demo.environment import install_site
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Unknown
from chatkit_integrator.proofs.site import conversation
from chatkit_integrator.proofs.site.person import Cookie, Person
from chatkit_integrator.proofs.site.tap import Tap
from chatkit_integrator.proofs.site.visiting import Site, visit
from chatkit_integrator.toolkit.proving import site_starting
from chatkit_integrator.toolkit.proving.application import free_ports
from chatkit_integrator.toolkit.proving.site_browser import launched
from chatkit_integrator.toolkit.proving.site_starting import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from playwright.sync_api import Browser

    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation
    from chatkit_integrator.proofs.site.visiting import Script, Visit

ADA = Person(
    "u-ada",
    "Ada",
    "ada@example.com",
    "a-token-of-adas-that-is-long",
    cookies=(Cookie("session", "a-token-of-adas-that-is-long"),),
)
MANIFEST = {
    "name": "variants",
    "private": True,
    "dependencies": {"next": "^16.0.0", "react": "^19.0.0", "react-dom": "^19.0.0", "@openai/chatkit-react": "^1.5.0"},
}
SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
LAYOUT = """import Script from "next/script";
import {{ Inter }} from "next/font/google";
const inter = Inter({{ subsets: ["latin"] }});
export const metadata = {{ title: "Tea", description: "All about tea" }};
export default function Layout({{ children }}) {{
  return <html lang="en" className={{inter.className}}><head>{head}</head><body>{body}{{children}}</body></html>;
}}
"""
EARLY = f'<Script src="{SOURCE}" strategy="beforeInteractive" />'
LAYOUTS = {
    "early": LAYOUT.format(head=EARLY, body=""),
    "late": LAYOUT.format(head="", body=f'<Script src="{SOURCE}" strategy="afterInteractive" />'),
    "body": LAYOUT.format(head="", body=EARLY),
    "raw": LAYOUT.format(head=f'<script src="{SOURCE}" async />', body=""),
    "none": LAYOUT.format(head="", body=""),
}
WIDGET = """"use client";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useState } from "react";

function Panel({ url, context, detect, errors, bearer }) {
  const [state, setState] = useState("waiting");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let late = setTimeout(() => setState((now) => (now === "waiting" ? "failed" : now)), 3000);
    customElements.whenDefined("openai-chatkit").then(() => { clearTimeout(late); setState("ready"); });
    return () => clearTimeout(late);
  }, []);
  const { control } = useChatKit({
    api: {
      url,
      domainKey: "domain_pk_localhost_dev",
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        if (bearer) headers.set("authorization", "Bearer " + localStorage.getItem("token"));
        const page = { page: { title: document.title, path: location.pathname } };
        const body = JSON.parse(init.body);
        const isFirst = body.type === "threads.create";
        if (context === "all" || (context === "first" && isFirst)) body.metadata = page;
        if (context === "ids") body.metadata = { userId: "u-ada", timestamp: Date.now() };
        if (context === "empty") body.metadata = { page: null };
        if (context === "headers") headers.set("x-page-title", document.title);
        if (context === "input" && body.params?.input) body.params.input.metadata = page;
        return fetch(input, { ...init, headers, body: JSON.stringify(body) });
      },
    },
    ...(errors === "told" && { onError: ({ error }) => setProblem("It did not work: " + error.message) }),
    ...(errors === "logged" && { onError: ({ error }) => console.error("chat failed", error.message) }),
    ...(errors === "crash" && { onError: () => { throw new TypeError("the handler itself is broken"); } }),
  });
  if (detect !== "nothing" && state !== "ready") {
    if (detect === "silent") return null;
    return <p role="status">{state === "failed" ? "The chat is not available." : "Loading…"}</p>;
  }
  return <>{problem && <p role="alert">{problem}</p>}<ChatKit control={control} style={{ height: 400, width: 360 }} /></>;
}

export function Widget(props) {
  const [open, setOpen] = useState(props.opened ?? false);
  const press = () => (props.slow ? setTimeout(() => setOpen((now) => !now), props.slow) : setOpen(!open));
  return (
    <aside style={{ position: "fixed", right: 20, bottom: 20 }}>
      {open && <Panel {...props} />}
      {!props.opened && <button aria-label="Open the chat" onClick={press}>Chat</button>}
    </aside>
  );
}
"""
PAGE = """import {{ cookies }} from "next/headers";
import {{ Widget }} from "{up}/widget";
export default async function Page() {{
  const signedIn = (await cookies()).has("session");
  return <main><h1>Tea</h1>{gate}</main>;
}}
"""
ROUTE = """import {{ cookies }} from "next/headers";
export async function POST(request) {{
  const session = (await cookies()).get("session")?.value;
  {refuse}
  const headers = {{ "content-type": "application/json", {headers} }};
  const answer = await fetch(process.env.BACKEND_URL + "{path}", {{ method: "POST", body: await request.text(), headers }});
  const kind = {{ "content-type": answer.headers.get("content-type") }};
  return new Response(answer.body, {{ status: answer.status, headers: kind }});
}}
"""
REFUSE = "if (!session) return Response.json({ message: 'Please sign in.' }, { status: 401 });"
BEARER = 'authorization: "Bearer " + session'
ROUTES = {
    "chatkit": ROUTE.format(refuse=REFUSE, headers=BEARER, path="/api/chatkit"),
    "wrong": ROUTE.format(refuse=REFUSE, headers=BEARER, path="/chatkit"),
    "anyone": ROUTE.format(refuse="", headers="", path="/api/chatkit"),
    "picked": ROUTE.format(refuse=REFUSE, headers='cookie: "session=" + session', path="/api/chatkit"),
    "cookies": ROUTE.format(refuse="", headers='cookie: request.headers.get("cookie") ?? ""', path="/api/chatkit"),
}
USUAL: dict[str, object] = {"url": "/api/chatkit", "context": "all", "detect": "all", "errors": "told"}
VARIANTS: dict[str, tuple[str, dict[str, object]]] = {
    "good": ("early", {}),
    "shown": ("early", {"opened": True}),
    "busy": ("early", {"slow": 700}),
    "dead-gate": ("early", {"gate": "dead"}),
    "dead-gate-and-open-route": ("early", {"gate": "dead", "url": "/api/anyone"}),
    "overlay": ("early", {"gate": "overlay", "opened": True}),
    "overlay-and-open-route": ("early", {"gate": "overlay", "opened": True, "url": "/api/anyone"}),
    "no-detection": ("early", {"detect": "nothing"}),
    "silent-detection": ("early", {"detect": "silent"}),
    "first-only": ("early", {"context": "first"}),
    "in-input": ("early", {"context": "input"}),
    "no-context": ("early", {"context": "none"}),
    "empty-context": ("early", {"context": "empty"}),
    "ids-only": ("early", {"context": "ids"}),
    "headers-only": ("early", {"context": "headers"}),
    "wrong-path": ("early", {"url": "/api/wrong"}),
    "no-route": ("early", {"url": "/api/nowhere"}),
    "bypass": ("early", {"url": "BACKEND"}),
    "bearer": ("early", {"url": "BACKEND", "bearer": True}),
    "nothing-forwarded": ("early", {"url": "/api/anyone"}),
    "cookie-picked": ("early", {"url": "/api/picked"}),
    "cookies-forwarded": ("early", {"url": "/api/cookies"}),
    "errors-logged": ("early", {"errors": "logged"}),
    "errors-ignored": ("early", {"errors": "ignored"}),
    "errors-crash": ("early", {"errors": "crash"}),
    "late": ("late", {}),
    "body": ("body", {}),
    "raw": ("raw", {}),
    "none": ("none", {"detect": "nothing"}),
}
OVERLAY = '<div style={{ position: "fixed", inset: 0, background: "white", zIndex: 9 }}>Please sign in.</div>'


def _page(options: dict[str, object]) -> str:
    given = {**USUAL, **options}
    gate = given.pop("gate", "alive")
    url = "process.env.NEXT_PUBLIC_BACKEND_URL + '/api/chatkit'" if given["url"] == "BACKEND" else json.dumps(given["url"])
    given.pop("url")
    widget = f"<Widget {{...{json.dumps(given)}}} url={{{url}}} />"
    if gate == "dead":
        inside = widget
    elif gate == "overlay":
        inside = f"<>{widget}{{!signedIn && {OVERLAY}}}</>"
    else:
        inside = f"{{signedIn ? {widget} : <p>Please sign in to chat.</p>}}"
    return PAGE.format(up="../../..", gate=inside)


def _files() -> dict[str, str]:
    files = {"package.json": json.dumps(MANIFEST), "widget.jsx": WIDGET}
    files |= {f"app/({name})/layout.jsx": text for name, text in LAYOUTS.items()}
    files |= {f"app/({layout})/{name}/page.jsx": _page(options) for name, (layout, options) in VARIANTS.items()}
    return files | {f"app/api/{name}/route.js": text for name, text in ROUTES.items()}


class Visits:
    """The site, running before a stand-in for its backend, and what was seen of its pages so far."""

    def __init__(self, url: str, tap: Tap, browser: Browser, kept: Path) -> None:
        self._url, self.tap, self.browser, self._kept = url, tap, browser, kept
        self._held: dict[str, Conversation] = {}

    def site(self, name: str, person: Person | None = ADA) -> Site:
        artifacts = self._kept / name
        artifacts.mkdir(exist_ok=True)
        endpoint = self.tap.endpoint
        return Site(self._url, "nextjs", (f"/{name}",), self.tap, artifacts, person=person, endpoint=endpoint)

    @contextmanager
    def visit(self, name: str, script: Script = "served") -> Generator[Visit]:
        site = self.site(name)
        with visit(self.browser, site, site.person, script) as found:
            yield found

    def held(self, name: str) -> Conversation:
        """The conversation that Ada can have on a page."""
        if name not in self._held:
            with self.visit(name) as found:
                self._held[name] = conversation.hold(found)
        return self._held[name]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, Tap]]:
    """The site, built and served as a proof does it."""
    root = tmp_path_factory.mktemp("variants")
    for name, text in _files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    said: list[str] = []
    install_site(root, said.append)
    with Tap(endpoint="/api/chatkit", person=ADA.described()) as tap:
        [port] = free_ports(1)
        told = {"BACKEND_URL": tap.url, "NEXT_PUBLIC_BACKEND_URL": tap.url, "PATH": os.environ["PATH"]}
        kind = Kind("", "", "nextjs", "npm", has_google_fonts=True)
        built = site_starting.build(root, kind, port, told, tap=tap.url, ports=())
        assert built.notes == ("served by `next start`",)
        with site_starting.serving(built, root) as url:
            yield url, tap


@pytest.fixture(scope="module")
def visits(running: tuple[str, Tap], chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Visits]:
    with launched(chromium) as browser:
        yield Visits(*running, browser, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def word() -> Callable[[Verdict], str]:
    """A verdict in one word."""

    def told(verdict: Verdict) -> str:
        match verdict:
            case Passed():
                return "pass"
            case Failed():
                return "fail"
            case NotApplicable():
                return "n/a"
            case Unknown():
                return "unknown"

    return told
