"""The site's own route: where it is not written, and what it is written with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.nextjs.installing import PLAIN, Address, address, proxy_files, settle
from chatkit_integrator.frameworks.nextjs.transforms.proxy import TRANSFORM
from chatkit_integrator.model.profile import (
    App,
    Backend,
    BackendAuth,
    Contract,
    Dependencies,
    Frontend,
    FrontendAuth,
    Middleware,
    Profile,
    Symbol,
)
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatkit_integrator.model.edit import Content
    from chatkit_integrator.model.profile import Made

SITE = Frontend(
    root="web",
    framework="nextjs",
    router="app",
    language="ts",
    layout=None,
    layouts=(),
    app_dir="web/src/app",
    manifest="web/package.json",
    package_manager="npm",
    workspace_root="web",
)
BEARER = Contract(endpoint="/api/v1/chatkit", identity="bearer", cookie='se"ss\\ion', sign_in_path="/sign-in")
CARRIED = Contract(identity="bearer", cookie="session", carried="cookie")
READER = Backend(
    root="api",
    framework="fastapi",
    app=App("api/main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("pip", "api/requirements.txt"),
    import_root="api",
    package_dir="api",
    auth=BackendAuth("cookie", Symbol("api/deps.py", "get_current_user"), "user.id", "session"),
)
GUEST = Contract(identity="guest", sign_in_path="/sign-in")
EMPTY = Tree.of({"web/package.json": "{}"})


def profile_of(contract: Contract = BEARER, site: Frontend | None = SITE) -> Profile:
    return Profile(backend=None, frontend=site, contract=contract)


class Ignoring:
    """A repository whose .gitignore takes in ``api/``."""

    def paths(self) -> Sequence[str]:
        return []

    def read(self, path: str) -> Content | None:
        del path

    def ignored(self, *paths: str) -> frozenset[str]:
        return frozenset(path for path in paths if "/api/" in path)


def test_nothing_is_needed_without_a_frontend() -> None:
    assert isinstance(TRANSFORM.plan(EMPTY, profile_of(site=None)), NotNeeded)


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (replace(SITE, static_export=True), 'output: "export"'),
        (replace(SITE, router="pages"), "Pages Router"),
        (replace(SITE, router=None, app_dir=None), "App Router"),
    ],
)
def test_a_site_that_cannot_hold_a_route_is_refused_with_the_reason(site: Frontend, said: str) -> None:
    outcome = TRANSFORM.plan(EMPTY, profile_of(site=site))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason


@pytest.mark.parametrize(
    ("contract", "said"),
    [(Contract(), "identity"), (Contract(identity="bearer"), "auth.cookie")],
)
def test_what_is_not_settled_is_refused_with_the_question(contract: Contract, said: str) -> None:
    outcome = TRANSFORM.plan(EMPTY, profile_of(contract))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason


def test_a_route_that_git_would_ignore_is_refused_by_its_name() -> None:
    outcome = TRANSFORM.plan(Tree(Ignoring()), profile_of())
    assert isinstance(outcome, Refused)
    assert "web/src/app/api/chatkit/route.ts" in outcome.reason
    assert ".gitignore" in outcome.reason


@pytest.mark.parametrize("name", ["route.ts", "route.js", "route.tsx"])
def test_a_route_that_is_there_is_left_alone(name: str) -> None:
    tree = Tree.of({f"web/src/app/api/chatkit/{name}": "export async function POST() {}\n"})
    assert isinstance(TRANSFORM.plan(tree, profile_of()), AlreadyThere)


def test_its_own_edits_are_already_there() -> None:
    outcome = TRANSFORM.plan(EMPTY, profile_of())
    assert isinstance(outcome, Edited)
    assert isinstance(TRANSFORM.plan(EMPTY.with_edits(outcome.edits), profile_of()), AlreadyThere)


def test_files_of_the_same_names_are_kept() -> None:
    tree = Tree.of({"web/src/app/_chatkit/settings.ts": "mine"})
    outcome = TRANSFORM.plan(tree, profile_of())
    assert isinstance(outcome, Edited)
    assert tree.with_edits(outcome.edits).text("web/src/app/_chatkit/settings.ts") == "mine"


def test_the_settings_hold_what_was_agreed() -> None:
    settings = proxy_files(profile_of())["web/src/app/_chatkit/settings.ts"]
    assert 'export const BACKEND_PATH = "/api/v1/chatkit";' in settings
    assert 'export const PROXY_PATH = "/api/chatkit";' in settings
    assert 'export const SESSION_COOKIE = "se\\"ss\\\\ion";' in settings
    assert 'export const SIGN_IN_PATH = "/sign-in";' in settings


def test_guests_are_not_sent_to_sign_in() -> None:
    files = proxy_files(profile_of(GUEST))
    assert 'export const SIGN_IN_PATH = "";' in files["web/src/app/_chatkit/settings.ts"]
    assert "CHATKIT_GUEST_SECRET" in files["web/src/app/api/chatkit/route.ts"]


@pytest.mark.parametrize(("contract", "word"), [(BEARER, "SESSION_COOKIE"), (GUEST, "chatkit_guest")])
def test_a_site_in_javascript_gets_javascript(contract: Contract, word: str) -> None:
    files = proxy_files(profile_of(contract, replace(SITE, language="js")))
    assert sorted(files) == [
        "web/src/app/_chatkit/forward.js",
        "web/src/app/_chatkit/settings.js",
        "web/src/app/api/chatkit/route.js",
    ]
    assert word in files["web/src/app/api/chatkit/route.js"]
    assert "Promise<" not in "".join(files.values())


@pytest.mark.parametrize(("path", "up"), [("/api/chatkit", "../.."), ("/api/v2/ai/chatkit", "../../../.."), ("/chat", "..")])
def test_the_route_finds_its_parts_wherever_it_lies(path: str, up: str) -> None:
    files = proxy_files(profile_of(replace(BEARER, proxy_path=path)))
    route = files[f"web/src/app{path}/route.ts"]
    assert f'from "{up}/_chatkit/forward"' in route
    assert f'from "{up}/_chatkit/settings"' in route
    assert 'from "next/headers"' in route


def test_no_setting_is_half_set() -> None:
    with pytest.raises(ValueError, match="constant"):
        settle('export const A = "a";\n', {"B": "b"})


def test_settings_are_set_where_they_are_declared_only() -> None:
    text = '// A = "x"\nexport const A = "x";\nexport const other = "A";\n'
    assert settle(text, {"A": "y"}) == '// A = "x"\nexport const A = "y";\nexport const other = "A";\n'


@pytest.mark.parametrize(("made", "told"), [(None, False), ("signed", False), ("encrypted", True)])
def test_a_cookie_that_the_site_encrypts_has_to_be_decrypted_by_hand(made: Made | None, *, told: bool) -> None:
    site = replace(SITE, auth=FrontendAuth("jwt-cookie", BEARER.cookie, made=made))
    outcome = TRANSFORM.plan(EMPTY, profile_of(site=site))
    assert isinstance(outcome, Edited)
    assert any("decrypt it where" in one.text for one in outcome.follow_ups) is told


def test_a_middleware_is_named_for_a_look() -> None:
    outcome = TRANSFORM.plan(EMPTY, profile_of(site=replace(SITE, middleware=Middleware("web/src/middleware.ts"))))
    assert isinstance(outcome, Edited)
    assert any("web/src/middleware.ts" in one.text for one in outcome.follow_ups)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", PLAIN),
        ("export default { reactStrictMode: true, trailingSlash: false };", PLAIN),
        ("// trailingSlash: true\nexport default {};", PLAIN),
        ("module.exports = { trailingSlash: true };", Address(behind="/")),
        ("const config = { 'basePath': '/docs', trailingSlash: true };\nexport default config;", Address("/docs", "/")),
        ("export default { basePath: process.env.BASE };", Address(computed=("basePath",))),
    ],
)
def test_the_address_is_read_from_the_configuration(config: str, expected: Address) -> None:
    assert (
        address(Tree.of({"web/next.config.mjs": config, "next.config.mjs": "export default { basePath: '/no' }"}), SITE)
        == expected
    )


def test_the_browser_asks_where_the_configuration_puts_the_route() -> None:
    tree = Tree.of({"web/next.config.js": 'module.exports = { basePath: "/docs", trailingSlash: true };'})
    outcome = TRANSFORM.plan(tree, profile_of())
    assert isinstance(outcome, Edited)
    after = tree.with_edits(outcome.edits)
    settings = after.text("web/src/app/_chatkit/settings.ts")
    assert 'export const PROXY_PATH = "/docs/api/chatkit/";' in settings
    assert 'export const SIGN_IN_PATH = "/docs/sign-in";' in settings
    assert 'export const BACKEND_PATH = "/api/v1/chatkit";' in settings
    assert after.has("web/src/app/api/chatkit/route.ts")


def test_an_address_that_is_worked_out_later_is_left_to_a_person() -> None:
    outcome = TRANSFORM.plan(Tree.of({"web/next.config.js": "module.exports = { basePath: base() };"}), profile_of())
    assert isinstance(outcome, Edited)
    assert "basePath" in outcome.follow_ups[0].text


@pytest.mark.parametrize("language", ["ts", "js"])
def test_a_backend_that_reads_a_cookie_gets_that_one_and_no_token(language: str) -> None:
    site = replace(SITE, language=language)  # type: ignore[arg-type] - a literal
    plain, carried = (proxy_files(profile_of(one, site)) for one in (replace(CARRIED, carried="header"), CARRIED))
    route = carried[f"web/src/app/api/chatkit/route.{language}"]
    assert "{ cookie: found }" in route
    assert "next/headers" not in route
    assert 'SESSION_COOKIE = "session";' in carried[f"web/src/app/_chatkit/settings.{language}"]
    assert [path for path, text in plain.items() if carried[path] != text] == [f"web/src/app/api/chatkit/route.{language}"]


def told(contract: Contract, reads: str | None, signs_in: FrontendAuth) -> str:
    """What is left to do of the cookie."""
    backend = replace(READER, auth=replace(READER.auth, cookie=reads))
    outcome = TRANSFORM.plan(EMPTY, Profile(backend, replace(SITE, auth=signs_in), contract))
    assert isinstance(outcome, Edited)
    return "; ".join(one.text for one in outcome.follow_ups)


def test_a_cookie_that_both_sides_are_known_to_share_leaves_nothing_to_do() -> None:
    assert told(CARRIED, "session", FrontendAuth("jwt-cookie", "session")) == ""
    assert told(replace(CARRIED, carried="header"), None, FrontendAuth("none")) == ""


@pytest.mark.parametrize(("reads", "now"), [(None, "that name."), ("sid", "that name; it reads sid now.")])
def test_a_backend_that_may_read_another_name_is_told_which_one_comes(reads: str | None, now: str) -> None:
    said = told(CARRIED, reads, FrontendAuth("jwt-cookie", "session"))
    assert said == f"The route sends the cookie session on by that name: get_current_user (api/deps.py) has to read it by {now}"


@pytest.mark.parametrize("signs_in", [FrontendAuth("none"), FrontendAuth("other"), FrontendAuth("jwt-cookie", "other")])
def test_a_cookie_that_nothing_of_the_site_sets_has_to_come_to_its_server(signs_in: FrontendAuth) -> None:
    said = told(CARRIED, "session", signs_in)
    assert said.startswith("Nothing of the site was seen to set the cookie session")
    assert "another host never reaches the site" in said


def test_a_library_s_cookie_has_another_name_over_https() -> None:
    name = "authjs.session-token"
    said = told(replace(CARRIED, cookie=name), name, FrontendAuth("next-auth"))
    assert said == f"Over https, libraries put __Secure- before such names; look what {name} is called there."
    assert told(replace(CARRIED, cookie=f"__Secure-{name}"), f"__Secure-{name}", FrontendAuth("next-auth")) == ""
    assert told(replace(CARRIED, cookie="__session"), "__session", FrontendAuth("clerk")) == ""
