"""Which Better Auth server is the site's own, how it is imported, and whether it signs tokens already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.profile import AuthServer, FrontendAuth
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading.signin import better_auth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sitting import Site

    from chatkit_integrator.reading.signin import SignIn

IMPORT = 'import { betterAuth } from "better-auth";\n'
JWT = 'import { jwt } from "better-auth/plugins";\n'
ROUTE = "app/api/auth/[...all]/route.ts"
ALIAS = {"tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}'}
SERVED = {
    ROUTE: 'import { toNextJsHandler } from "better-auth/next-js";\nimport { auth } from "@/lib/auth";\n'
    "export const { GET, POST } = toNextJsHandler(auth);\n",
    **ALIAS,
}


def found(site: Site, files: Mapping[str, str]) -> SignIn:
    way = better_auth.detect(site(files, "better-auth"))
    assert way is not None
    return way


def server(site: Site, auth: str, **others: str) -> AuthServer:
    way = found(
        site, {**SERVED, "lib/auth.ts": auth, **{name.replace("__", "/") + ".ts": text for name, text in others.items()}}
    )
    assert way.auth.elsewhere is None
    assert way.auth.server is not None
    return way.auth.server


@pytest.mark.parametrize(
    "text",
    [
        'import { createAuthClient } from "better-auth/react";\nexport const client = createAuthClient({ baseURL: u });',
        'import { betterAuth } from "./better-auth";\nimport "better-auth";\nexport const auth = betterAuth({});',
        'import "better-auth";\n// export const auth = betterAuth({});',
        'import type { BetterAuthOptions } from "better-auth";\nexport const options: BetterAuthOptions = {};',
    ],
)
def test_a_site_that_only_speaks_to_a_server_elsewhere_has_none_of_its_own(site: Site, text: str) -> None:
    assert found(site, {**SERVED, "lib/auth.ts": text}).auth == FrontendAuth("better-auth")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"lib/auth.ts": IMPORT + "export const auth = betterAuth({});"},
            "lib/auth.ts:2, but no route of the site that serves it",
        ),
        (
            {**SERVED, "lib/auth.ts": IMPORT + "export const auth = wrapped(betterAuth({}));"},
            "serves auth of @/lib/auth, which is not plainly one betterAuth({…}) (lib/auth.ts:2)",
        ),
        (
            {**SERVED, "lib/auth.ts": IMPORT + "export function auth() { return betterAuth({}); }"},
            "not plainly one betterAuth",
        ),
        (
            {
                **SERVED,
                "lib/auth.ts": IMPORT + "export const auth = betterAuth({});",
                "lib/staff.ts": IMPORT + "export const staff = betterAuth({ basePath: '/api/staff' });",
                "app/api/staff/[...all]/route.ts": 'import { staff } from "@/lib/staff";\ntoNextJsHandler(staff);',
            },
            "several routes serve several servers: app/api/auth/[...all]/route.ts:3, app/api/staff/[...all]/route.ts:2",
        ),
    ],
)
def test_a_server_that_people_do_not_certainly_sign_in_with_is_named_with_the_reason(
    site: Site, files: dict[str, str], said: str
) -> None:
    auth = found(site, files).auth
    assert auth.server is None
    assert said in (auth.elsewhere or "")


def test_every_fact_has_a_line_that_shows_it(site: Site) -> None:
    auth = IMPORT + JWT + "export const auth = betterAuth({\n  basePath: '/auth',\n  plugins: [\n    jwt({\n"
    auth += "      jwks: { jwksPath: '/.well-known/jwks.json' },\n    }),\n  ],\n});\n"
    way = found(site, {**SERVED, "lib/auth.ts": auth})
    assert way.auth.server == AuthServer("lib/auth.ts", "auth", "@/lib/auth", ROUTE, "/auth/.well-known/jwks.json", signs=True)
    assert dict(way.facts) == {
        "auth.server": (Location("lib/auth.ts", 3),),
        "auth.handler": (Location(ROUTE, 3),),
        "auth.plugin": (Location("lib/auth.ts", 6),),
        "auth.keys_path": (Location("lib/auth.ts", 4), Location("lib/auth.ts", 7)),
    }


NEXT = "toNextJsHandler"
FAR = "../../../../lib/auth"


@pytest.mark.parametrize(
    ("imported", "served", "auth", "name", "module"),
    [
        ("{ auth }", f"{NEXT}(auth)", "export const auth = betterAuth({});", "auth", "@/lib/auth"),
        ("{ auth }", f"{NEXT}(auth.handler)", "export const auth = betterAuth({});", "auth", "@/lib/auth"),
        ("{ auth }", "export const GET = (r) => auth.handler(r)", "export const auth = betterAuth({});", "auth", FAR),
        ("a", f"{NEXT}(a)", "export default betterAuth({});", "default", "@/lib/auth"),
        ("a", f"{NEXT}(a)", "const auth = betterAuth({});\nexport default auth;", "default", "@/lib/auth"),
        ("{ x }", f"{NEXT}(x)", "const auth = betterAuth({});\nexport { auth as x };", "x", "@/lib/auth"),
        ("{ x as y }", f"{NEXT}(y)", "const auth = betterAuth({});\nexport { auth as x };", "x", FAR),
    ],
)
def test_it_is_imported_as_the_route_imports_it_however_it_is_exported(
    site: Site, imported: str, served: str, auth: str, name: str, module: str
) -> None:
    route = f"import {imported} from '{module}';\n{served}"
    way = found(site, {**ALIAS, ROUTE: route, "lib/auth.ts": IMPORT + auth})
    assert way.auth.server == AuthServer("lib/auth.ts", name, module, ROUTE, "/api/auth/jwks", signs=False)


@pytest.mark.parametrize(
    "text",
    [
        "export { auth } from './server';",
        "export * from './server';",
        "import { auth } from './server';\nexport { auth };",
    ],
)
def test_it_is_found_behind_a_module_that_passes_it_on(site: Site, text: str) -> None:
    files = {
        "lib/auth/index.ts": text,
        "lib/auth/server.ts": IMPORT + JWT + "export const auth = betterAuth({ plugins: [jwt()] });",
    }
    assert found(site, {**SERVED, **files}).auth.server == AuthServer(
        "lib/auth/server.ts", "auth", "@/lib/auth", ROUTE, "/api/auth/jwks", signs=True
    )


def test_of_several_it_is_the_one_that_a_route_serves(site: Site) -> None:
    other = {"lib/auth-cli.ts": IMPORT + "export const auth = betterAuth({ basePath: '/cli' });"}
    way = found(site, {**SERVED, "lib/auth.ts": IMPORT + "export const auth = betterAuth({});", **other})
    assert way.auth.server is not None
    assert (way.auth.server.path, way.auth.server.keys_path) == ("lib/auth.ts", "/api/auth/jwks")


@pytest.mark.parametrize(
    ("auth", "signs"),
    [
        ("betterAuth({})", False),
        ("betterAuth({ plugins: [] })", False),
        ("betterAuth({ plugins: [nextCookies()] })", False),
        ("betterAuth({ plugins: [nextCookies(), /* jwt() */] })", False),
        ("betterAuth({ plugins: [jwt()] })", True),
        ("betterAuth({ plugins: [nextCookies(), jwt({ jwt: { issuer: 'me' } })] as const })", True),
        ("betterAuth(options)\nconst options = { plugins: [jwt()] } satisfies BetterAuthOptions", True),
        ("betterAuth({ ...options })\nconst options = { plugins: [jwt()] }", True),
        ("betterAuth({ ...options })\nconst options = { plugins: [] }", False),
        ("betterAuth({ ...options, plugins: [...(options.plugins ?? []), nextCookies()] })", None),
        ("betterAuth({ plugins: [...common, nextCookies()] })\nconst common = [jwt()]", True),
        ("betterAuth({ plugins: [...common, nextCookies()] })\nconst common = [admin()]", False),
        ("betterAuth({ plugins: [...common] })\nimport { common } from 'somewhere'", None),
        ("betterAuth({ plugins: isProduction ? [jwt()] : [] })", None),
        ("betterAuth({ plugins: plugins() })", None),
        ("betterAuth(options())", None),
        ("betterAuth({ ...options() })", None),
    ],
)
def test_whether_it_signs_is_known_or_said_to_be_unknown(site: Site, auth: str, signs: bool | None) -> None:
    assert server(site, IMPORT + JWT + f"export const auth = {auth}").signs is signs


def test_a_plugin_of_the_same_name_is_another(site: Site) -> None:
    other = 'import { jwt } from "./mine";\n'
    assert server(site, IMPORT + other + "export const auth = betterAuth({ plugins: [jwt()] });").signs is False
    renamed = 'import { jwt as tokens } from "better-auth/plugins/jwt";\n'
    assert server(site, IMPORT + renamed + "export const auth = betterAuth({ plugins: [tokens()] });").signs is True


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("{}", "/api/auth/jwks"),
        ("{ basePath: '/auth/' }", "/auth/jwks"),
        ("{ basePath: BASE }", "/v1/auth/jwks"),
        ("{ basePath: process.env.AUTH_PATH }", None),
        ("{ plugins: [jwt({ jwks: { jwksPath: '/keys' } })] }", "/api/auth/keys"),
        ("{ plugins: [jwt({ jwks: { remoteUrl: 'https://keys.example/jwks', keyPairConfig: { alg: 'ES256' } } })] }", None),
        ("{ plugins: [jwt(settings())] }", None),
        ("settings()", None),
    ],
)
def test_where_its_keys_are_is_known_or_said_to_be_unknown(site: Site, options: str, path: str | None) -> None:
    text = IMPORT + JWT + f"import {{ BASE }} from './base';\nexport const auth = betterAuth({options});"
    assert server(site, text, lib__base="export const BASE = '/v1/auth';").keys_path == path


def test_a_server_in_a_package_of_the_workspace_is_the_site_s_own(workspace_site: Site) -> None:
    route = SERVED[ROUTE].replace("@/lib/auth", "@shop/auth")
    files = {f"web/{ROUTE}": route, "packages/auth/src/index.ts": IMPORT + "export const auth = betterAuth({});"}
    files["web/lib/schema.ts"] = IMPORT + "export const forTheSchema = betterAuth({ basePath: '/none' });"
    assert found(workspace_site, files).auth.server == AuthServer(
        "packages/auth/src/index.ts", "auth", "@shop/auth", f"web/{ROUTE}", "/api/auth/jwks", signs=False
    )
