from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.reading.signin import pages

if TYPE_CHECKING:
    from sitting import Site


def path(site: Site, files: dict[str, str], *, kind: str = "jwt-cookie", middleware: str | None = None) -> str | None:
    app = "app" if any(name.startswith("app/") for name in files) else None
    pages_dir = "pages" if any(name.startswith("pages/") for name in files) else None
    found = pages.sign_in_path(site(files), kind, app, pages_dir, middleware)
    return found[0] if found else None


@pytest.mark.parametrize(
    "file",
    [
        "app/login/layout.tsx",
        "app/login/login-form.tsx",
        "app/api/login/page.tsx",
        "app/_login/login/page.tsx",
        "app/@modal/(.)login/page.tsx",
        "app/[tenant]/login/page.tsx",
        "app/login-history/page.tsx",
        "app/signup/page.tsx",
        "pages/api/login.ts",
    ],
)
def test_what_is_no_page_to_sign_in_is_none(site: Site, file: str) -> None:
    assert path(site, {file: ""}) is None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("app/login/page.tsx", "/login"),
        ("app/(auth)/sign-in/page.jsx", "/sign-in"),
        ("app/[locale]/(auth)/login/page.tsx", "/login"),
        ("app/sign-in/[[...sign-in]]/page.tsx", "/sign-in"),
        ("app/auth/page.tsx", "/auth"),
        ("app/auth/signin/page.tsx", "/auth/signin"),
        ("pages/login.tsx", "/login"),
        ("pages/auth/login/index.js", "/auth/login"),
    ],
)
def test_a_page_of_that_name_is_where_people_sign_in(site: Site, file: str, expected: str) -> None:
    assert path(site, {file: ""}) == expected


def test_of_several_pages_the_plainest_for_everybody_is_it(site: Site) -> None:
    files: dict[str, str] = dict.fromkeys(("app/admin/login/page.tsx", "app/auth/page.tsx", "app/account/login/page.tsx"), "")
    assert path(site, files) == "/account/login"


@pytest.mark.parametrize(
    "text",
    [
        "export function middleware(r) { return NextResponse.redirect(new URL('/welcome/login?from=x', r.url)) }",
        "export const middleware = (r) => NextResponse.redirect(new URL(`/${locale}/welcome/login?from=${r.url}`, r.url))",
        "const LOGIN = '/welcome/login'\nexport const middleware = (r) => NextResponse.redirect(new URL(LOGIN, r.url))",
    ],
)
def test_where_the_middleware_sends_visitors_goes_before_a_page(site: Site, text: str) -> None:
    files = {"middleware.ts": text, "app/login/page.tsx": ""}
    assert path(site, files, middleware="middleware.ts") == "/welcome/login"


def test_other_places_the_middleware_sends_visitors_to_do_not_count(site: Site) -> None:
    text = (
        "// new URL('/signin', x)\nexport const middleware = () => redirect(new URL(on ? '/dashboard' : '/api/auth/login', u))"
    )
    assert path(site, {"middleware.ts": text, "app/login/page.tsx": ""}, middleware="middleware.ts") == "/login"


def test_what_nextauth_is_told_goes_first_and_its_own_page_last(site: Site) -> None:
    handler = {"app/api/auth/[...nextauth]/route.ts": ""}
    assert path(site, handler, kind="next-auth") == "/api/auth/signin"
    assert path(site, handler) is None
    told = {**handler, "auth.ts": "export const options = { pages: { signIn: '/enter' } }", "app/login/page.tsx": ""}
    assert path(site, told, kind="next-auth") == "/enter"


@pytest.mark.parametrize(
    "told",
    [
        {".env.example": "A=1\nNEXT_PUBLIC_CLERK_SIGN_IN_URL=/enter\n"},
        {"app/layout.tsx": "export default () => <ClerkProvider signInUrl='/enter'><html /></ClerkProvider>"},
        {"app/layout.tsx": "export default () => <ClerkProvider signInUrl={'/enter'}><html /></ClerkProvider>"},
        {"middleware.ts": "export default clerkMiddleware(f, { signInUrl: '/enter' })"},
    ],
)
def test_what_clerk_is_told_goes_first(site: Site, told: dict[str, str]) -> None:
    assert path(site, {**told, "app/login/page.tsx": ""}, kind="clerk") == "/enter"


def test_the_environment_itself_is_never_read(site: Site) -> None:
    assert path(site, {".env.local": "NEXT_PUBLIC_CLERK_SIGN_IN_URL=/enter"}, kind="clerk") is None
