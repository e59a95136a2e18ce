"""The ``chatkit_backend`` package, written beside the module that makes the app.

It is not called ``chatkit``: where that folder is on the import path it would hide the SDK of that name.
"""

from __future__ import annotations

import re
from importlib.resources import files
from posixpath import join, normpath
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.frameworks.fastapi import habits
from chatkit_integrator.frameworks.fastapi.importing import PACKAGE, import_lines
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.template import Binding, rewire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Backend, Profile, RunContext, Symbol
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

PLAIN = ("__init__", "context", "history", "router", "schema", "server", "store", "stream")
ATTACHMENTS = "attachments"
OWN_FILE = "chatkit.db"


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Write the package, unless there is one."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    folder = package_folder(backend)
    if tree.has(f"{folder}/__init__.py"):
        if profile.contract.attachments and not tree.has(f"{folder}/{ATTACHMENTS}.py"):
            return Refused(f"{folder} is there and takes no attachments; undo its plan, and plan anew with the answer.")
        return AlreadyThere(f"{folder} is there")
    if profile.contract.identity == "bearer" and backend.auth.dependency is None:
        return Refused(
            "identity=bearer needs a dependency of the backend that checks the token, and none was found; name it with "
            "--answer auth.dependency=PATH:NAME, or answer identity."
        )
    if tree.ignored(f"{folder}/__init__.py"):
        return Refused(f"git ignores {folder}; take the rule out of .gitignore, or the chat will not be committed.", "")
    try:
        texts = package_files(profile)
    except ValueError as error:
        return Refused(f"{error}; write a dependency that gives the id, and name it with --answer auth.dependency=PATH:NAME.")
    edits = tuple(tree.edit(f"{folder}/{name}", text) for name, text in sorted(texts.items()))
    edits += _kept_out_of_git(tree, backend)
    return Edited(edits, f"Write the package {folder}: endpoint, identity, agent, store", _follow_ups(tree, profile))


def _kept_out_of_git(tree: Tree, backend: Backend) -> tuple[Edit, ...]:
    """Have git ignore the file with people's conversations, where the chat has one and git does not do so already."""
    places = [normpath(join(folder, ".gitignore")) for folder in (backend.root, "")]
    path = next((one for one in places if tree.has(one)), None)
    if path is None or not has_own_file(backend) or tree.ignored(normpath(join(backend.root, OWN_FILE))):
        return ()
    text = tree.text(path)
    ending = "\r\n" if "\r\n" in text else "\n"
    added = f"{ending}{OWN_FILE}*" if text and not text.endswith("\n") else f"{OWN_FILE}*{ending}"
    return (tree.edit(path, text + added),)


def package_folder(backend: Backend) -> str:
    """The folder of the package."""
    return f"{backend.package_dir}/{PACKAGE}".lstrip("/")


def package_files(profile: Profile) -> Mapping[str, str]:
    """The package's files by name. Raises ``ValueError`` where how a user's id is found in a user is not understood."""
    backend = profile.backend
    if backend is None:
        return {}
    found = {f"{name}.py": _template(name) for name in PLAIN}
    found["identity.py"] = _identity(profile, backend)
    found["agent.py"] = _agent(backend)
    found["database.py"] = _database(backend)
    if profile.contract.attachments:
        found |= {f"{name}.py": _template(name) for name in (ATTACHMENTS, "files")}
        found["__init__.py"], found["router.py"] = _template("init_attachments"), _keeping_files(found["router.py"])
    if backend.env_file is not None and not backend.env_file.is_loaded:
        name = Binding((), f'ENV_FILE = "{backend.env_file.name}"')
        found["environment.py"] = rewire(_template("environment"), {"ENV_FILE": name})
        found["__init__.py"] = _reading_env_file(found["__init__.py"])
    return found


def _reading_env_file(init: str) -> str:
    """Give the package's start that reads the file of settings, before anything is asked."""
    before, line, after = init.partition("\n__all__")
    documented, quotes, imports = before.rpartition('"""\n\n')
    if not line or not quotes:
        raise ValueError("the start of the package is not as it is expected")
    ours = "from .environment import read_env_file\n"
    sorted_in = "".join(sorted([*imports.splitlines(keepends=True), ours]))
    return f"{documented}{quotes}{sorted_in}\nread_env_file()\n{line}{after}"


def _keeping_files(router: str) -> str:
    """Give the router with the store that keeps files too."""
    before, line, after = router.partition("from .store import SqlStore\n")
    if not line or after.count("SqlStore") != 1:
        raise ValueError("the router's store is not where it is expected")
    ahead, next_import, rest = before.partition("from .identity import")
    return f"{ahead}from .files import FileStore\n{next_import}{rest}{after.replace('SqlStore', 'FileStore')}"


def _template(name: str) -> str:
    folder = files("chatkit_integrator.frameworks.fastapi") / "templates" / PACKAGE
    return (folder / f"{name}.py").read_text(encoding="utf-8")


def _bound(backend: Backend, module: str, symbol: Symbol, alias: str) -> Binding:
    importer = f"{package_folder(backend)}/{module}.py"
    imports, assignment = import_lines(backend, importer, symbol, alias)
    return Binding(imports, assignment)


def _identity(profile: Profile, backend: Backend) -> str:
    dependency, identity = backend.auth.dependency, signed_by_the_site(profile, backend)
    if identity is not None or dependency is None:
        return _template(f"identity_{identity or 'guest'}")
    return rewire(
        _template("identity"),
        {
            "get_current_user": _bound(backend, "identity", dependency, "get_current_user"),
            "user_id_of": _user_id(backend.auth.user_id or "user.id"),
        },
    )


