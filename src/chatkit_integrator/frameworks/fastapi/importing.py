"""How one module of a backend imports from another."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Backend, Symbol

PACKAGE = "chatkit_backend"


def module_name(backend: Backend, path: str) -> str:
    """The dotted name of a module, from the folder that the backend's absolute imports start from."""
    base = f"{backend.import_root}/" if backend.import_root else ""
    stem = path.removeprefix(base).removesuffix(".py").removesuffix("/__init__")
    return stem.replace("/", ".")


def import_lines(backend: Backend, importer: str, symbol: Symbol, alias: str) -> tuple[tuple[str, ...], str | None]:
    """The import of a symbol under a name, and the assignment that a dotted symbol, a class or a constant needs.

    Relative where the backend's own modules import relatively and both lie in one package; absolute otherwise.
    """
    head, _, rest = symbol.name.partition(".")
    line = f"from {_module(backend, importer, symbol.path)} import {head}"
    if symbol.name == alias:
        return (line,), None
    if rest or head != head.lower():
        return (line,), f"{alias} = {symbol.name}"
    return (f"{line} as {alias}",), None


def _module(backend: Backend, importer: str, path: str) -> str:
    absolute = module_name(backend, path)
    importing = module_name(backend, importer)
    if not backend.relative_imports or "." not in importing:
        return absolute
    here, there = importing.split(".")[:-1], absolute.split(".")
    shared = 0
    while shared < len(here) and shared < len(there) and here[shared] == there[shared]:
        shared += 1
    if not shared:
        return absolute
    return "." * (len(here) - shared + 1) + ".".join(there[shared:])


def router_import(backend: Backend, importer: str, alias: str) -> str:
    """The import of our router into the module that mounts it."""
    package = f"{backend.package_dir}/{PACKAGE}/__init__.py".lstrip("/")
    if dirname(importer) == backend.package_dir and backend.relative_imports and "." in module_name(backend, importer):
        return f"from .{PACKAGE} import router as {alias}"
    return f"from {_module(backend, importer, package)} import router as {alias}"
