"""Better Auth's JWT plugin in the site's own sign-in, which signs the tokens that the chat's backend checks.

The plugin keeps its keys in a table of its own, so making that is left to a person, and said before anything else. It is told
not to put a token into the answers that the browser gets: only the chat's route needs one.
"""

from __future__ import annotations

from posixpath import relpath
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs import floors
from chatkit_integrator.frameworks.nextjs.transforms.dependencies import declared
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.signin.better_auth import PLUGIN, PLUGINS, SERVERS, calls, local
from chatkit_integrator.syntax import jsonc, lists, tsx
from chatkit_integrator.syntax.text import apply

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from chatkit_integrator.model.profile import Frontend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

PACKAGE = "better-auth"
FROM = (1, 3, 8)
"""The first Better Auth that signs a token with an issuer, an audience and a life of its own."""
NEEDED = ".".join(map(str, FROM)) + " or newer"
_OPTIONS = "({ disableSettingJwtHeader: true })"
_BY_HAND = f'import {{ {PLUGIN} }} from "{PLUGINS[0]}";\n\nplugins: [{PLUGIN}{_OPTIONS}, …]'
_COLUMNS = "id, publicKey, privateKey and createdAt, and expiresAt, alg and crv, which may be empty"
_NEWER_CLI = (1, 5, 0)
_ORMS = {"drizzleAdapter": "Drizzle", "prismaAdapter": "Prisma"}


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the plugin to the options of the site's ``betterAuth({…})``."""
    frontend = profile.frontend
    server = frontend.auth.server if frontend is not None else None
    if frontend is None or server is None or profile.contract.identity != "jwks":
        return NotNeeded("nothing of the site has to sign tokens")
    if server.signs:
        return AlreadyThere(f"{server.path} has Better Auth's JWT plugin")
    text = tree.text(server.path)
    given = options(text)
    if given is None or server.signs is None or _is_typed(given):
        return Refused(
            f"what betterAuth({{…}}) in {server.path} is given is not plain to see; add the plugin by hand.", _BY_HAND
        )
    if _is_there(text, given):
        return AlreadyThere(f"{server.path} has Better Auth's JWT plugin")
    edited = with_plugin(text, given)
    if edited is None:
        return Refused(f"the plugins in {server.path} are not a plain list; add this one by hand.", _BY_HAND)
    return Edited(
        (tree.edit(server.path, edited),),
        f"Add Better Auth's JWT plugin in {server.path}, to sign the chat's tokens",
        (_table(tree, frontend, server.path, given),),
    )


def options(text: str) -> SgNode | None:
    """The object that the one ``betterAuth`` of a text is given, written there or as a constant of the same text."""
    found = calls(text)
    given = javascript.arguments(found[0]) if len(found) == 1 else []
    first = javascript.plain(given[0]) if given else None
    if first is not None and first.kind() == "identifier":
        value = javascript.constant(text, first.text())
        first = javascript.plain(value) if value is not None else None
    return first if first is not None and first.kind() == "object" else None


def with_plugin(text: str, given: SgNode) -> str | None:
    """Give the text with the plugin before the others; ``None`` where that is not a plain list.

    Before, because the one that sets Next.js's cookies has to stay the last.
    """
    there = local(text, PLUGINS, PLUGIN)
    name = there or next((one for one in (PLUGIN, f"{PLUGIN}Plugin") if one not in tsx.names(text)), None)
    plugins = javascript.property_value(given, "plugins")
    if name is None or not any(module in SERVERS for _, module in tsx.imports(text)):
        return None
    if plugins is not None:
        holder = javascript.plain(plugins)
        splices = lists.prepend(text, holder, f"{name}{_OPTIONS}") if holder.kind() == "array" else []
    else:
        is_plain = all(one.kind() != "spread_element" for one in given.children())
        splices = lists.append(text, given, f"plugins: [{name}{_OPTIONS}]") if is_plain else []
    if not splices:
        return None
    edited = apply(text, splices)
    return edited if there else _with_import(edited, PLUGIN if name == PLUGIN else f"{PLUGIN} as {name}")


def _with_import(text: str, what: str) -> str:
    """Give the text with an import of the plugin, in the way in which it imports other plugins."""
    modules = [module for _, module in tsx.imports(text)]
    holders = [
        holder
        for node, module in tsx.imports(text)
        if module == PLUGINS[0] and not node.text().startswith("import type")
        for holder in node.find_all(kind="named_imports")
    ]
    if len(holders) == 1:
        return apply(text, lists.append(text, holders[0], what))
    is_one_by_one = PLUGINS[0] not in modules and any(one.startswith(f"{PLUGINS[0]}/") for one in modules)
    behind = next(one for one in modules if one in SERVERS)
    return tsx.add_import(text, f"{{ {what} }}", PLUGINS[1] if is_one_by_one else PLUGINS[0], behind)


def _is_there(text: str, given: SgNode) -> bool:
    name = local(text, PLUGINS, PLUGIN)
    return name is not None and any(
        javascript.last_name(one.field("function")) == name for one in given.find_all(kind="call_expression")
    )


def _is_typed(given: SgNode) -> bool:
    """Whether the options are a constant with a type, which hides from the type checker what its plugins add."""
    holder = next((one for one in given.ancestors() if one.kind() == "variable_declarator"), None)
    value = holder.field("value") if holder is not None else None
    is_it = value is not None and javascript.plain(value).range() == given.range()
    return holder is not None and is_it and holder.field("type") is not None


def too_old(tree: Tree, frontend: Frontend) -> bool:
    """Whether the site's Better Auth cannot sign a token for the chat alone."""
    return floors.ends_below(_range(tree, frontend), FROM)


def may_be_too_old(tree: Tree, frontend: Frontend) -> bool:
    """Whether the site's package.json admits releases that cannot."""
    return floors.starts_below(_range(tree, frontend), FROM)


def _range(tree: Tree, frontend: Frontend) -> str:
    """The range of versions that the site declares; empty where it does not."""
    packages = declared(jsonc.load(tree.text(frontend.manifest), frontend.manifest)) if tree.has(frontend.manifest) else {}
    return packages.get(PACKAGE, "")


def _table(tree: Tree, frontend: Frontend, path: str, given: SgNode) -> FollowUp:
    """What has to be done so that the plugin has its table, as the site's database is reached."""
    database = javascript.property_value(given, "database")
    if database is None:
        return FollowUp(
            f"{path} names no database, so each process of the site has signing keys of its own; give Better Auth one before "
            "the site runs more than once."
        )
    named = javascript.constant(tree.text(path), database.text())
    adapter = javascript.last_name(javascript.plain(named or database).field("function"))
    if adapter == "mongodbAdapter":
        return FollowUp("Better Auth's JWT plugin keeps its keys in a collection, jwks, which it makes itself.")
    cli = "@better-auth/cli" if floors.ends_below(_range(tree, frontend), _NEWER_CLI) else "auth"
    then = f", and make {_ORMS[adapter]}'s migration" if adapter in _ORMS else ""
    command = f"npx {cli}@latest {'generate' if adapter else 'migrate'} --config {relpath(path, frontend.root)}"
    return FollowUp(
        f"Make the table jwks ({_COLUMNS}) in the site's database before the site runs with this change: without it Better "
        f"Auth signs nobody in. Run this{then}.",
        f"cd {frontend.root} && {command}" if frontend.root not in {"", "."} else command,
    )


TRANSFORM = Transform(
    id="nextjs.signing",
    summary="Have the site's own sign-in sign the chat's tokens",
    checks=("CK05", "CK13"),
    plan=plan,
    needs=("identity", "frontend.auth"),
)
