"""The known causes, read from ``causes.toml``, which says how they are written."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from chatkit_integrator.model.diagnosis import Cause


@cache
def causes() -> tuple[Cause, ...]:
    """Every cause, in the order of the file: the six patterns that fail most come first."""
    data = tomllib.loads((files("chatkit_integrator.checks.symptoms") / "causes.toml").read_text(encoding="utf-8"))
    words: dict[str, str] = data["words"]
    return tuple(
        Cause(
            id=one["id"],
            title=one["title"],
            why=one["why"],
            items=tuple(one["items"]),
            lines=tuple(one["lines"]),
            said=tuple(phrase.format_map(words) for phrase in one["said"]),
        )
        for one in data["cause"]
    )
