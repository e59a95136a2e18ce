"""A baseline: the fails that were there when it was made, as counts an item and file, which only ever shrink.

A fail is known while each file shows at most as many places of it as the baseline has. What was mended leaves an entry that
no longer fits; that is an error until the baseline is brought down, so that the same fail cannot come back unseen.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import BaselineError
from chatkit_integrator.model.verdict import Evidence, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.verdict import Result

SCHEMA = 1

Key = tuple[str, str]
"""An item and a file; what was seen of a running program stands under its kind in angle brackets."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each item failed where."""

    counts: Mapping[Key, int]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Baseline:
        """What fails now."""
        return cls(_counted(results))

    @classmethod
    def parse(cls, text: str, path: str) -> Baseline:
        """Read what ``dump`` wrote; ``BaselineError`` where it is something else."""
        try:
            given = json.loads(text)
            if given["schema"] != SCHEMA:
                raise BaselineError(f"{path} is a baseline of another version; delete it, and make it anew.")
            counts = {(item, file): int(count) for item, files in given["items"].items() for file, count in files.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BaselineError(f"{path} is no baseline of chatkit-integrator; delete it, and make it anew.") from error
        return cls(counts)

    def dump(self) -> str:
        """As JSON, sorted, so that its differences can be read."""
        items: dict[str, dict[str, int]] = {}
        for (item, file), count in sorted(self.counts.items()):
            items.setdefault(item, {})[file] = count
        return json.dumps({"schema": SCHEMA, "items": items}, indent=2) + "\n"

    def knows(self, result: Result) -> bool:
        """Whether a fail was there before, in every file that shows it and at no more places."""
        counts = _counted([result])
        return bool(counts) and all(count <= self.counts.get(key, 0) for key, count in counts.items())

    def stale(self, results: Iterable[Result], *, proven: bool) -> dict[Key, tuple[int, int]]:
        """Entries that are too high, with what they have and what there is; of the items judged, and the way they were."""
        judged = tuple(results)
        ids = {one.id for one in judged}
        now = _counted(judged)
        return {
            key: (count, now.get(key, 0))
            for key, count in self.counts.items()
            if key[0] in ids and now.get(key, 0) < count and (proven or not key[1].startswith("<"))
        }

    def shrunk(self, results: Iterable[Result], *, proven: bool) -> Baseline:
        """The baseline brought down to what there is; nothing is added."""
        stale = self.stale(results, proven=proven)
        counts = {key: stale[key][1] if key in stale else count for key, count in self.counts.items()}
        return Baseline({key: count for key, count in counts.items() if count})


def _counted(results: Iterable[Result]) -> Mapping[Key, int]:
    counts: Counter[Key] = Counter()
    for one in results:
        if isinstance(one.verdict, Failed):
            counts.update(
                (one.id, shown.path if isinstance(shown, Evidence) else f"<{shown.what}>") for shown in one.verdict.evidence
            )
    return cast("dict[Key, Any]", dict(counts))
