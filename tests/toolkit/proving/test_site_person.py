"""A person who is signed in has what the site's sources look for."""

from __future__ import annotations

import json

from chatkit_integrator.model.settings import Login
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.toolkit.proving.site_person import Identity, identity_of, person_of, sessions

ADA = Identity("u1", "token-of-ada", email="ada@example.com", name="Ada")


def test_what_has_nothing_to_do_with_a_session_is_left_alone() -> None:
    source = 'cookies().get("theme"); localStorage.getItem("chatkit_thread_id"); cookies().get("csrf_token")'
    person = person_of(sessions(Tree.of({"app/page.tsx": source}), "", ()), ADA, None)
    assert (person.cookies, dict(person.storage)) == ((), {})


def test_a_cookie_that_only_the_server_reads_cannot_be_read_by_scripts() -> None:
    files = {
        "app/api/chatkit/route.ts": 'const NAME = "id_token"; (await cookies()).get(NAME)?.value; jar.get("expires_at")',
        "lib/client.ts": "document.cookie.split('; ').find((row) => row.startsWith('auth_token='))",
    }
    person = person_of(sessions(Tree.of(files), "", ()), ADA, None)
    found = {one.name: (one.value, one.http_only) for one in person.cookies}
    assert found["id_token"] == ("token-of-ada", True)
    assert found["auth_token"] == ("token-of-ada", False)
    assert found["expires_at"][0].isdigit()


def test_a_cookie_that_a_route_picks_out_of_the_header_is_found_by_the_constant_that_names_it() -> None:
    files = {
        "app/api/chatkit/route.ts": "all.filter((one) => one.startsWith(`${SESSION_COOKIE}=`)).pop(); `${OTHER}=`",
        "app/_chatkit/settings.ts": 'export const SESSION_COOKIE = "studio_session";\nexport const OTHER = "other_session";',
    }
    person = person_of(sessions(Tree.of(files), "", ()), ADA, None)
    assert [(one.name, one.value, one.http_only) for one in person.cookies] == [("studio_session", "token-of-ada", True)]


def test_stored_values_are_what_their_names_say() -> None:
    source = 'localStorage.getItem("access_token"); localStorage.getItem("user"); localStorage.getItem("userId")'
    storage = person_of(sessions(Tree.of({"src/a.ts": source}), "", ()), ADA, None).storage
    assert storage["access_token"] == "token-of-ada"
    assert storage["userId"] == "u1"
    assert json.loads(storage["user"])["email"] == "ada@example.com"


def test_a_form_that_signs_in_is_all_that_is_needed() -> None:
    found = sessions(Tree.of({"app/page.tsx": 'cookies().get("session")'}), "", ())
    person = person_of(found, ADA, Login("/login", {"Email": "ada@example.com"}))
    assert person.cookies == ()


def test_a_token_is_of_the_usual_form() -> None:
    found = identity_of("a secret")
    assert found.token.count(".") == 2


def test_credentials_are_masked() -> None:
    person = person_of(sessions(Tree.of({"a.ts": 'cookies().get("session")'}), "", ()), ADA, None)
    assert person.masked("Bearer token-of-ada") == "Bearer [credential]"
