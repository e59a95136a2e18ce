"""How a backend knows its user: the dependency that gives the current one, and the expression that is the user's id."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.fastapi.inspecting import cookies
from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.frameworks.fastapi.inspecting.tokens import checked_against
from chatkit_integrator.frameworks.fastapi.inspecting.userids import user_id
from chatkit_integrator.model.profile import BackendAuth, Symbol
from chatkit_integrator.model.unit import Location, Question
from chatkit_integrator.reading.python import dotted, keyword

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.reading.python import Definition, Module, PythonModules

_NAME = re.compile(
    r"(^|_)(user|principal|identity|account|jwt|auth|authenticated?|clerk|token_data|claims|session)(_|$)", re.IGNORECASE
)
_BEST = re.compile(r"^(get_)?(current_)(active_)?(verified_)?user(_id)?$|^auth_user$", re.IGNORECASE)
_LESSER = re.compile(
    r"super|admin|optional|maybe|verified|permission|role|refresh|reset|db$|manager|service|repo", re.IGNORECASE
)
_HEADER_MARKS = ("OAuth2PasswordBearer", "HTTPBearer", "HTTPAuthorizationCredentials", "OAuth2AuthorizationCodeBearer")
_SIGNING_IN = ("FastAPIUsers", "OAuth2PasswordRequestForm", "OAuth2PasswordBearer", "HTTPBearer", "verify_id_token")
_DEPTH = 5
NONE: tuple[BackendAuth, tuple[Question, ...], Location | None] = (BackendAuth("none"), (), None)
BLOCKS = ("fastapi.package", "fastapi.mount")


@dataclass(frozen=True, slots=True)
class _Used:
    """A dependency that routes use: what it is called there, what it resolves to."""

    path: str
    name: str
    line: int
    definition: Definition


def find(
    modules: PythonModules, root: str, answers: Mapping[str, str]
) -> tuple[BackendAuth, tuple[Question, ...], Location | None]:
    """The way users are known, what has to be asked, and a line that shows it."""
    used = Counter[tuple[str, str]]()
    places: dict[tuple[str, str], _Used] = {}
    for one in _dependencies(modules, root):
        key = (one.definition.path, one.definition.name)
        used[key] += 1
        places.setdefault(key, one)
    fitting = [key for key in used if _fits(modules, places[key])]
    choices = tuple(sorted(f"{path}:{name}" for path, name in fitting))
    answer = answers.get("auth.dependency")
    if answer == "none":
        return NONE
    if answer is not None:
        path, _, name = answer.partition(":")
        if modules.resolve(path, name) is None:
            raise UnknownAnswerError(
                f"auth.dependency={answer} is no dependency that was found; answer PATH:NAME, one of "
                f"{', '.join((*choices, 'none'))}."
            )
        definition = modules.resolve(path, name)
        assert definition is not None  # noqa: S101 - looked up just above
        return _describe(modules, definition), (), Location(path, definition.line)
    if not fitting:
        return _unnamed(modules, root, places)
    fitting.sort(key=lambda key: (not _BEST.search(key[1]), bool(_LESSER.search(key[1])), -used[key], key))
    best = places[fitting[0]]
    if not _BEST.search(fitting[0][1]) and len(fitting) > 1 and used[fitting[0]] == used[fitting[1]]:
        return BackendAuth("other"), (_ask(f"Several could: {', '.join(choices)}.", choices),), Location(best.path, best.line)
    return _describe(modules, best.definition), (), Location(best.definition.path, best.definition.line)


def _ask(why: str, choices: tuple[str, ...]) -> Question:
    ask = "Which dependency gives the current user?"
    return Question(id="auth.dependency", ask=ask, why=why, choices=(*choices, "none") if choices else (), blocks=BLOCKS)


def _unnamed(
    modules: PythonModules, root: str, places: Mapping[tuple[str, str], _Used]
) -> tuple[BackendAuth, tuple[Question, ...], Location | None]:
    """What is there where no dependency is named for a user: some that read a token all the same, or none that was made yet."""
    reading = {
        f"{path}:{name}": one
        for (path, name), one in sorted(places.items())
        if isinstance(one.definition.node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and not _LESSER.search(name)
        and not _gives_nobody(one.definition.node)
        and _kind(modules, one.definition, _DEPTH)[0] in {"bearer", "cookie", "session"}
    }
    if reading:
        first = next(iter(reading.values())).definition
        why = f"None is named for a user, but a token or a session is read by {', '.join(reading)}."
        return BackendAuth("other"), (_ask(why, tuple(reading)),), Location(first.path, first.line)
    why, place = _signing_in(modules, root)
    return (BackendAuth("other"), (_ask(f"{why} Name one as PATH:NAME; none goes on without it.", ()),), place) if why else NONE


def _signing_in(modules: PythonModules, root: str) -> tuple[str, Location | None]:
    """What shows that people sign in to the backend all the same, and where."""
    for module in _live(modules, "FastAPIUsers", root):
        for name, made in module.bindings.items():
            value = made.value if isinstance(made, (ast.Assign, ast.AnnAssign)) else None
            if isinstance(value, ast.Call) and ast.unparse(value.func).partition("[")[0] == "FastAPIUsers":
                why = (
                    f"fastapi-users is set up ({module.path}:{made.lineno}), but nothing gives the current user: add "
                    f"current_active_user = {name}.current_user(active=True) there and plan again."
                )
                return why, Location(module.path, made.lineno)
    for mark in _SIGNING_IN:
        for module in _live(modules, mark, root):
            for node in ast.walk(module.tree):
                if isinstance(node, (ast.Name, ast.Attribute)) and (dotted(node) or "").split(".")[-1] == mark:
                    why = f"People sign in here ({module.path}:{node.lineno}), but no dependency that gives the user was found."
                    return why, Location(module.path, node.lineno)
    return "", None


def _live(modules: PythonModules, mark: str, root: str) -> Iterator[Module]:
    return (one for one in modules.containing(mark.encode(), under=root) if is_live(one.path, root))


def _dependencies(modules: PythonModules, root: str) -> Iterator[_Used]:
    for mark in (b"Depends(", b"Security("):
        for module in modules.containing(mark, under=root):
            if not is_live(module.path, root):
                continue
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and (dotted(node.func) or "").split(".")[-1] in {"Depends", "Security"}:
                    argument = node.args[0] if node.args else keyword(node, "dependency")
                    argument = argument.func if isinstance(argument, ast.Call) else argument
                    name = dotted(argument)
                    definition = modules.resolve(module.path, name) if name else None
                    if name and definition is not None:
                        yield _Used(module.path, name, node.lineno, definition)


def _fits(modules: PythonModules, one: _Used) -> bool:
    """Whether a dependency gives a user: by its name, and by what it reads or is made of."""
    name = one.definition.name.split(".")[-1]
    if (_LESSER.search(name) and not _BEST.search(name)) or _gives_nobody(one.definition.node):
        return False
    return bool(_NAME.search(name)) and _kind(modules, one.definition, _DEPTH)[0] != "none"


def _gives_nobody(node: ast.AST) -> bool:
    """Whether a function only lets pass or turns away, and says nothing of who it is."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    given = [one.value for one in ast.walk(node) if isinstance(one, (ast.Return, ast.Yield))]
    said = ast.unparse(node.returns) if node.returns is not None else ""
    return said in {"bool", "None"} or all(one is None or isinstance(one, ast.Constant) for one in given)


