"""What is written down before a repository is touched: enough to take it all back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

_PLAN_ID = re.compile(r"[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: digests of what it reads before and after (``None``: no such file), and the permissions it had."""

    path: str
    before: str | None
    after: str | None
    mode: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction. ``undoes`` names the transaction that it takes back; ``folders`` are those it makes, outermost first.

    What the file of entry ``n`` read before lies beside the record, as ``image(n)``.
    """

    plan_id: str
    version: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    undoes: str | None = None

    def __post_init__(self) -> None:
        if not _PLAN_ID.fullmatch(self.plan_id):
            raise ValueError(f"{self.plan_id!r} is no plan's id")

    def dump(self) -> bytes:
        """Give it as JSON."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def parse(cls, data: bytes) -> Record:
        """Read it back; ``ValueError`` where it is none."""
        try:
            values: dict[str, Any] = json.loads(data)
            paths: list[Any] = [*(entry["path"] for entry in values["entries"]), *values["folders"]]
            if not all(isinstance(path, str) for path in paths):
                raise ValueError("a path is no text")
            return cls(
                plan_id=values["plan_id"],
                version=values["version"],
                entries=tuple(Entry(**entry) for entry in values["entries"]),
                folders=tuple(values["folders"]),
                undoes=values["undoes"],
            )
        except (TypeError, KeyError) as error:
            raise ValueError(f"no record: {error}") from error


def image(number: int) -> str:
    """Name the file that holds what the file of an entry read before."""
    return f"before-{number}"
