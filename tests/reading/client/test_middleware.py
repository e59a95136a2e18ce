"""The middleware keeps anonymous visitors from a page where its own words say so."""

from __future__ import annotations

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.client.files import Files
from chatkit_integrator.reading.client.follow import Follow
from chatkit_integrator.reading.client.middleware import guarding, matches

REFUSES = "if (!request.cookies.get('session')) return NextResponse.redirect(new URL('/login', request.url));"


def guards(inside: str, matcher: str, route: str, before: str = "") -> bool:
    text = f"{before}\nexport function middleware(request) {{ {inside} }}\nexport const config = {{ matcher: {matcher} }};\n"
    files = Files(Tree.of({"package.json": "{}", "middleware.ts": text}), "")
    return guarding(files, Follow(files), route) is not None


@pytest.mark.parametrize(
    ("inside", "matcher", "route", "before"),
    [
        pytest.param("return NextResponse.next();", "['/chat']", "/chat", "", id="it looks at nothing"),
        pytest.param(f"// {REFUSES}", "['/chat']", "/chat", "", id="the refusal is a comment"),
        pytest.param(REFUSES, "['/admin/:path*']", "/chat", "", id="it is for other pages"),
        pytest.param(REFUSES, "['/admin/:path*']", "/chat", "const PUBLIC = ['/login'];", id="it is for other pages, some of them public"),
        pytest.param(f"if (PUBLIC.some((one) => path.startsWith(one))) return; {REFUSES}", "['/((?!_next).*)']", "/chat", "const PUBLIC = ['/login', '/chat'];", id="the page is public"),
        pytest.param(f"if (protectedRoutes.includes(path)) {{ {REFUSES} }}", "['/((?!_next).*)']", "/chat", "const protectedRoutes = ['/admin'];", id="other pages are guarded"),
    ],
)  # fmt: skip
def test_a_page_is_open_where(inside: str, matcher: str, route: str, before: str) -> None:
    assert not guards(inside, matcher, route, before)


@pytest.mark.parametrize(
    ("inside", "matcher", "route", "before"),
    [
        pytest.param(REFUSES, "['/chat']", "/chat", "", id="it is named"),
        pytest.param(REFUSES, "['/chat/:path*']", "/chat/1", "", id="it lies below"),
        pytest.param(f"if (PUBLIC.some((one) => path.startsWith(one))) return; {REFUSES}", "['/((?!_next).*)']", "/chat", "const PUBLIC = ['/login'];", id="others are public"),
        pytest.param(f"if (protectedRoutes.includes(path)) {{ {REFUSES} }}", "['/((?!_next).*)']", "/chat", "const protectedRoutes = ['/chat'];", id="it is among the guarded"),
        pytest.param(f"if (path.startsWith('/chat')) {{ {REFUSES} }}", "['/((?!_next).*)']", "/chat", "", id="it is asked for"),
    ],
)  # fmt: skip
def test_a_page_is_guarded_where(inside: str, matcher: str, route: str, before: str) -> None:
    assert guards(inside, matcher, route, before)


@pytest.mark.parametrize(
    ("matcher", "route", "covered"),
    [("/chat", "/chat", True), ("/chat", "/chats", False), ("/a/:path*", "/a", True), ("/a/:path*", "/a/b/c", True), ("/a/:id", "/a/b/c", False), ("/((?!api).*)", "/api/x", False)],
)  # fmt: skip
def test_a_matcher_covers(matcher: str, route: str, *, covered: bool) -> None:
    assert matches(matcher, route) == covered
