"""What both sides agree on: settled where the repository says so, asked where it does not, never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import (
    App,
    AuthServer,
    Backend,
    BackendAuth,
    Dependencies,
    Frontend,
    FrontendAuth,
    Symbol,
)
from chatkit_integrator.toolkit.settling import settle

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Contract, Made
    from chatkit_integrator.model.unit import Question

SERVER = AuthServer("lib/auth.ts", "auth", "@/lib/auth", "app/api/auth/[...all]/route.ts", "/api/auth/jwks", signs=True)
BACKEND = Backend(
    root=".",
    framework="fastapi",
    app=App("main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("pip", "requirements.txt"),
    import_root="",
    package_dir="",
)
SITE = Frontend(
    root="web",
    framework="nextjs",
    router="app",
    language="ts",
    layout=None,
    layouts=(),
    app_dir="web/app",
    manifest="web/package.json",
    package_manager="npm",
    workspace_root="web",
)
OWN = BackendAuth("bearer", Symbol("deps.py", "get_current_user"), "user.id", checks="secret")
KEYS = replace(OWN, checks="keys")
COOKIE = BackendAuth("cookie", Symbol("deps.py", "get_current_user"), "user.id", "session")
UNNAMED = replace(COOKIE, cookie=None)
NOBODY = BackendAuth("none")


def settled(
    auth: BackendAuth, server: AuthServer | None, kind: str = "better-auth", elsewhere: str | None = None, **answers: str
) -> tuple[Contract, dict[str, Question]]:
    signs_in = FrontendAuth(kind, server=server, elsewhere=elsewhere)  # type: ignore[arg-type] - a literal
    given = {name.replace("__", "."): value for name, value in answers.items()}
    contract, asked = settle(replace(BACKEND, auth=auth), replace(SITE, auth=signs_in), given)
    return contract, {one.id: one for one in asked}


@pytest.mark.parametrize("identity", ["oidc", "", "JWKS"])
def test_what_is_no_choice_is_refused(identity: str) -> None:
    with pytest.raises(UnknownAnswerError, match="bearer, guest, jwks, signed"):
        settled(NOBODY, SERVER, identity=identity)


@pytest.mark.parametrize("identity", ["jwks", "signed"])
def test_what_needs_a_server_of_the_site_s_own_is_refused_without_one_and_says_why(identity: str) -> None:
    with pytest.raises(UnknownAnswerError, match=r"the site itself serves, and there is none \(no route serves it\)"):
        settled(NOBODY, None, elsewhere="no route serves it", identity=identity)


def test_a_backend_that_checks_the_server_s_own_tokens_gets_them() -> None:
    contract, asked = settled(KEYS, SERVER)
    assert (contract.identity, contract.cookie, asked) == ("bearer", None, {})


@pytest.mark.parametrize(
    ("auth", "server"),
    [(NOBODY, SERVER), (OWN, SERVER), (KEYS, replace(SERVER, signs=False)), (KEYS, replace(SERVER, signs=None))],
)
def test_otherwise_the_ways_are_asked_about_and_a_token_for_the_chat_alone_is_suggested(
    auth: BackendAuth, server: AuthServer
) -> None:
    contract, asked = settled(auth, server)
    assert (contract.identity, list(asked)) == (None, ["identity"])
    question = asked["identity"]
    assert (question.choices, question.suggested) == (("jwks", "signed", "bearer", "guest"), "jwks")
    assert {"fastapi.package", "nextjs.signing", "nextjs.proxy"} <= set(question.blocks)
    assert "lib/auth.ts" in question.why
    assert ("once its JWT plugin is added and the plugin's table is made" in question.why) == (not server.signs)
    assert ("get_current_user of the backend" in question.why) == (auth.dependency is not None)


def test_keys_that_are_nowhere_to_be_seen_are_not_offered() -> None:
    question = settled(NOBODY, replace(SERVER, keys_path=None))[1]["identity"]
    assert (question.choices, question.suggested) == (("signed", "bearer", "guest"), "signed")


@pytest.mark.parametrize("identity", ["jwks", "signed", "guest"])
def test_the_answer_is_taken_and_asks_nothing_more(identity: str) -> None:
    contract, asked = settled(OWN, SERVER, identity=identity)
    assert (contract.identity, contract.keys_path, asked) == (identity, "/api/auth/jwks", {})


def test_bearer_takes_the_server_s_token_a_cookie_that_is_named_or_asks_for_one() -> None:
    assert settled(OWN, SERVER, identity="bearer") == (settled(KEYS, SERVER)[0], {})
    assert settled(OWN, SERVER, identity="bearer", auth__cookie="api")[0].cookie == "api"
    contract, asked = settled(OWN, replace(SERVER, signs=False), identity="bearer")
    assert (contract.cookie, list(asked)) == (None, ["auth.cookie"])


def test_a_server_elsewhere_leaves_the_backend_s_own_sign_in_and_asks_for_the_cookie_with_the_reason() -> None:
    contract, asked = settled(OWN, None, elsewhere="no route of the site serves it")
    assert (contract.identity, list(asked)) == ("bearer", ["auth.cookie"])
    assert "no route of the site serves it" in asked["auth.cookie"].why
    question = settled(NOBODY, None, elsewhere="no route of the site serves it")[1]["identity"]
    assert (question.choices, question.suggested) == (("guest", "bearer"), None)
    assert "no route of the site serves it" in question.why


@pytest.mark.parametrize("kind", ["clerk", "next-auth", "supabase", "other"])
def test_other_systems_are_asked_about_as_before(kind: str) -> None:
    question = settled(NOBODY, None, kind)[1]["identity"]
    assert (question.choices, question.suggested) == (("guest", "bearer"), None)
    assert settled(OWN, None, kind)[0].identity == "bearer"


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("localstorage", "set an httpOnly cookie"),
        ("next-auth", "Auth.js encrypts its own cookie"),
        ("supabase", "set its access token"),
        ("clerk", "__session"),
    ],
)
def test_who_keeps_no_cookie_with_the_token_reads_how_to_have_one_and_how_to_do_without(kind: str, how: str) -> None:
    why = settled(OWN, None, kind)[1]["auth.cookie"].why
    assert how in why
    assert "identity=guest" in why


def test_where_nobody_signs_in_guests_are_suggested() -> None:
    question = settled(NOBODY, None, "none")[1]["identity"]
    assert (question.choices, question.suggested) == (("guest", "bearer"), "guest")


def test_attachments_are_off_unless_they_are_asked_for_and_nothing_asks() -> None:
    assert settled(OWN, None, "jwt-cookie")[0].attachments is False
    assert settled(OWN, None, "jwt-cookie", attachments="off")[0].attachments is False
    assert settled(OWN, None, "jwt-cookie", attachments="on")[0].attachments is True
    with pytest.raises(UnknownAnswerError, match="on and off"):
        settled(OWN, None, "jwt-cookie", attachments="yes")


def test_who_is_speaking_is_not_asked_while_it_is_open_which_dependency_says_it() -> None:
    contract, asked = settled(BackendAuth("other"), None, "jwt-cookie")
    assert (contract.identity, asked) == (None, {})


@pytest.mark.parametrize(("made", "word"), [(None, None), ("encrypted", "encrypts"), ("signed", "signs its cookie itself")])
def test_a_cookie_that_the_site_makes_itself_is_not_taken_for_the_backends_token(made: Made | None, word: str | None) -> None:
    site = replace(SITE, auth=FrontendAuth("jwt-cookie", "session", http_only=True, sign_in_path="/login", made=made))
    contract, asked = settle(replace(BACKEND, auth=OWN), site, {})
    assert (contract.identity, contract.cookie) == ("bearer", None if made else "session")
    assert [word in one.why for one in asked if word] == ([True] if made else [])
    answered, asked = settle(replace(BACKEND, auth=OWN), site, {"auth.cookie": "session"})
    assert (answered.cookie, asked) == ("session", ())


def test_what_a_site_signs_for_a_backend_that_is_elsewhere_is_sent_there() -> None:
    site = replace(SITE, auth=FrontendAuth("jwt-cookie", "session", http_only=True, sign_in_path="/login", made="signed"))
    contract, asked = settle(None, site, {})
    assert (contract.identity, contract.cookie, asked) == ("bearer", "session", ())


@pytest.mark.parametrize(
    ("kind", "reads"), [("session", "a session"), ("api_key", "an API key"), ("other", "a header of its own")]
)
def test_a_dependency_that_reads_something_else_is_not_sent_a_token(kind: str, reads: str) -> None:
    auth = replace(OWN, kind=kind)  # type: ignore[arg-type] - a literal
    site = replace(SITE, auth=FrontendAuth("jwt-cookie", "session", sign_in_path="/login"))
    contract, asked = settle(replace(BACKEND, auth=auth), site, {})
    assert (contract.identity, [one.id for one in asked]) == (None, ["identity"])
    assert f"get_current_user reads {reads}" in asked[0].why
    alone, asked = settle(replace(BACKEND, auth=auth), None, {})
    assert (alone.identity, asked) == ("bearer", ())


def test_a_dependency_that_somebody_named_is_sent_a_token() -> None:
    site = replace(SITE, auth=FrontendAuth("jwt-cookie", "session", sign_in_path="/login"))
    contract, asked = settle(
        replace(BACKEND, auth=replace(OWN, kind="other")), site, {"auth.dependency": "deps.py:get_current_user"}
    )
    assert (contract.identity, contract.cookie, asked) == ("bearer", "session", ())


def by_cookie(
    auth: BackendAuth, signs_in: FrontendAuth | None, framework: str = "nextjs", **answers: str
) -> tuple[Contract, dict[str, Question]]:
    site = replace(SITE, framework=framework, auth=signs_in) if signs_in is not None else None
    given = {name.replace("__", "."): value for name, value in answers.items()}
    contract, asked = settle(replace(BACKEND, auth=auth), site, given)
    return contract, {one.id: one for one in asked}


@pytest.mark.parametrize("kind", ["next-auth", "clerk", "supabase", "better-auth"])
@pytest.mark.parametrize("auth", [COOKIE, UNNAMED])
def test_a_cookie_that_is_not_the_one_of_the_site_s_library_is_asked_about(kind: str, auth: BackendAuth) -> None:
    contract, asked = by_cookie(auth, FrontendAuth(kind))  # type: ignore[arg-type] - a literal
    assert (contract.identity, contract.carried, list(asked)) == (None, "header", ["identity"])
    assert ("the cookie session (deps.py)" in asked["identity"].why) == (auth is COOKIE)
    assert "answer auth.cookie too" in asked["identity"].why


def test_a_server_of_the_site_s_own_is_asked_about_and_its_cookie_is_sent_on_where_the_backend_reads_that() -> None:
    asked = by_cookie(COOKIE, FrontendAuth("better-auth", server=SERVER))[1]
    assert (list(asked), asked["identity"].suggested) == (["identity"], "jwks")
    assert "bearer forwards the cookie that you name with auth.cookie to get_current_user" in asked["identity"].why
    named = by_cookie(COOKIE, FrontendAuth("better-auth", server=SERVER), identity="bearer")
    assert (named[0].cookie, list(named[1])) == (None, ["auth.cookie"])
    reads = replace(COOKIE, cookie="better-auth.session_token")
    contract, asked = by_cookie(reads, FrontendAuth("better-auth", server=SERVER))
    assert (contract.identity, contract.carried, contract.cookie, asked) == ("bearer", "cookie", reads.cookie, {})


@pytest.mark.parametrize(
    ("auth", "signs_in", "words"),
    [
        pytest.param(COOKIE, FrontendAuth("jwt-cookie", "token"), ("session (deps.py)", "cookie token"), id="two names"),
        pytest.param(
            COOKIE, FrontendAuth("jwt-cookie", "session", made="encrypted"), ("encrypts",), id="encrypted by the site"
        ),
        pytest.param(COOKIE, FrontendAuth("other", "app"), ("session (deps.py)", "cookie app"), id="a library's two names"),
        pytest.param(UNNAMED, FrontendAuth("jwt-cookie", "session", made="encrypted"), ("encrypts",), id="encrypted, unnamed"),
        pytest.param(UNNAMED, FrontendAuth("other", "app"), ("not plain to see", "cookie app"), id="sealed by a library"),
        pytest.param(UNNAMED, FrontendAuth("none"), ("not plain to see", "none that was found"), id="no name at all"),
        pytest.param(UNNAMED, FrontendAuth("localstorage"), ("not plain to see", "set an httpOnly"), id="local storage"),
    ],
)
def test_which_cookie_it_is_is_asked_where_the_names_differ_or_none_is_known(
    auth: BackendAuth, signs_in: FrontendAuth, words: tuple[str, ...]
) -> None:
    contract, asked = by_cookie(auth, signs_in)
    assert (contract.identity, contract.cookie, list(asked)) == ("bearer", None, ["auth.cookie"])
    question = asked["auth.cookie"]
    assert "the session that get_current_user reads" in question.ask
    assert [word for word in ("The backend reads", *words) if word not in question.why] == []
    assert ("encrypts" in question.why) == (signs_in.made is not None)
    assert not any(block.startswith("fastapi.") for block in question.blocks)
    answered, left = by_cookie(auth, signs_in, auth__cookie="sid")
    assert (answered.identity, answered.carried, answered.cookie, left) == ("bearer", "cookie", "sid", {})


@pytest.mark.parametrize(
    ("auth", "signs_in", "cookie"),
    [
        (COOKIE, FrontendAuth("none"), "session"),
        (COOKIE, FrontendAuth("other"), "session"),
        (COOKIE, FrontendAuth("localstorage"), "session"),
        (COOKIE, FrontendAuth("jwt-cookie", "session"), "session"),
        (COOKIE, FrontendAuth("other", "session"), "session"),
        (UNNAMED, FrontendAuth("jwt-cookie", "token"), "token"),
        (replace(COOKIE, cookie="__session"), FrontendAuth("clerk"), "__session"),
        (replace(COOKIE, cookie="__Secure-authjs.session-token"), FrontendAuth("next-auth"), "__Secure-authjs.session-token"),
    ],
)
def test_a_cookie_that_both_know_or_one_of_them_is_carried_to_the_backend_as_it_is(
    auth: BackendAuth, signs_in: FrontendAuth, cookie: str
) -> None:
    contract, asked = by_cookie(auth, signs_in)
    assert (contract.identity, contract.carried, contract.cookie, asked) == ("bearer", "cookie", cookie, {})


@pytest.mark.parametrize("signs_in", [None, FrontendAuth("none"), FrontendAuth("next-auth")])
@pytest.mark.parametrize("auth", [COOKIE, OWN], ids=["a cookie", "a token"])
def test_without_a_route_of_a_site_the_dependency_is_used_as_it_is_and_nothing_is_asked(
    signs_in: FrontendAuth | None, auth: BackendAuth
) -> None:
    contract, asked = by_cookie(auth, signs_in, framework="vite")
    assert (contract.identity, contract.cookie, asked) == ("bearer", None, {})


def test_a_token_in_a_header_and_a_guest_are_carried_as_ever() -> None:
    assert by_cookie(OWN, FrontendAuth("jwt-cookie", "session"))[0].carried == "header"
    assert by_cookie(COOKIE, FrontendAuth("none"), identity="guest")[0].carried == "header"
    assert by_cookie(replace(COOKIE, dependency=None), FrontendAuth("none"), identity="bearer")[0].carried == "header"
