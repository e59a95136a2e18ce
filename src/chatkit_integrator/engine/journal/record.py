"""What is written down before a repository is touched: enough to take it all back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "record.json"
COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: digests of what it reads before and after (``None``: no such file), and the permissions it had."""

    path: str
    before: str | None
    after: str | None
    mode: int | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction. ``undoes`` names the transaction that it takes back; ``folders`` are those it makes."""

    plan_id: str
    version: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    undoes: str | None = None

    def dump(self) -> bytes:
        """Give it as JSON."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def load(cls, folder: Path) -> Record:
        """Read it back from its folder."""
        data = json.loads((folder / RECORD).read_bytes())
        return cls(
            plan_id=data["plan_id"],
            version=data["version"],
            entries=tuple(Entry(**entry) for entry in data["entries"]),
            folders=tuple(data["folders"]),
            undoes=data["undoes"],
        )
