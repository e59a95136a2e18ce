from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import FrontendAuth

if TYPE_CHECKING:
    from looking import Look

SET = """import { cookies } from "next/headers";
export async function login(t) {
  (await cookies()).set("%s", t, { httpOnly: true });
}
"""
CLERK = {"lib/who.ts": 'import { auth } from "@clerk/nextjs/server";\nexport const who = () => auth();\n'}
BOTH = {"app/api/login/route.ts": SET % "access_token", "app/login/page.tsx": "export default 1", **CLERK}
PACKAGE = {"@clerk/nextjs": "6"}


def test_a_site_without_sign_in_has_none_and_asks_nothing(look: Look) -> None:
    found = look({"app/login/page.tsx": "export default 1"})
    assert (found.site.auth, dict(found.questions)) == (FrontendAuth("none"), {})


def test_a_session_cookie_is_described_with_the_page_where_people_sign_in(look: Look) -> None:
    found = look({"lib/session.ts": SET % "session", "app/(auth)/login/page.tsx": "export default 1"})
    assert found.site.auth == FrontendAuth("jwt-cookie", "session", http_only=True, sign_in_path="/login")
    assert [(one.path, one.line) for one in found.evidence["auth"]] == [("lib/session.ts", 3)]
    assert found.questions == {}


def test_two_live_systems_are_asked_about_without_a_suggestion(look: Look) -> None:
    found = look(BOTH, dependencies=PACKAGE)
    question = found.questions["frontend.auth"]
    assert (question.choices, question.suggested) == (("jwt-cookie", "clerk", "none"), None)
    assert "app/api/login/route.ts:3" in question.why
    assert "lib/who.ts:1" in question.why
    assert set(question.blocks) == {"nextjs.proxy", "nextjs.widget", "nextjs.mount"}


@pytest.mark.parametrize("answer", ["jwt-cookie", "clerk", "none"])
def test_the_answer_which_system_is_applied(look: Look, answer: str) -> None:
    found = look(BOTH, dependencies=PACKAGE, answers={"frontend.auth": answer})
    assert (found.site.auth.kind, dict(found.questions)) == (answer, {})
    assert found.site.auth.cookie == ("access_token" if answer == "jwt-cookie" else None)


def test_an_answer_that_is_no_system_is_refused_with_the_choices(look: Look) -> None:
    with pytest.raises(UnknownAnswerError, match="jwt-cookie, clerk, none"):
        look(BOTH, dependencies=PACKAGE, answers={"frontend.auth": "okta"})


def test_a_cookie_that_only_code_of_the_library_touches_is_no_second_system(look: Look) -> None:
    both = 'import { auth } from "@clerk/nextjs/server";\n' + SET % "access_token"
    assert look({"lib/a.ts": both}, dependencies=PACKAGE).site.auth.kind == "clerk"


def test_several_session_cookies_are_asked_about_by_name(look: Look) -> None:
    files = {"lib/a.ts": SET % "session", "lib/b.ts": SET % "id_token", "app/login/page.tsx": ""}
    found = look(files)
    question = found.questions["auth.cookie"]
    assert (set(question.choices), question.suggested) == ({"session", "id_token"}, None)
    assert (found.site.auth.kind, found.site.auth.cookie) == ("jwt-cookie", None)
    answered = look(files, answers={"auth.cookie": "id_token"})
    assert answered.site.auth == FrontendAuth("jwt-cookie", "id_token", http_only=True, sign_in_path="/login")
    assert answered.questions == {}
    with pytest.raises(UnknownAnswerError, match="id_token, session"):
        look(files, answers={"auth.cookie": "other"})


def test_a_person_may_name_another_cookie_than_the_one_that_was_found(look: Look) -> None:
    found = look({"lib/a.ts": SET % "session", "app/login/page.tsx": ""}, answers={"auth.cookie": "api_token"})
    assert (found.site.auth.cookie, found.site.auth.http_only) == ("api_token", None)


def test_sign_in_without_a_page_for_it_is_asked_about_and_the_answer_applied(look: Look) -> None:
    question = look({"lib/a.ts": SET % "session"}).questions["sign_in_path"]
    assert (question.choices, question.suggested) == ((), None)
    answered = look({"lib/a.ts": SET % "session"}, answers={"sign_in_path": "/welcome"})
    assert (answered.site.auth.sign_in_path, dict(answered.questions)) == ("/welcome", {})


def test_a_page_to_sign_in_and_requests_with_cookies_mean_a_session_of_the_backend(look: Look) -> None:
    files = {"app/login/page.tsx": "", "lib/api.ts": "export const get = () => fetch(u, { credentials: 'include' })"}
    assert look(files).site.auth == FrontendAuth("other", sign_in_path="/login")
    assert look({"lib/api.ts": files["lib/api.ts"]}).site.auth == FrontendAuth("none")
