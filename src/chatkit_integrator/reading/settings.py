"""The one reader of ``chatkit-integrator.toml`` and of ``[tool.chatkit-integrator]`` in ``pyproject.toml``.

Nothing in it is skipped: a key that is not known is refused with the nearest one that is, a value of another type with what
is expected, and settings in both files with the request to keep one.
"""

from __future__ import annotations

import difflib
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints

from chatkit_integrator.errors import SettingsError, SyntaxRefusedError
from chatkit_integrator.model.settings import Settings
from chatkit_integrator.syntax import toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

    from chatkit_integrator.model.tree import Tree

FILE = "chatkit-integrator.toml"
TABLE = "chatkit-integrator"
_PYPROJECT = "pyproject.toml"


def read_settings(tree: Tree) -> Settings:
    """Give what the repository sets; ``SettingsError`` where it cannot be understood."""
    own = tree.text(FILE) if tree.has(FILE) else None
    shared = _shared(tree)
    if own is not None and shared is not None:
        raise SettingsError(f"{FILE} and [tool.{TABLE}] in {_PYPROJECT} both hold settings; keep one of them.")
    if own is not None:
        try:
            return _checked(toml.load(own, FILE), FILE)
        except SyntaxRefusedError as error:
            raise SettingsError(str(error)) from error
    return Settings() if shared is None else _checked(shared, _PYPROJECT)


def _shared(tree: Tree) -> Mapping[str, Any] | None:
    """The table in ``pyproject.toml``; a file that does not parse is told of only where it may hold the table."""
    if not tree.has(_PYPROJECT):
        return None
    text = tree.text(_PYPROJECT)
    if TABLE not in text:
        return None
    try:
        table = toml.load(text, _PYPROJECT).get("tool", {}).get(TABLE)
    except SyntaxRefusedError as error:
        raise SettingsError(str(error)) from error
    return cast("Mapping[str, Any] | None", table)


def _checked(values: Mapping[str, Any], source: str) -> Settings:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - heavy

    _refuse_unknown(values, Settings, (), source)
    given = {**values, "source": source}
    if isinstance(answers := values.get("answers"), dict):
        given["answers"] = dict(_flat(cast("dict[str, Any]", answers)))
    try:
        settings = TypeAdapter(Settings).validate_python(given)
    except ValidationError as error:
        raise SettingsError(_sentence(source, error.errors()[0])) from error
    for number, one in enumerate(settings.suppress, 1):
        if not one.because.strip():
            raise SettingsError(f"{source}: suppress.{number}.because is empty; say why in a sentence.")
    return settings


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """An answer to ``auth.cookie`` may be written under its table, as TOML has it without quotes."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _refuse_unknown(values: Mapping[str, Any], kind: type, where: tuple[str, ...], source: str) -> None:
    """Raise for the first key that is no field of the dataclass that its table is."""
    known = [one for one in get_type_hints(kind) if one != "source"]
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}."
            raise SettingsError(f"{source}: there is no key {'.'.join((*where, key))}; {meant}")
        for inner in _dataclasses(get_type_hints(kind)[key]):
            tables: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
            for table in tables:
                if isinstance(table, dict):
                    _refuse_unknown(cast("dict[str, Any]", table), inner, (*where, key), source)


def _dataclasses(hint: Any) -> Iterator[type]:  # noqa: ANN401 - an annotation has no type of its own
    if is_dataclass(hint):
        yield cast("type", hint)
    for inner in get_args(hint):
        yield from _dataclasses(inner)


def _sentence(source: str, error: ErrorDetails) -> str:
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"{source}: {where} is missing; add it."
        case "literal_error":
            return f"{source}: {where} is {error['input']!r}; write one of {error.get('ctx', {}).get('expected')}."
        case "tuple_type":
            return f"{source}: {where} has to be an array; write [...]."
        case "dataclass_type" | "dict_type" | "mapping_type":
            return f"{source}: {where} has to be a table."
        case _:
            return f"{source}: {where}: {error['msg'][0].lower()}{error['msg'][1:]}."
