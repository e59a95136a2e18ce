"""The route of a site that runs its own sign-in server: what it asks it for, and how it imports it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.nextjs.installing import proxy_files
from chatkit_integrator.frameworks.nextjs.transforms import env
from chatkit_integrator.frameworks.nextjs.transforms.proxy import TRANSFORM
from chatkit_integrator.model.profile import (
    App,
    AuthServer,
    Backend,
    Contract,
    Dependencies,
    Frontend,
    FrontendAuth,
    Middleware,
    Profile,
)
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, Refused

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Identity
    from chatkit_integrator.model.unit import Outcome

SERVER = AuthServer("web/lib/auth.ts", "auth", "@/lib/auth", "web/app/api/auth/[...all]/route.ts", "/api/auth/jwks", signs=True)
ROUTE = "web/app/api/chatkit/route.ts"
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
    auth=FrontendAuth("better-auth", server=SERVER, sign_in_path="/login"),
)

BACKEND = Backend(
    root="api",
    framework="fastapi",
    app=App("api/main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("pip", "api/requirements.txt"),
    import_root="api",
    package_dir="api",
)


def profile_of(
    identity: Identity, server: AuthServer | None = SERVER, language: str = "ts", cookie: str | None = None
) -> Profile:
    site = replace(SITE, auth=replace(SITE.auth, server=server), language="js" if language == "js" else "ts")
    return Profile(None, site, Contract(identity=identity, cookie=cookie, sign_in_path="/login", keys_path="/api/auth/jwks"))


def planned(profile: Profile, better_auth: str = "^1.7.0") -> Outcome:
    return TRANSFORM.plan(Tree.of({"web/package.json": f'{{"dependencies": {{"better-auth": "{better_auth}"}}}}'}), profile)


@pytest.mark.parametrize("identity", ["jwks", "signed"])
def test_a_site_without_a_server_of_its_own_is_refused(identity: Identity) -> None:
    found = planned(profile_of(identity, server=None))
    assert isinstance(found, Refused)
    assert f"identity={identity} needs a sign-in server of the site's own" in found.reason


def test_a_token_of_the_server_s_is_no_cookie_for_a_backend_that_reads_one() -> None:
    made = profile_of("bearer")
    found = planned(replace(made, contract=replace(made.contract, carried="cookie")))
    assert isinstance(found, Refused)
    assert "answer auth.cookie" in found.reason


@pytest.mark.parametrize(
    ("better_auth", "is_refused"), [("1.3.7", True), ("~1.2.0", True), ("^1.2.0", False), ("1.3.8", False)]
)
def test_a_library_that_cannot_sign_for_the_chat_alone_is_refused(better_auth: str, is_refused: bool) -> None:
    found = planned(profile_of("jwks"), better_auth)
    assert isinstance(found, Refused) == is_refused
    assert not isinstance(found, Refused) or "better-auth 1.3.8 or newer" in found.reason


@pytest.mark.parametrize(
    ("better_auth", "identity", "told"),
    [("^1.2.8", "jwks", 1), (">=1.0", "jwks", 1), ("^1.3.8", "jwks", 0), ("latest", "jwks", 0), ("^1.2.8", "signed", 0)],
)
def test_a_range_that_admits_older_ones_is_named_for_a_look(better_auth: str, identity: Identity, told: int) -> None:
    found = planned(profile_of(identity), better_auth)
    assert isinstance(found, Edited)
    assert sum("better-auth 1.3.8 or newer" in one.text for one in found.follow_ups) == told


@pytest.mark.parametrize(
    ("identity", "cookie", "words"),
    [
        ("bearer", None, ("auth.api.getToken(",)),
        ("bearer", "session", ("SESSION_COOKIE",)),
        ("jwks", None, ("auth.api.signJWT(", 'issuer: "chatkit-proxy", audience: "chatkit", expirationTime: "5m"')),
        ("signed", None, ("auth.api.getSession(", "CHATKIT_PROXY_SECRET", "exp: now + 300")),
        ("guest", None, ("chatkit_guest",)),
    ],
)
@pytest.mark.parametrize("language", ["ts", "js"])
def test_each_way_has_a_route_of_its_own_in_both_languages(
    identity: Identity, cookie: str | None, words: tuple[str, ...], language: str
) -> None:
    files = proxy_files(profile_of(identity, language=language, cookie=cookie))
    route = files[f"web/app/api/chatkit/route.{language}"]
    for word in words:
        assert word in route
    assert ("@/lib/auth" in route) == (identity != "guest" and cookie is None)
    assert "host/auth" not in "".join(files.values())
    assert ("Promise<" in route) == (language == "ts")


@pytest.mark.parametrize(
    ("name", "module", "line"),
    [
        ("auth", "@/lib/auth", 'import { auth } from "@/lib/auth";'),
        ("authServer", "@shop/auth", 'import { authServer as auth } from "@shop/auth";'),
        ("default", "@/lib/auth", 'import auth from "@/lib/auth";'),
        ("auth", "../../../../lib/auth", 'import { auth } from "../../../lib/auth";'),
        ("auth", "../auth", 'import { auth } from "../auth/auth";'),
    ],
)
def test_the_server_is_imported_as_the_site_does(name: str, module: str, line: str) -> None:
    route = proxy_files(profile_of("jwks", replace(SERVER, name=name, module=module)))[ROUTE]
    assert line in route.splitlines()


def test_people_are_sent_to_the_site_s_own_sign_in() -> None:
    for identity in ("bearer", "jwks", "signed"):
        assert 'SIGN_IN_PATH = "/login";' in proxy_files(profile_of(identity))["web/app/_chatkit/settings.ts"]


@pytest.mark.parametrize(("identity", "named"), [("jwks", True), ("signed", False), ("bearer", False)])
def test_a_middleware_has_to_let_the_keys_pass(identity: Identity, named: bool) -> None:
    made = profile_of(identity)
    assert made.frontend is not None
    guarded = replace(made, frontend=replace(made.frontend, middleware=Middleware("web/proxy.ts")))
    found = planned(guarded)
    assert isinstance(found, Edited)
    assert any("let /api/auth/jwks pass" in one.text for one in found.follow_ups) == named
    assert any("may answer for /api/chatkit" in one.text for one in found.follow_ups)


@pytest.mark.parametrize(
    ("identity", "takes"),
    [("bearer", "as Authorization"), ("guest", "CHATKIT_GUEST_SECRET"), ("signed", "CHATKIT_PROXY_SECRET"), ("jwks", "keys")],
)
def test_a_site_without_a_backend_is_told_what_it_needs(identity: Identity, takes: str) -> None:
    beside = replace(profile_of(identity), backend=BACKEND)
    needs = "No FastAPI backend is here: /api/chatkit needs one"
    for made, told in ((profile_of(identity), True), (beside, False)):
        found = planned(made)
        assert isinstance(found, Edited)
        assert any(one.text.startswith(needs) and takes in one.text for one in found.follow_ups) == told


@pytest.mark.parametrize(
    ("matchers", "may"),
    [
        ((), True),
        (("/:path*",), True),
        (("/dashboard/:path*", "/api/:name"), True),
        (("/((?!_next|favicon.ico).*)",), True),
        (("/(api|trpc)(.*)",), True),
        (("/:locale(en|de)/:path*",), True),
        (("/((broken",), True),
        (("/dashboard/:path*", "/login"), False),
        (("/((?!api|_next/static|_next/image|favicon.ico).*)",), False),
        (("/:page", "/books/:id?"), False),
    ],
)
def test_a_middleware_that_never_sees_the_route_is_not_told_of(matchers: tuple[str, ...], may: bool) -> None:
    made = profile_of("bearer")
    assert made.frontend is not None
    guarded = replace(made, frontend=replace(made.frontend, middleware=Middleware("web/middleware.ts", matchers)))
    found = planned(guarded)
    assert isinstance(found, Edited)
    assert any("may answer for" in one.text for one in found.follow_ups) == may
    below = replace(guarded, contract=replace(guarded.contract, proxy_path="/shop/api/chatkit"))
    assert isinstance(found := planned(below), Edited)
    assert any("may answer for" in one.text for one in found.follow_ups) == may


def test_its_own_edits_are_already_there() -> None:
    tree = Tree.of({"web/package.json": "{}"})
    outcome = TRANSFORM.plan(tree, profile_of("jwks"))
    assert isinstance(outcome, Edited)
    assert isinstance(TRANSFORM.plan(tree.with_edits(outcome.edits), profile_of("jwks")), AlreadyThere)


@pytest.mark.parametrize(("identity", "named"), [("bearer", False), ("jwks", False), ("signed", True)])
def test_the_site_needs_a_secret_only_where_it_signs_itself(identity: Identity, named: bool) -> None:
    assert ("CHATKIT_PROXY_SECRET" in str(env.entries(profile_of(identity)))) == named
