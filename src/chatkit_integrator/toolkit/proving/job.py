"""What passes between the process that prepares a proof and the one, shut in with the backend, that brings it about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - read back by these annotations

from chatkit_integrator.model.settings import Prove  # noqa: TC001 - the same
from chatkit_integrator.model.verdict import Failed, NotApplicable, Observed, Passed, Unknown
from chatkit_integrator.proofs.proof import Seen
from chatkit_integrator.reading.launch import Launch  # noqa: TC001 - the same
from chatkit_integrator.toolkit.proving.site_job import SiteJob  # noqa: TC001 - the same


@dataclass(frozen=True)
class Job:
    """All that the inner process has to know.

    ``tree`` is the copy of the repository, ``kept`` the folder of artifacts, ``scratch`` one for everything else. ``drivers``
    are those of databases that the interpreter has. ``sent`` are the keys that the client sends, ``None`` where no client was
    read. ``endpoint`` is the path that the client leads to, where it was read. ``is_contained`` is false where only a guard
    keeps traffic in; ``patience`` is how many seconds the backend has to come up. ``site`` is the
    frontend that is looked at, where there is one; without a backend it is all there is.
    """

    launch: Launch
    settings: Prove
    tree: Path
    kept: Path
    scratch: Path
    python: Path
    drivers: tuple[str, ...]
    is_contained: bool
    endpoint: str | None = None
    sent: tuple[str, ...] | None = None
    items: tuple[str, ...] = ()
    patience: float = 90.0
    site: SiteJob | None = None
    has_backend: bool = True


@dataclass(frozen=True)
class Shown:
    """A verdict on one item as it is written down between the processes."""

    item: str
    verdict: str
    reason: str
    observed: tuple[Observed, ...] = ()
    is_half: bool = False


@dataclass(frozen=True)
class Done:
    """What the inner process found. ``failed`` is why nothing could be seen at all, ``seconds`` how long each part took."""

    shown: tuple[Shown, ...] = ()
    notes: tuple[str, ...] = ()
    failed: str = ""
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def written(item: str, seen: Seen) -> Shown:
    """Write a verdict down."""
    match seen.verdict:
        case Passed(reason, evidence):
            observed = tuple(one for one in evidence if isinstance(one, Observed))
            return Shown(item, "pass", reason, observed, seen.is_half)
        case Failed(reason, evidence):
            observed = tuple(one for one in evidence if isinstance(one, Observed))
            return Shown(item, "fail", reason, observed, seen.is_half)
        case NotApplicable(reason):
            return Shown(item, "not_applicable", reason)
        case Unknown(reason):
            return Shown(item, "unknown", reason)


def read(shown: Shown) -> Seen:
    """Read it back."""
    match shown.verdict, shown.observed:
        case "pass", (first, *rest):
            return Seen(Passed(shown.reason, (first, *rest)), shown.is_half)
        case "fail", (first, *rest):
            return Seen(Failed(shown.reason, (first, *rest)), shown.is_half)
        case "not_applicable", _:
            return Seen(NotApplicable(shown.reason))
        case _:
            return Seen(Unknown(shown.reason))
