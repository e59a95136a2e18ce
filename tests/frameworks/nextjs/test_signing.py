"""Better Auth's JWT plugin: where it is not added, where it goes, and what is left to a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.nextjs.transforms.signing import TRANSFORM
from chatkit_integrator.model.profile import AuthServer, Contract, Frontend, FrontendAuth, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.model.unit import FollowUp, Outcome

SERVER = AuthServer(
    path="web/lib/auth.ts",
    name="auth",
    module="@/lib/auth",
    served="web/app/api/auth/[...all]/route.ts",
    keys_path="/api/auth/jwks",
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
    auth=FrontendAuth("better-auth", server=SERVER),
)
IMPORT = 'import { betterAuth } from "better-auth";\n'
PLUGIN = 'import { jwt } from "better-auth/plugins";\n'
CALL = "jwt({ disableSettingJwtHeader: true })"
PLAIN = IMPORT + "export const auth = betterAuth({\n  database: pool,\n});\n"


def outcome(text: str, server: AuthServer | None = SERVER, identity: str = "jwks", better_auth: str = "^1.7.0") -> Outcome:
    site = replace(SITE, auth=replace(SITE.auth, server=server))
    contract = Contract(identity=identity, keys_path="/api/auth/jwks")  # type: ignore[arg-type] - a literal
    manifest = f'{{"dependencies": {{"better-auth": "{better_auth}"}}}}'
    tree = Tree.of({"web/lib/auth.ts": text, "web/package.json": manifest})
    return TRANSFORM.plan(tree, Profile(None, site, contract))


def edited(text: str) -> str:
    """The text with the plugin, which parses and is left alone from then on."""
    found = outcome(text)
    assert isinstance(found, Edited), found
    [edit] = found.edits
    assert edit.after is not None
    after = edit.after.data.decode()
    tsx.parse_check(after, edit.path)
    assert isinstance(outcome(after), AlreadyThere)
    return after


def left(text: str, better_auth: str = "^1.7.0") -> FollowUp:
    found = outcome(text, better_auth=better_auth)
    assert isinstance(found, Edited), found
    [follow_up] = found.follow_ups
    return follow_up


@pytest.mark.parametrize("identity", ["bearer", "signed", "guest", None])
def test_nothing_is_added_where_no_token_of_its_own_is_wanted(identity: str) -> None:
    assert isinstance(outcome(PLAIN, identity=identity), NotNeeded)


def test_nothing_is_added_to_what_is_not_the_site_s() -> None:
    assert isinstance(outcome(PLAIN, server=None), NotNeeded)


def test_a_plugin_that_is_there_is_left_alone() -> None:
    assert isinstance(outcome("whatever", server=replace(SERVER, signs=True)), AlreadyThere)
    there = (
        IMPORT
        + 'import { jwt as tokens } from "better-auth/plugins";\nexport const auth = betterAuth({ plugins: [tokens()] });\n'
    )
    assert isinstance(outcome(there), AlreadyThere)


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "export const auth = betterAuth(options());\n",
        IMPORT + 'import { options } from "./options";\nexport const auth = betterAuth(options);\n',
        IMPORT + "export const auth = betterAuth({ ...options });\n",
        IMPORT + "export const auth = betterAuth({ plugins: list });\n",
        IMPORT + "export const auth = betterAuth({ plugins: production ? [] : [admin()] });\n",
        IMPORT + "const options: BetterAuthOptions = { database: pool };\nexport const auth = betterAuth(options);\n",
        IMPORT + "export const auth = betterAuth({});\nexport const other = betterAuth({});\n",
        IMPORT + "const [jwt, jwtPlugin] = [1, 2];\nexport const auth = betterAuth({});\n",
        'const { betterAuth } = require("better-auth");\nmodule.exports.auth = betterAuth({});\n',
    ],
)
def test_what_is_not_plain_is_refused_with_the_lines_to_add(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, Refused)
    assert found.reason.startswith(("what betterAuth({…}) in web/lib/auth.ts is given", "the plugins in web/lib/auth.ts"))
    assert found.patch == f"{PLUGIN}\nplugins: [{CALL}, …]"


def test_a_list_that_takes_in_others_which_are_not_known_is_refused() -> None:
    text = IMPORT + "export const auth = betterAuth({ plugins: [...others()] });\n"
    assert isinstance(outcome(text, server=replace(SERVER, signs=None)), Refused)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("betterAuth({});", f"betterAuth({{ plugins: [{CALL}] }});"),
        ("betterAuth({ database: pool });", f"betterAuth({{ database: pool, plugins: [{CALL}] }});"),
        ("betterAuth({ plugins: [] });", f"betterAuth({{ plugins: [{CALL}] }});"),
        ("betterAuth({ plugins: [admin()] });", f"betterAuth({{ plugins: [{CALL}, admin()] }});"),
        ("betterAuth({ plugins: [...[admin()], last()] });", f"betterAuth({{ plugins: [{CALL}, ...[admin()], last()] }});"),
        ("betterAuth({\n  database: pool,\n});", f"betterAuth({{\n  database: pool,\n  plugins: [{CALL}],\n}});"),
        ("betterAuth({\n    database: pool\n});", f"betterAuth({{\n    database: pool,\n    plugins: [{CALL}]\n}});"),
        (
            "betterAuth({\n\tdatabase: pool, // Neon\n\t// more to come\n});",
            f"betterAuth({{\n\tdatabase: pool, // Neon\n\tplugins: [{CALL}],\n\t// more to come\n}});",
        ),
        (
            "betterAuth({\n  database: pool // Neon\n});",
            f"betterAuth({{\n  database: pool, // Neon\n  plugins: [{CALL}]\n}});",
        ),
        (
            "betterAuth({\n  plugins: [\n    admin(),\n    nextCookies(), // the last\n  ],\n});",
            f"betterAuth({{\n  plugins: [\n    {CALL},\n    admin(),\n    nextCookies(), // the last\n  ],\n}});",
        ),
        (
            "betterAuth({\n  plugins: [ // ours\n    admin(),\n  ],\n});",
            f"betterAuth({{\n  plugins: [ // ours\n    {CALL},\n    admin(),\n  ],\n}});",
        ),
        (
            "betterAuth({\n  plugins: [\n    // none yet\n  ],\n});",
            f"betterAuth({{\n  plugins: [\n    {CALL},\n    // none yet\n  ],\n}});",
        ),
        (
            "betterAuth(options);\nconst options = { database: pool } satisfies BetterAuthOptions;",
            f"betterAuth(options);\nconst options = {{ database: pool, plugins: [{CALL}] }} satisfies BetterAuthOptions;",
        ),
    ],
)
def test_it_goes_before_the_others_and_nothing_else_is_touched(before: str, after: str) -> None:
    head, tail = "export const auth = ", "\nexport type Session = typeof auth.$Infer.Session;\n"
    assert edited(f"{IMPORT}\n{head}{before}{tail}") == f"{IMPORT}{PLUGIN}\n{head}{after}{tail}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('import { admin } from "better-auth/plugins";\n', 'import { admin, jwt } from "better-auth/plugins";\n'),
        (
            "import {\n  admin,\n  bearer,\n} from 'better-auth/plugins'\n",
            "import {\n  admin,\n  bearer,\n  jwt,\n} from 'better-auth/plugins'\n",
        ),
        (PLUGIN, PLUGIN),
        ('import { admin } from "better-auth/plugins/admin";\n', None),
        ('import type { Plugin } from "better-auth/plugins";\n', None),
        ('import { admin } from "better-auth/plugins";\nimport { bearer } from "better-auth/plugins";\n', None),
    ],
)
def test_it_is_imported_as_the_other_plugins_are(before: str, after: str | None) -> None:
    rest = "export const auth = betterAuth({ plugins: [] });\n"
    found = edited(IMPORT + before + rest)
    alone = "better-auth/plugins/jwt" if "plugins/admin" in before else "better-auth/plugins"
    expected = IMPORT + after if after is not None else f'{IMPORT}import {{ jwt }} from "{alone}";\n{before}'
    assert found == expected + rest.replace("[]", f"[{CALL}]")


def test_another_thing_of_that_name_keeps_it() -> None:
    found = edited(IMPORT + 'import jwt from "jsonwebtoken";\nexport const auth = betterAuth({});\n')
    assert 'import { jwt as jwtPlugin } from "better-auth/plugins";\n' in found
    assert "plugins: [jwtPlugin({ disableSettingJwtHeader: true })]" in found


def test_quotes_semicolons_and_line_endings_are_the_file_s_own() -> None:
    text = "import { betterAuth } from 'better-auth'\r\n\r\nexport const auth = betterAuth({\r\n\tdatabase: pool\r\n})\r\n"
    assert edited(text) == (
        "import { betterAuth } from 'better-auth'\r\nimport { jwt } from 'better-auth/plugins'\r\n\r\n"
        f"export const auth = betterAuth({{\r\n\tdatabase: pool,\r\n\tplugins: [{CALL}]\r\n}})\r\n"
    )


@pytest.mark.parametrize(
    ("database", "command", "said"),
    [
        ("new Pool()", "cd web && npx auth@latest migrate --config lib/auth.ts", "signs nobody in. Run this."),
        ("db", "cd web && npx auth@latest generate --config lib/auth.ts", "Run this, and make Drizzle's migration."),
        ("prismaAdapter(prisma, {})", "cd web && npx auth@latest generate --config lib/auth.ts", "make Prisma's migration."),
        ("mongodbAdapter(client)", None, "a collection, jwks, which it makes itself"),
    ],
)
def test_the_plugin_s_table_is_left_to_a_person_and_named(database: str, command: str | None, said: str) -> None:
    text = f"{IMPORT}const db = drizzleAdapter(drizzle(), {{}});\nexport const auth = betterAuth({{ database: {database} }});\n"
    found = left(text)
    assert found.command == command
    assert said in found.text
    assert (command is None) or "publicKey, privateKey and createdAt, and expiresAt, alg and crv" in found.text


def test_a_site_without_a_database_is_told_what_that_means() -> None:
    assert "names no database" in left(IMPORT + "export const auth = betterAuth({});\n").text


def test_older_releases_have_their_own_command() -> None:
    assert left(PLAIN, "~1.4.0").command == "cd web && npx @better-auth/cli@latest migrate --config lib/auth.ts"
