"""Where no known words fit: the causes whose own words are the nearest, told with less weight than any that fit."""

from __future__ import annotations

import re
from functools import cache
from math import log

from chatkit_integrator.checks.symptoms.causes import causes
from chatkit_integrator.model.diagnosis import Suspicion

_ENDINGS = re.compile(r"(?<=\w{3})(ations?|ments?|ings?|ised|ized|ied|ies|ers?|ed|es|e|s|ly)$")
_WORDS = re.compile(r"[a-z][a-z_'-]{2,}")
_EMPTY = re.compile(
    r"add|all|and|any|are|but|can|does|for|from|get|has|have|how|its|let|like|made|make|new|not|now|off|"
    r"one|our|out|put|set|take|takes|than|that|the|their|them|then|there|they|this|those|though|too|two|"
    r"use|used|was|what|when|where|which|while|who|why|will|with|without|you|your"
)
_FEW = 6
"""A word that more causes share says nothing."""
_LEAST = 4.4
_WEIGHT = 0.2


def nearest(text: str) -> tuple[Suspicion, ...]:
    """The likeliest first; nothing where fewer than two telling words occur."""
    said = _stems(text)
    found: list[tuple[float, Suspicion]] = []
    for cause in causes():
        words = {word: worth for word, worth in _vocabulary()[cause.id].items() if word in said}
        score = sum(words.values())
        if len(words) > 1 and score >= _LEAST:
            found.append((score, Suspicion(cause, _WEIGHT * score, tuple(sorted(words)))))
    return tuple(one for _, one in sorted(found, key=lambda pair: -pair[0]))


@cache
def _vocabulary() -> dict[str, dict[str, float]]:
    """Each cause's words and what each is worth: the fewer causes have it, the more."""
    own = {one.id: _stems(" ".join((one.title, one.why, *one.said))) for one in causes()}
    shared = {word: sum(word in words for words in own.values()) for words in own.values() for word in words}
    return {name: {word: log(len(own) / shared[word]) for word in words if shared[word] <= _FEW} for name, words in own.items()}


def _stems(text: str) -> frozenset[str]:
    return frozenset(_ENDINGS.sub("", word) for word in _WORDS.findall(text.lower()) if not _EMPTY.fullmatch(word))
