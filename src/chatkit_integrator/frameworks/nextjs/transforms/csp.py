"""A Content-Security-Policy that is there is widened by exactly the origin that chatkit.js and its frame come from.

A policy is a string, strings that are added up, a list of strings, or an object by directive. What governs scripts and what
governs frames is found as a browser finds it; where that is ``default-src``, its sources are repeated in a directive of their
own with the origin, so that nothing else is allowed or forbidden. Beside ``strict-dynamic`` a script needs no origin: Next.js
loads it with a script of its own, which has the nonce.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs.policies import FRAMES, ORIGIN, SCRIPTS, Directive, UncertainError, found_in
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.syntax.text import Splice, apply

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome
    from chatkit_integrator.syntax import tsx

_BY_HAND = f"script-src … {ORIGIN}; frame-src … {ORIGIN}"
_ISOLATING = re.compile(r"Cross-Origin-Embedder-Policy['\"\s,:\w]*(?:require-corp|credentialless)", re.IGNORECASE)


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Allow the origin for scripts and frames."""
    frontend = profile.frontend
    if frontend is None or frontend.csp is None:
        return NotNeeded("no Content-Security-Policy was found")
    path = frontend.csp.path
    text = tree.text(path)
    edited = widen(text)
    if edited is None:
        return Refused(
            f"the policy at {path}:{frontend.csp.line} is put together in a way that cannot be edited with certainty; "
            f"allow {ORIGIN} in script-src and frame-src by hand, or the chat stays blank.",
            _BY_HAND,
        )
    if edited == text:
        return AlreadyThere(f"the policy in {path} allows {ORIGIN}")
    left = [
        FollowUp(f"{path} sets Cross-Origin-Embedder-Policy, which keeps the chat's frame out; take it off pages that chat.")
    ]
    summary = f"Allow {ORIGIN} in the site's Content-Security-Policy"
    return Edited((tree.edit(path, edited),), summary, tuple(left if _ISOLATING.search(text) else ()))


def widen(text: str) -> str | None:
    """Give the text with the origin allowed in each policy; ``None`` where a policy is not plain to see."""
    policies: dict[tsx.Span, list[Directive]] = {}
    try:
        for policy, directive in found_in(text):
            policies.setdefault(policy, []).append(directive)
        splices = [
            one for directives in policies.values() for names in (SCRIPTS, FRAMES) for one in _widened(directives, names)
        ]
    except UncertainError:
        return None
    return apply(text, splices) if policies else None


def _widened(directives: list[Directive], names: tuple[str, ...]) -> list[Splice]:
    """What allows the origin in the directive that governs: the first of ``names`` that the policy has."""
    governing = next((name for name in names if any(one.name == name for one in directives)), None)
    found = [one for one in directives if one.name == governing]
    if len(found) == 1 and not found[0].is_always:
        raise UncertainError
    own = "frame-src" if names is FRAMES else "script-src"
    return [one.widened(own) for one in found if not one.allows]


TRANSFORM = Transform(
    id="nextjs.csp",
    summary="Allow chatkit.js and its frame in the site's Content-Security-Policy",
    checks=("CK27",),
    plan=plan,
)
