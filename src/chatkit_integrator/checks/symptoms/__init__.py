"""From what a person sees to why: an error line, a log or a sentence is held against the known causes.

``rank`` looks at the words alone; what the checklist says of the repository is weighed in by ``weigh``. What a program printed
counts more than what a person says, and evidence in the repository decides between causes that sound alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from chatkit_integrator.checks.symptoms.causes import causes
from chatkit_integrator.checks.symptoms.nearest import nearest
from chatkit_integrator.model.diagnosis import Cause, Suspicion
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.verdict import Result

_PRINTED, _FURTHER = 6.0, 0.35
_SHOWN, _DENIED, _ABSENT = 2.5, -1.5, -3.0
_LONGEST = 200_000


def rank(symptom: str) -> tuple[Suspicion, ...]:
    """Every cause that the symptom speaks for, the likeliest first."""
    text = symptom[-_LONGEST:]
    words = _words(text)
    found = [_heard(cause, text, words) for cause in causes()]
    return tuple(sorted((one for one in found if one.weight > 0), key=lambda one: -one.weight)) or nearest(text)


def weigh(suspicions: Iterable[Suspicion], results: Mapping[str, Result]) -> tuple[Suspicion, ...]:
    """The same with what the checklist says: an item that fails speaks for its cause, one that passes against it."""
    return tuple(sorted((_weighed(one, results) for one in suspicions), key=lambda one: -one.weight))


def _weighed(one: Suspicion, results: Mapping[str, Result]) -> Suspicion:
    judged = [results[item] for item in one.cause.items if item in results]
    failed = tuple(result for result in judged if isinstance(result.verdict, Failed))
    if failed:
        return replace(one, weight=one.weight + _SHOWN, shown=failed)
    if judged and all(isinstance(result.verdict, NotApplicable) for result in judged):
        return replace(one, weight=one.weight + _ABSENT)
    if judged and all(isinstance(result.verdict, (Passed, NotApplicable)) for result in judged):
        return replace(one, weight=one.weight + _DENIED)
    return one


def _heard(cause: Cause, text: str, words: frozenset[str]) -> Suspicion:
    printed = [found.group().strip() for line in cause.lines if (found := re.search(line, text, re.IGNORECASE))]
    said = sorted(((_weight(phrase), phrase) for phrase in cause.said if _fits(phrase, words)), reverse=True)
    weights = [*([_PRINTED] * len(printed)), *(weight for weight, _ in said)]
    weight = max(weights, default=0) + _FURTHER * (sum(weights) - max(weights, default=0))
    heard = [*printed, *(" ".join(sorted(_met(phrase, words))) for _, phrase in said)]
    return Suspicion(cause, weight, tuple(dict.fromkeys(one[:200] for one in heard)))


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[\w'/.-]*\w", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    parts = {part for word in found for part in re.split(r"[/.\-]", word)}
    short = {"n't" for word in found if word.endswith("n't")}
    owners = {word.removesuffix("'s") for word in found}
    return frozenset({*found, *parts, *short, *owners})


def _weight(phrase: str) -> float:
    """More words that have to occur say more; alternatives say less."""
    return sum(1.4 if len(group) == 1 else 1.0 for group in _groups(phrase))


def _fits(phrase: str, words: frozenset[str]) -> bool:
    """Whether each group of a phrase is met, by words of its own."""
    return _matching(
        [[word for word in words if any(one.fullmatch(word) for one in group)] for group in _groups(phrase)], set()
    )


def _matching(groups: list[list[str]], taken: set[str]) -> bool:
    if not groups:
        return True
    return any(word not in taken and _matching(groups[1:], {*taken, word}) for word in groups[0])


def _met(phrase: str, words: frozenset[str]) -> set[str]:
    return {word for group in _groups(phrase) for word in words if any(one.fullmatch(word) for one in group)}


@cache
def _groups(phrase: str) -> tuple[tuple[re.Pattern[str], ...], ...]:
    return tuple(
        tuple(re.compile(re.escape(one).replace(r"\*", r"\w*")) for one in group.split("|")) for group in phrase.split()
    )
