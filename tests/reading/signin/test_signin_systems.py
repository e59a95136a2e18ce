from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import signin

if TYPE_CHECKING:
    from sitting import Site

SET = "import { cookies } from 'next/headers';\ncookies().set('session', t);\n"


def kinds(site: Site, files: dict[str, str], *depends: str) -> list[str]:
    return [one.auth.kind for one in signin.find(site(files, *depends))]


@pytest.mark.parametrize(
    ("package", "module", "kind"),
    [
        ("@clerk/nextjs", "@clerk/nextjs/server", "clerk"),
        ("@clerk/clerk-react", "@clerk/clerk-react", "clerk"),
        ("next-auth", "next-auth/react", "next-auth"),
        ("better-auth", "better-auth/react", "better-auth"),
        ("@supabase/ssr", "@supabase/ssr", "supabase"),
        ("@auth0/nextjs-auth0", "@auth0/nextjs-auth0", "other"),
        ("firebase", "firebase/auth", "other"),
    ],
)
def test_a_library_counts_where_it_is_declared_and_used(site: Site, package: str, module: str, kind: str) -> None:
    used = {"lib/auth.ts": f"\nimport {{ x }} from '{module}'"}
    assert kinds(site, {}, package) == []
    assert kinds(site, used) == []
    assert kinds(site, {"lib/auth.ts": f"// import '{module}'", "lib/auth.test.ts": used["lib/auth.ts"]}, package) == []
    [way] = signin.find(site(used, package))
    assert (way.auth, way.places) == (FrontendAuth(kind), (Location("lib/auth.ts", 2),))  # type: ignore[arg-type] - a literal


def test_a_library_that_is_required_counts(site: Site) -> None:
    assert kinds(site, {"middleware.ts": "const { auth } = require('@clerk/nextjs/server')"}, "@clerk/nextjs") == ["clerk"]


def test_what_is_named_like_a_library_is_none(site: Site) -> None:
    assert kinds(site, {"a.ts": "import x from 'next-auth-fake'; import y from './next-auth'"}, "next-auth") == []


def test_data_services_of_a_vendor_are_no_sign_in(site: Site) -> None:
    client = "import { createClient } from '@supabase/supabase-js'\nexport const db = createClient(u, k)\n"
    assert kinds(site, {"lib/db.ts": client + "db.from('notes').select()"}, "@supabase/supabase-js") == []
    assert kinds(site, {"lib/db.ts": client + "await db.auth.getUser()"}, "@supabase/supabase-js") == ["supabase"]
    assert kinds(site, {"lib/db.ts": "import { getFirestore } from 'firebase/firestore'"}, "firebase") == []


def test_a_sealed_session_has_its_cookie_s_name(site: Site) -> None:
    text = "import { getIronSession } from 'iron-session'\nexport const options = { cookieName: 'my_app', password: p }"
    [way] = signin.find(site({"lib/session.ts": text}, "iron-session"))
    assert way.auth == FrontendAuth("other", "my_app", http_only=True)


@pytest.mark.parametrize(
    "text",
    [
        "localStorage.setItem('access_token', t)",
        "const t = window.localStorage.getItem('token')",
        "sessionStorage['jwt'] = t",
        "localStorage.authToken = t",
        "const KEY = 'auth_tokens'\nlocalStorage.setItem(KEY, t)",
        "const [t, setT] = useLocalStorage('token', null)",
        "export const useAuth = create(persist((set) => ({}), { name: 'auth-storage' }))",
    ],
)
def test_tokens_in_the_browser_s_storage_are_seen(site: Site, text: str) -> None:
    [way] = signin.find(site({"lib/store.ts": text}))
    assert way.auth == FrontendAuth("localstorage", http_only=False)


@pytest.mark.parametrize(
    "text",
    [
        "localStorage.getItem('theme')",
        "// localStorage.getItem('token')",
        "localStorage.clear()",
        "localStorage.removeItem('token')",
        "cache.getItem('token')",
    ],
)
def test_other_things_in_the_storage_are_no_sign_in(site: Site, text: str) -> None:
    assert kinds(site, {"lib/store.ts": text}) == []


def test_tokens_in_the_storage_count_only_where_nothing_else_does(site: Site) -> None:
    stored = {"lib/store.ts": "localStorage.setItem('token', t)"}
    assert kinds(site, {**stored, "lib/session.ts": SET}) == ["jwt-cookie"]
    assert kinds(site, {**stored, "lib/auth.ts": "import 'better-auth'"}, "better-auth") == ["better-auth"]


def test_a_cookie_of_the_project_s_own_beside_a_library_is_a_way_of_its_own(site: Site) -> None:
    library = {"lib/auth.ts": "import 'better-auth'"}
    assert kinds(site, {**library, "lib/session.ts": SET}, "better-auth") == ["jwt-cookie", "better-auth"]


def test_a_cookie_beside_a_library_that_is_only_read_is_the_library_s(site: Site) -> None:
    read = {"lib/auth.ts": "import 'better-auth'", "middleware.ts": "export default (r) => r.cookies.get('session')"}
    assert kinds(site, read, "better-auth") == ["better-auth"]


def test_tokens_in_the_storage_beside_a_cookie_that_may_be_a_mere_sign_are_both_given(site: Site) -> None:
    files = {"lib/store.ts": "localStorage.setItem('token', t)\ndocument.cookie = 'session=1'"}
    assert kinds(site, files) == ["jwt-cookie", "localstorage"]
    assert kinds(site, {**files, "middleware.ts": "export default (r) => `Bearer ${r.cookies.get('session')}`"}) == [
        "jwt-cookie"
    ]