def signed_by_the_site(profile: Profile, backend: Backend) -> Literal["jwks", "signed", "guest"] | None:
    """How the site signs for who is speaking; ``None`` where the project's own dependency checks it."""
    identity = profile.contract.identity
    if identity == "bearer" or identity is None:
        return "guest" if backend.auth.dependency is None else None
    return identity


def _user_id(expression: str) -> Binding:
    """``user.id`` and ``user["sub"]`` as functions of ``user``; the user itself where it is the id."""
    attribute = re.fullmatch(r"user\.(\w+(?:\.\w+)*)", expression)
    if attribute:
        return Binding(("from operator import attrgetter",), f'user_id_of = attrgetter("{attribute.group(1)}")')
    item = re.fullmatch(r'user\[["\'](\w+)["\']\]', expression)
    if item:
        return Binding(("from operator import itemgetter",), f'user_id_of = itemgetter("{item.group(1)}")')
    if expression != "user":
        raise ValueError(f"{expression} is not understood as the id of a user")
    return Binding((), "user_id_of = str")


def _agent(backend: Backend) -> str:
    agent = backend.agent
    if agent is None or agent.symbol is None:
        return _template("agent_starter")
    name, made = ("make_agent", "_made") if agent.is_factory else ("agent", "")
    bindings = {name: _bound(backend, "agent", agent.symbol, name)}
    if agent.context is None:
        return rewire(_template(f"agent{made}_shared"), bindings)
    bindings["agent_context"] = _run_context(backend, agent.context)
    return rewire(_template(f"agent{made}"), bindings)


def _run_context(backend: Backend, context: RunContext) -> Binding:
    """What makes the run context, under the name that the template calls without arguments."""
    if not context.given:
        return _bound(backend, "agent", context.maker, "agent_context")
    name = context.maker.name
    given = ", ".join(f"{key}={value}" for key, value in context.given)
    imports = _bound(backend, "agent", context.maker, name.rpartition(".")[2])
    return Binding(imports.imports, f"def agent_context() -> {name}:\n    return {name}({given})\n")


def _database(backend: Backend) -> str:
    engine, variable = shared_engine(backend), shared_variable(backend)
    if engine is None and variable is None:
        return _template("database_own")
    if engine is None:
        return rewire(_template("database_env"), {"PROJECT_URL": Binding((), f'PROJECT_URL = "{variable}"')})
    return rewire(_template("database"), {"project_engine": _bound(backend, "database", engine, "project_engine")})


def shared_engine(backend: Backend) -> Symbol | None:
    """The project's engine, where its database is one that conversations can be kept in and importing it is safe."""
    database = backend.database
    if database is None or database.engine is None or database.kind not in {"postgresql", "sqlite"}:
        return None
    makes_app = {backend.app.path, backend.app.factory.path if backend.app.factory else backend.app.path}
    return None if database.engine.path in makes_app else database.engine


def shared_variable(backend: Backend) -> str | None:
    """The environment variable that addresses the project's database, where no engine can be shared."""
    database = backend.database
    if database is None or database.kind not in {"postgresql", "sqlite"} or shared_engine(backend) is not None:
        return None
    return database.url_env


def has_own_file(backend: Backend) -> bool:
    """Whether conversations are kept in a SQLite file of their own, because no database can be shared."""
    return shared_engine(backend) is None and shared_variable(backend) is None


def _follow_ups(tree: Tree, profile: Profile) -> tuple[FollowUp, ...]:
    backend, contract = profile.backend, profile.contract
    key = "Set OPENAI_API_KEY for the backend, unless your agent's model has its own key."
    if backend is not None and backend.env_file is None and backend.settings in {"none", "os.environ"}:
        key += " Nothing here reads a .env file: set it in the environment, or start uvicorn with --env-file."
    left = [FollowUp(key)]
    if backend is not None and has_own_file(backend):
        left.append(
            FollowUp(
                f"Conversations are kept in a SQLite file, chatkit.db; set {contract.database_env} to a PostgreSQL address for "
                "anything that runs more than once or on a disk that is not kept."
            )
        )
    elif tree.named("alembic.ini"):
        left.append(
            FollowUp(
                "The chat's tables are named chatkit_*: leave them out of "
                "Alembic's --autogenerate with include_name in env.py, or it will propose to drop them."
            )
        )
    identity = signed_by_the_site(profile, backend) if backend is not None else contract.identity
    if identity == "jwks":
        keys = f"the site's address with {contract.keys_path}" if contract.keys_path else "where the site publishes its keys"
        left.append(FollowUp(f"Set {contract.keys_env} for the backend: {keys}, as the backend reaches it."))
    elif identity in {"signed", "guest"}:
        name = contract.proxy_secret_env if identity == "signed" else contract.secret_env
        who = "The proxy signs who is speaking." if identity == "signed" else "Visitors chat anonymously."
        left.append(
            FollowUp(
                f"{who} Set {name} to the same random text on both sides.",
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        )
    if backend is not None and backend.agent is not None and backend.agent.symbol is None:
        left.append(
            FollowUp(f"No agent of the OpenAI Agents SDK was found ({backend.agent.framework}); a starter is in agent.py.")
        )
    if backend is not None:
        left += habits.follow_ups(tree, backend, package_folder(backend))
    return tuple(left)


TRANSFORM = Transform(
    id="fastapi.package",
    summary="Write the backend's chat package",
    checks=("CK01", "CK02", "CK03", "CK04", "CK09", "CK10", "CK11", "CK12"),
    plan=plan,
    needs=("identity", "auth.dependency", "agent", "agent.context"),
)
