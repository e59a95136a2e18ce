"""A Content-Security-Policy that is there is widened by exactly the origin that chatkit.js and its frame come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import tsx
from chatkit_integrator.syntax.text import Splice, apply

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

ORIGIN = "https://cdn.platform.openai.com"
_DIRECTIVES = ("script-src", "frame-src")
_BY_HAND = f"script-src … {ORIGIN}; frame-src … {ORIGIN}"
_ENDS = r"(?=\s*(?:;|[`'\"]|$|\n))"


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the origin to ``script-src`` and ``frame-src``."""
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
    return Edited((tree.edit(path, edited),), f"Allow {ORIGIN} in the site's Content-Security-Policy")


def widen(text: str) -> str | None:
    """Give the text with the origin in both directives; ``None`` where the policy is not plain to see."""
    strings = [node for kind in ("string", "template_string") for node in tsx.root(text).find_all(kind=kind)]
    holders = {name: [node for node in strings if _has(node.text(), name)] for name in (*_DIRECTIVES, "default-src")}
    scripts = holders["script-src"]
    if len(scripts) != 1 or "strict-dynamic" in scripts[0].text():
        return None
    splices = [*_add(text, scripts[0], "script-src")]
    if len(holders["frame-src"]) == 1:
        splices += _add(text, holders["frame-src"][0], "frame-src")
    elif not holders["frame-src"]:
        made = _make_frame(text, scripts[0])
        if made is None:
            return None
        splices = [made if one.start == made.start else one for one in splices] if False else [*splices, made]
    else:
        return None
    return apply(text, splices)


def _has(text: str, directive: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){directive}(?![\w-])", text))


def _add(text: str, node: object, directive: str) -> list[Splice]:
    place = tsx.span(node)  # type: ignore[arg-type]
    body = text[place.start : place.end]
    if ORIGIN in _directive(body, directive):
        return []
    found = re.search(rf"(?<![\w-]){directive}(?![\w-])[^;`\n\"]*", body)
    if found is None:
        return []
    end = place.start + found.start() + len(found.group().rstrip(" \t'") + _closing(found.group()))
    return [Splice(end, end, f" {ORIGIN}")]


def _closing(found: str) -> str:
    """The quote that ends a source expression such as ``'self'``, which is part of the directive."""
    return "'" if found.rstrip(" \t").endswith("'") and found.count("'") % 2 == 0 else ""


def _directive(body: str, directive: str) -> str:
    found = re.search(rf"(?<![\w-]){directive}(?![\w-])[^;]*", body)
    return found.group() if found else ""


def _make_frame(text: str, node: object) -> Splice | None:
    place = tsx.span(node)  # type: ignore[arg-type]
    body = text[place.start : place.end]
    quote = body[0]
    is_alone = ";" not in body and "\n" not in body
    frame = f"frame-src 'self' {ORIGIN}"
    if is_alone:
        if quote == "'":
            return None
        return Splice(place.end, place.end, f", {quote}{frame}{quote}")
    found = re.search(r"(?<![\w-])script-src(?![\w-])", body)
    if found is None:
        return None
    at = place.start + found.start()
    return Splice(at, at, f"{frame}; ")


TRANSFORM = Transform(
    id="nextjs.csp",
    summary="Allow chatkit.js and its frame in the site's Content-Security-Policy",
    checks=("CK27",),
    plan=plan,
)
