"""chatkit.js in the head of every root layout, before anything else runs.

``next/script`` with ``beforeInteractive`` inside ``<head>``: the element is then defined before React hydrates. Next.js
documents it for the root layout only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
_BY_HAND = f'import Script from "next/script";\n\n<head>\n  <Script src="{SOURCE}" strategy="beforeInteractive" />\n</head>'


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the script to each root layout that has it not."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    if frontend.router != "app":
        return Refused("this version edits the App Router only; in the Pages Router the script goes into _document.", _BY_HAND)
    if not frontend.layouts:
        return Refused("no root layout renders <html>; add one, or add the script where <html> is rendered.", _BY_HAND)
    edits: list[Edit] = []
    for layout in frontend.layouts:
        text = tree.text(layout.path)
        try:
            edited = add_script(text, layout.path)
        except SyntaxRefusedError as error:
            return Refused(str(error), _BY_HAND)
        if edited != text:
            edits.append(tree.edit(layout.path, edited))
    if not edits:
        return AlreadyThere(f"{SOURCE} is loaded in the head of every root layout")
    return Edited(tuple(edits), "Load chatkit.js before hydration, in the head of the root layout")


def add_script(text: str, path: str) -> str:
    """Give the layout with the script in its head; the same text where it is there already."""
    html = tsx.the_html(text, path)
    if html is None:
        raise SyntaxRefusedError(f"{path} renders no <html>, so there is no head for the script.")
    script = tsx.imported_as(text, "next/script", "default")
    for node, found in tsx.elements(tsx.root(text)):
        if tsx.attributes(node).get("src") == SOURCE:
            in_head = html.head is not None and _inside(found, html.head)
            if found.name == script and in_head and tsx.attributes(node).get("strategy") == "beforeInteractive":
                return text
            raise SyntaxRefusedError(
                f"{path}:{found.line} loads chatkit.js in another way; make it beforeInteractive next/script inside <head>."
            )
    name = script or _free_name(text)
    tag = f'<{name}\n\tsrc="{SOURCE}"\n\tstrategy="beforeInteractive"\n/>'
    if html.head is not None:
        edited = tsx.append_child(text, html.head, tag)
    else:
        first = html.body
        if first is None:
            raise SyntaxRefusedError(f"{path} has no <body> of its own, so the place for <head> is not certain.")
        edited = tsx.insert_before(text, first, ["<head>", "\t" + tag.replace("\n", "\n\t"), "</head>"])
    if script is None:
        edited = tsx.add_import(edited, name, "next/script")
    return edited


def _inside(inner: tsx.Element, outer: tsx.Element) -> bool:
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _free_name(text: str) -> str:
    return "ChatKitScript" if "Script" in tsx.names(text) else "Script"


TRANSFORM = Transform(
    id="nextjs.script",
    summary="Load chatkit.js before hydration, in the head of the root layout",
    checks=("CK14", "CK27"),
    plan=plan,
)
