"""Texts that are kept outside of any repository, in the person's own cache, to be looked up by a short id."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotWritableError

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = 50
_ID = re.compile(r"[0-9a-f]{12}")


def keep(kind: str, text: str, suffix: str) -> str:
    """Keep a text of a kind; gives its id. The newest fifty of a kind are kept. ``NotWritableError`` where that cannot be."""
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    folder = _folder(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{name}.tmp"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / f"{name}{suffix}")
        for old in _newest_first(kind, suffix)[_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise NotWritableError(
            f"The {kind} cannot be kept in {folder} ({error.strerror}); make room or give write permission there, or set "
            "XDG_CACHE_HOME to another folder."
        ) from error
    return name


def look_up(kind: str, name: str, suffix: str) -> str | None:
    """Give a text by its id; ``None`` where there is none of it."""
    if not _ID.fullmatch(name):
        return None
    found = next(iter([*_folder(kind).glob(f"{name}{suffix}"), *_folder(kind).glob(f"*/{name}{suffix}")]), None)
    return found.read_text(encoding="utf-8", errors="replace") if found is not None else None


def ids(kind: str, suffix: str, start: str = "") -> list[str]:
    """The ids of a kind that begin so, the newest first."""
    return list(dict.fromkeys(one.stem for one in _newest_first(kind, suffix) if one.stem.startswith(start)))


def folder(kind: str, of: str) -> Path:
    """A folder of a kind for one repository, empty; what was in it before is gone."""
    import shutil  # noqa: PLC0415 - only here

    place = _folder(kind) / hashlib.sha256(of.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    except OSError as error:
        raise NotWritableError(
            f"Nothing can be kept in {place} ({error.strerror}); make room or give write permission there, or set "
            "XDG_CACHE_HOME to another folder."
        ) from error
    return place


def _newest_first(kind: str, suffix: str) -> list[Path]:
    folder = _folder(kind)
    found = [*folder.glob(f"*{suffix}"), *folder.glob(f"*/*{suffix}")]
    return sorted(found, key=lambda one: one.stat().st_mtime_ns, reverse=True)


def _folder(kind: str) -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 - only where something is kept

    return user_cache_path(__name__.partition(".")[0].replace("_", "-")) / kind
