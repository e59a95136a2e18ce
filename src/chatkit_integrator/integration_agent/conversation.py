"""A conversation with the integration agent: whom it speaks with, and where it is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from chatkit_integrator.errors import BadRequestError, NotWritableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Person(Protocol):
    """Who sits at the other end. ``None`` as an answer means that nobody can be asked."""

    def hear(self, text: str) -> None:
        """Be told a part of what the agent says, as it comes."""
        ...

    def notice(self, line: str) -> None:
        """Be told in a line what is done."""
        ...

    def answer(self, question: str, choices: Sequence[str]) -> str | None:
        """Answer a question."""
        ...

    def agree(self, what: str) -> bool | None:
        """Say yes or no to something that writes or runs."""
        ...


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said so far: the model's input items, or the state of a run that waits for a yes."""

    items: tuple[Any, ...] = ()
    waiting: dict[str, Any] | None = None

    @classmethod
    def load(cls, root: Path) -> Conversation:
        """Take the last conversation about a repository up again; ``BadRequestError`` where there is none that can be."""
        try:
            data = cast("dict[str, Any]", json.loads(_place(root).read_bytes()))
            return cls(tuple(data["items"]), data["waiting"])
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadRequestError(f"There is no conversation about {root} to go on with; leave --resume out.") from error

    def save(self, root: Path) -> None:
        """Keep it for next time, readable by this person only; ``NotWritableError`` where that cannot be."""
        place = _place(root)
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = place.with_suffix(".tmp")
            new.touch(mode=0o600)
            new.write_text(json.dumps({"items": self.items, "waiting": self.waiting}), encoding="utf-8")
            new.replace(place)
        except OSError as error:
            raise NotWritableError(
                f"The conversation cannot be kept in {place.parent} ({error.strerror}); make room or give write permission "
                "there, or set XDG_CACHE_HOME to another folder."
            ) from error


def _place(root: Path) -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 - only where a conversation is kept

    name = hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return user_cache_path("chatkit-integrator") / "conversations" / f"{name}.json"
