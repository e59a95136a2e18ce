"""What is unsafe in a repository and would be inherited by a chat: told with file and line, never changed.

Tokens that are logged, CORS for everyone with credentials, TLS checks that are off, secrets that end up in an image. Only code
below the two sides' folders counts, without tests. The excerpt never holds a value.
"""

from __future__ import annotations

import ast
import re
from itertools import chain, islice
from posixpath import basename
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.model.inspection import Risk
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.python import PythonModules, dotted, keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree

MOST = 20
_NAME = re.compile(r"(?i)(?:^|[a-z_])(?:token|jwt|secret|password|api_?key|authorization)$")
_SETTING = re.compile(r"(?i)secret|token|password|api_?key|private_?key|credential")
_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_CONSOLE = frozenset({"log", "info", "debug", "warn", "error"})
_TEST = re.compile(r"(?:^|/)(?:tests?|__tests__|e2e|docs|examples|node_modules)/|(?:^|/)(?:test_|conftest)|\.(?:test|spec)\.")
_PYTHON_MARKS = (b"print(", b"log", b"allow_origin", b"verify", b"ssl", b"CERT_NONE")
_SITE_MARKS = (b"console.", b"rejectUnauthorized", b"NODE_TLS_REJECT_UNAUTHORIZED")
_IMAGE = re.compile(r"(?:[\w-]+\.)?[Dd]ockerfile(?:\.(?!(?:py|ts|tsx|js|md)$)[\w-]+)?")
_BAKED = re.compile(r"(?im)^\s*(?:ENV|ARG)\s+(?P<name>\w+)(?:=|\s+)[\"']?(?P<value>[^\s\"'$][^\s\"']*)")
_COPIED = re.compile(r"(?im)^\s*(?:COPY|ADD)\s(?:.*[\s/\"])?(?P<name>\.env(?:\.(?!example|sample|template)[\w.]+)?)[\s\",]")


def risks(tree: Tree, profile: Profile) -> tuple[Risk, ...]:
    """At most ``MOST`` of them, the backend's first, in order of path and line."""
    found: list[Iterator[Risk]] = []
    if profile.backend is not None:
        found += [_python(tree, profile.backend.root), _images(tree, profile.backend.root)]
    if profile.frontend is not None:
        found.append(_site(tree, profile.frontend.root))
        if profile.backend is None or profile.backend.root != profile.frontend.root:
            found.append(_images(tree, profile.frontend.root))
    return tuple(islice(chain.from_iterable(found), MOST))


def _python(tree: Tree, root: str) -> Iterator[Risk]:
    modules = PythonModules(tree)
    for path in tree.under(root, ".py"):
        content = tree.read(path)
        if content is None or _TEST.search(path) or not any(mark in content.data for mark in _PYTHON_MARKS):
            continue
        module = modules.module(path)
        nodes = ast.walk(module.tree) if module is not None else ()
        told = {(node.lineno, text) for node in nodes if isinstance(node, (ast.Call, ast.Assign)) and (text := _of(node))}
        yield from (Risk(text, Location(path, line)) for line, text in sorted(told))


def _of(node: ast.Call | ast.Assign) -> str | None:
    """What is unsafe about a call or an assignment."""
    if isinstance(node, ast.Assign):
        names = {(dotted(one) or "").rpartition(".")[2]: node.value for one in node.targets}
        off = names.get("check_hostname"), dotted(names.get("verify_mode"))
        unsafe = (isinstance(off[0], ast.Constant) and off[0].value is False) or (off[1] or "").endswith("CERT_NONE")
        return "TLS certificates are not checked" if unsafe else None
    name = dotted(node.func) or ""
    if _is_constant(keyword(node, "verify"), value=False) or name.endswith("_create_unverified_context"):
        return "TLS certificates are not checked"
    if _is_constant(keyword(node, "allow_credentials"), value=True) and _is_everyone(node):
        return "CORS lets every site make requests with credentials"
    if name == "print" or name.rpartition(".")[2] in _LOGS:
        told = next((one for argument in node.args for one in _names(argument) if _NAME.search(one)), None)
        return f"{told} is written to the log" if told else None
    return None


def _is_constant(node: ast.expr | None, *, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_everyone(call: ast.Call) -> bool:
    origins, pattern = keyword(call, "allow_origins"), keyword(call, "allow_origin_regex")
    listed = origins.elts if isinstance(origins, (ast.List, ast.Tuple)) else []
    return any(isinstance(one, ast.Constant) and one.value == "*" for one in listed) or (
        isinstance(pattern, ast.Constant) and pattern.value in {".*", "^.*$", ".+"}
    )


def _names(node: ast.expr) -> Iterator[str]:
    """Names whose values an argument shows: itself, or what a string is put together from."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        yield str(node.slice.value)
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _names(part.value)
    elif isinstance(node, ast.BinOp):
        yield from _names(node.left)
        yield from _names(node.right)


def _site(tree: Tree, root: str) -> Iterator[Risk]:
    for mark in _SITE_MARKS:
        for path, body in javascript.containing(tree, root, mark):
            if not _TEST.search(path):
                told = _logged(body) if mark == b"console." else _unchecked(body)
                yield from (Risk(text, Location(path, line)) for line, text in sorted(set(told)))


def _logged(body: str) -> Iterator[tuple[int, str]]:
    for call, line in javascript.calls(body, *_CONSOLE):
        function = call.field("function")
        if function is None or not function.text().startswith("console."):
            continue
        for argument in javascript.arguments(call):
            shown = [argument, *argument.find_all(kind="template_substitution")]
            names = [javascript.last_name(next((part for part in one.children() if part.is_named()), one)) for one in shown]
            told = next((one for one in (javascript.last_name(argument), *names) if _NAME.search(one)), None)
            if told:
                yield line, f"{told} is written to the log"


def _unchecked(body: str) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(body.splitlines(), 1):
        code = text.partition("//")[0]
        if re.search(r"rejectUnauthorized\s*:\s*false|NODE_TLS_REJECT_UNAUTHORIZED[\"'\]]*\s*=\s*[\"'`]?0", code):
            yield number, "TLS certificates are not checked"


def _images(tree: Tree, root: str) -> Iterator[Risk]:
    for path in tree.under(root):
        if "ockerfile" not in path or not _IMAGE.fullmatch(basename(path)):
            continue
        try:
            text = tree.text(path)
        except NotUtf8Error:
            continue
        baked = [(one.start(), one["name"]) for one in _BAKED.finditer(text) if _SETTING.search(one["name"])]
        copied = [(one.start(), one["name"]) for one in _COPIED.finditer(text)]
        for start, name in sorted(baked + copied):
            line = text.count("\n", 0, text.index(name, start)) + 1
            yield Risk(f"{name} becomes part of the image, for everyone who has it", Location(path, line))