def _describe(modules: PythonModules, definition: Definition) -> BackendAuth:
    kind, cookie = _kind(modules, definition, _DEPTH)
    kind = "other" if kind == "none" else kind
    return BackendAuth(
        kind,  # type: ignore[arg-type]
        Symbol(definition.path, definition.name),
        user_id(modules, definition),
        cookie,
        checked_against(modules, definition),
    )


def _kind(modules: PythonModules, definition: Definition, depth: int) -> tuple[str, str | None]:
    """What a dependency reads, itself or through what it depends on."""
    if depth <= 0:
        return "none", None
    node = definition.node
    module = modules.module(definition.path)
    if module is None:
        return "none", None
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        text = ast.unparse(node)
        if ".current_user(" in text:
            kind = _fastapi_users(module.text)
            return kind, cookies.of_transport(modules, module) if kind == "cookie" else None
        if re.search(r"\b\w*(JWT|Auth|Bearer|Clerk)\w*\(", text):
            return ("cookie" if "nextauth" in module.text.lower() else "bearer"), None
        return "none", None
    source = ast.unparse(node)
    if any(mark in source for mark in _HEADER_MARKS) or re.search(
        r"headers(\.get\(|\[)\s*['\"]authorization|Header\([^)]*alias=['\"]authorization|authorization: .*Header\(",
        source,
        re.IGNORECASE,
    ):
        return "bearer", None
    reads_cookie, cookie = cookies.read(modules, definition)
    if reads_cookie:
        either = any(_kind(modules, inner, depth - 1)[0] == "bearer" for inner in _inner(modules, definition))
        return "bearer" if either else "cookie", cookie
    if re.search(r"request\.session\b", source):
        return "session", None
    if "APIKeyHeader" in source or re.search(r"x.api.key", source, re.IGNORECASE):
        return "api_key", None
    for inner in _inner(modules, definition):
        found = _kind(modules, inner, depth - 1)
        if found[0] != "none":
            return found
    if re.search(r"=\s*Header\(|headers(\.get\(|\[)", source):
        return "bearer" if "authorization" in source.lower() else "other", None
    return "none", None


def _fastapi_users(text: str) -> str:
    return "cookie" if "CookieTransport(" in text and "BearerTransport(" not in text else "bearer"


def _inner(modules: PythonModules, definition: Definition) -> Iterator[Definition]:
    """What a dependency depends on in turn, security schemes at module level included."""
    node = definition.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for inner in ast.walk(node):
        name: str | None = None
        if isinstance(inner, ast.Call):
            called = (dotted(inner.func) or "").split(".")[-1]
            if called in {"Depends", "Security"} and inner.args:
                argument = inner.args[0]
                name = dotted(argument.func if isinstance(argument, ast.Call) else argument)
                if name and any(mark in ast.unparse(inner) for mark in _HEADER_MARKS):
                    continue
            else:
                name = dotted(inner.func)
        elif isinstance(inner, ast.arg) and inner.annotation is not None:
            name = dotted(inner.annotation)
        if name and name.split(".")[0] not in {"self", "cls"}:
            found = modules.resolve(definition.path, name)
            if found is not None and found.node is not node:
                if isinstance(found.node, (ast.Assign, ast.AnnAssign)):
                    yield _scheme(found)
                yield found


def _scheme(found: Definition) -> Definition:
    """A scheme such as ``oauth2 = OAuth2PasswordBearer(...)``, as something that can be looked into."""
    from chatkit_integrator.reading.python import Definition as Made  # noqa: PLC0415 - the annotation is all else

    holder = ast.FunctionDef(
        name=found.name,
        args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=[found.node if isinstance(found.node, ast.stmt) else ast.Pass()],
        decorator_list=[],
    )
    return Made(found.path, found.name, ast.fix_missing_locations(holder), found.line)
