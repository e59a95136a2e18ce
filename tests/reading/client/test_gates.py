"""The chat is gated where every way to it asks whether somebody is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reading_sites import Read

Files = dict[str, str | None]
IMPORT = 'import Panel from "../components/panel";\n'
CHILDREN = "{ children }"


def page(body: str, before: str = "") -> Files:
    return {"app/page.tsx": f"{IMPORT}{before}\nexport default function Page() {{ {body} }}\n"}


def around(body: str, before: str = "") -> Files:
    """A component with children, around the panel of the page."""
    guard = f"{before}\nexport function Guard({CHILDREN}) {{ {body} }}\n"
    use = f'{IMPORT}import {{ Guard }} from "../components/guard";\nexport default function Page() {{ return <Guard><Panel /></Guard>; }}\n'
    return {"components/guard.tsx": guard, "app/page.tsx": use}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(page("return <Panel />;"), id="nothing asks"),
        pytest.param(page("const { user } = useAuth(); /* if (!user) return null; */ return <Panel />;"), id="the gate is a comment"),
        pytest.param(page("const { loading } = useAuth(); if (loading) return null; return <Panel />;"), id="only waited for"),
        pytest.param(page("const [open, setOpen] = useState(false); return open && <Panel />;"), id="a button opens it"),
        pytest.param(page("const { user } = useAuth(); const [open, setOpen] = useState(false); const toggle = () => { if (!user) return; setOpen(!open); }; listen(() => setOpen(true)); return open && <Panel />;"), id="a button asks first, and something else opens it"),
        pytest.param(page("const { user } = useAuth(); return <div className={user ? 'block' : 'hidden'}><Panel /></div>;"), id="it is hidden by its style"),
        pytest.param(page("const isAuthenticated = true; if (!isAuthenticated) return null; return <Panel />;"), id="everybody counts as signed in"),
        pytest.param(page("const { user } = useAuth(); return <>{!user && <Login />}<Panel /></>;"), id="a notice above it"),
        pytest.param(page("const { user } = useAuth(); return user ? <p /> : <Panel />;"), id="for strangers only"),
        pytest.param(page("const { user } = useAuth(); return (user || DEMO) && <Panel />;"), id="or in the demonstration"),
        pytest.param(page("const [selectedUser] = useState(null); return selectedUser && <Panel />;"), id="somebody is chosen"),
        pytest.param(around("const { user } = useAuth(); return <div>{user && <Name />}{children}</div>;"), id="the wrapper asks for something else"),
        pytest.param({**page("return <Panel />;"), "middleware.ts": 'import { getToken } from "next-auth/jwt";\nexport async function middleware(r) { if (!(await getToken(r))) return NextResponse.redirect("/login"); }\nexport const config = { matcher: ["/admin/:path*"] };\n'}, id="the middleware is for other pages"),
    ],
)  # fmt: skip
def test_anybody_gets_to_the_chat_where(read: Read, files: Files) -> None:
    gate = read("next", files).gate
    assert [one.path for one in gate.open] == ["app/page.tsx"]


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        pytest.param(page("const { user } = useAuth(); return user && <Panel />;"), "user &&", id="and"),
        pytest.param(page("const { isGuest } = useAuth(); if (isGuest) return <p />; return <Panel />;"), "isGuest", id="no guest"),
        pytest.param(page("const { data: session, isPending } = useSession(); if (isPending || !session) return null; return <Panel />;"), "!session", id="an early return"),
        pytest.param(page("const { status } = useSession(); return status === 'authenticated' ? <Panel /> : <p />;"), "status", id="a status"),
        pytest.param(page("const auth = useAuth(); if (auth.state === 'signed-out') return <p />; return <Panel />;"), "signed-out", id="not signed out"),
        pytest.param(page("const [known, setKnown] = useState(false); useEffect(() => { setKnown(isAuthenticated()); }, []); return known && <Panel />;"), "known", id="a state that is set to it"),
        pytest.param(page("const { user } = useAuth(); const [room, setRoom] = useState(null); const start = () => { if (!user) return; setRoom(make()); }; return room && <Panel />;"), "room", id="a state that only somebody sets"),
        pytest.param(page("const { user } = useAuth(); const [open, setOpen] = useState(false); const toggle = () => { if (!user) { login(); return; } setOpen(!open); }; return <>{open && <Panel />}<button onClick={toggle} /></>;"), "open", id="a button that asks first is the only way to open it"),
        pytest.param(page("const { user } = useAuth(); useEffect(() => { if (!user) router.push('/login'); }, [user]); return <Panel />;"), "!user", id="strangers are sent away"),
        pytest.param(page("const session = await auth(); if (!session) redirect('/login'); return <Panel />;", 'import { auth } from "../auth";'), "!session", id="the server sends them away"),
        pytest.param(around("const { user } = useAuth(); if (!user) return <Login />; return <>{children}</>;"), "!user", id="a wrapper"),
        pytest.param(page("return <SignedIn><Panel /></SignedIn>;", 'import { SignedIn } from "@clerk/nextjs";'), "<SignedIn>", id="a wrapper of a package"),
        pytest.param({"app/page.tsx": f"{IMPORT}import {{ withAuth }} from 'auth-kit';\nfunction Page() {{ return <Panel />; }}\nexport default withAuth(Page);\n"}, "withAuth(Page)", id="a wrapper around the page"),
        pytest.param({**page("return <Panel />;"), "app/layout.tsx": "export default function Layout({ children }) { const { user } = useAuth(); if (!user) return <html />; return <html><body>{children}</body></html>; }\n"}, "!user", id="the layout"),
        pytest.param({**page("return <Panel />;"), "middleware.ts": 'import { getToken } from "next-auth/jwt";\nexport async function middleware(r) { const token = await getToken(r);\n  if (!token) return NextResponse.redirect("/login"); }\nexport const config = { matcher: ["/"] };\n'}, "redirect", id="the middleware"),
    ],
)  # fmt: skip
def test_only_somebody_gets_to_the_chat_where(read: Read, files: Files, shown: str) -> None:
    gate = read("next", files).gate
    assert gate.open == ()
    assert any(shown in one.excerpt for one in gate.places), gate.places


def test_a_notice_above_the_chat_is_told_from_a_gate(read: Read) -> None:
    gate = read("next", page("const { user } = useAuth(); return <>{!user && <Login />}<Panel /></>;")).gate
    assert ([one.excerpt.count("!user") for one in gate.notices], gate.places) == ([1], ())


def test_one_open_way_is_enough(read: Read) -> None:
    files = page("const { user } = useAuth(); return user && <Panel />;")
    files["app/free/page.tsx"] = (
        'import Panel from "../../components/panel";\nexport default function Free() { return <Panel />; }\n'
    )
    gate = read("next", files).gate
    assert [one.path for one in gate.open] == ["app/free/page.tsx"]


def test_a_route_of_react_router_is_gated_by_the_route_around_it(read: Read) -> None:
    app = """import Panel from "./panel";
import Guard from "./guard";
export default function App() {
  return <Routes><Route element={<Guard />}><Route path="/chat" element={<Panel />} /></Route></Routes>;
}
"""
    guard = "export default function Guard() { const { isAuthenticated } = useAuth(); return isAuthenticated ? <Outlet /> : <Navigate to='/login' />; }\n"
    gate = read("vite", {"src/App.tsx": app, "src/guard.tsx": guard}).gate
    assert (gate.open, [one.path for one in gate.places]) == ((), ["src/guard.tsx"])


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("if (!control) return null;", id="control"),
        pytest.param(
            "const [mounted, setMounted] = useState(false); useEffect(() => setMounted(true), []); if (!mounted) return null;",
            id="mounting",
        ),
        pytest.param(
            "const [kit, setKit] = useState(null); useEffect(() => { import('@openai/chatkit-react').then(setKit); }, []); if (!kit) return null;",
            id="the package",
        ),
        pytest.param(
            "useEffect(() => { console.log(customElements.get('openai-chatkit')); }, []);", id="it is looked for and no more"
        ),
        pytest.param("// await customElements.whenDefined('openai-chatkit')", id="a comment"),
    ],
)
def test_the_element_is_not_waited_for_by(read: Read, inside: str) -> None:
    assert read("next", {"components/panel.tsx": _panel(inside)}).detection == ()


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("const [ready, setReady] = useState(false); useEffect(() => { customElements.whenDefined('openai-chatkit').then(() => setReady(true)); }, []); if (!ready) return null;", id="being told"),
        pytest.param("const [state, setState] = useState('wait'); useEffect(() => { const timer = setInterval(() => { if (customElements.get('openai-chatkit')) setState('ready'); }, 100); }, []); const shown = state === 'ready'; if (!shown) return <p />;", id="polling"),
        pytest.param("const [ready, setReady] = useState(false); useEffect(() => { const script = document.createElement('script'); script.src = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js'; script.onload = () => setReady(true); document.head.append(script); }, []); if (!ready) return null;", id="the event of the script"),
        pytest.param("const [ready, setReady] = useState(false); if (!ready) return <Script src={CHATKIT_JS} onLoad={() => setReady(true)} />;", id="the event of next/script"),
        pytest.param("const ready = useReady(); if (!ready) return null;", id="a hook of one's own"),
    ],
)  # fmt: skip
def test_the_element_is_waited_for_by(read: Read, inside: str) -> None:
    hook = "import { useEffect, useState } from 'react';\nexport function useReady() { const [ok, setOk] = useState(false); useEffect(() => { customElements.whenDefined('openai-chatkit').then(() => setOk(true)); }, []); return ok; }\n"
    assert read("next", {"components/panel.tsx": _panel(inside), "components/ready.ts": hook}).detection


def _panel(inside: str) -> str:
    return f"""import {{ ChatKit, useChatKit }} from "@openai/chatkit-react";
import {{ useReady }} from "./ready";
export default function Panel() {{
  const {{ control }} = useChatKit({{ api: {{ url: "/api/chatkit", domainKey: "k" }} }});
  {inside}
  return <ChatKit control={{control}} />;
}}
"""


@pytest.mark.parametrize(
    ("options", "inside", "shows"),
    [
        pytest.param("", "", False, id="nothing"),
        pytest.param("onError: () => {},", "", False, id="a handler that does nothing"),
        pytest.param("onError: ({ error }) => console.error(error),", "", True, id="a handler that writes it down"),
        pytest.param("", "if (problem) return <p>Try again</p>;", False, id="a condition on something else"),
        pytest.param("", "if (error) return <p>Try again</p>;", True, id="something else is rendered"),
        pytest.param("", "if (error) return null;", False, id="nothing is rendered"),
        pytest.param("", "if (loginError) return <p>Try again</p>;", False, id="a form that was filled in wrong"),
    ],
)
def test_a_failure_is_shown(read: Read, options: str, inside: str, *, shows: bool) -> None:
    panel = _panel(inside).replace("api: {", f"{options} api: {{")
    assert (read("next", {"components/panel.tsx": panel}).on_error is not None) == shows
