"""The widget, rendered once by every root layout, as the last thing in its body.

Last in ``<body>`` it is inside no provider that takes a single child, and outlives client-side navigation.
"""

from __future__ import annotations

from posixpath import dirname, relpath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

COMPONENT = "ChatKitWidget"


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Import and render the widget in each root layout that does not."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    if frontend.router != "app" or frontend.app_dir is None or not frontend.layouts:
        return Refused("there is no App Router layout to render the widget in.", f"<{COMPONENT} />")
    if frontend.static_export:
        return Refused(
            'output: "export" leaves no server for the proxy that the widget speaks to; deploy with a server, or wait for '
            "direct calls to the backend.",
            f"<{COMPONENT} />",
        )
    edits: list[Edit] = []
    for layout in frontend.layouts:
        text = tree.text(layout.path)
        module = module_of(frontend.app_dir, layout.path)
        try:
            edited = add_widget(text, layout.path, module)
        except SyntaxRefusedError as error:
            return Refused(str(error), f'import {{ {COMPONENT} }} from "{module}";\n\n<{COMPONENT} />')
        if edited != text:
            edits.append(tree.edit(layout.path, edited))
    if not edits:
        return AlreadyThere("every root layout renders the widget")
    return Edited(tuple(edits), "Render the chat widget on every page, last in the body of the root layout")


def module_of(app_dir: str, layout: str) -> str:
    """The module of the widget as the layout imports it."""
    path = relpath(f"{app_dir}/_chatkit/chat-widget", dirname(layout))
    return path if path.startswith(".") else f"./{path}"


def add_widget(text: str, path: str, module: str) -> str:
    """Give the layout with the widget in its body; the same text where it is there already."""
    html = tsx.the_html(text, path)
    if html is None or html.body is None:
        raise SyntaxRefusedError(f"{path} renders no <body> of its own, so the place for the widget is not certain.")
    local = tsx.imported_as(text, module, COMPONENT)
    if local is not None:
        if any(True for _ in tsx.elements(tsx.root(text), local)):
            return text
        return tsx.append_child(text, html.body, f"<{local} />")
    if COMPONENT in tsx.names(text):
        raise SyntaxRefusedError(f"{path} has another {COMPONENT} already.")
    edited = tsx.append_child(text, html.body, f"<{COMPONENT} />")
    return tsx.add_import(edited, f"{{ {COMPONENT} }}", module)


TRANSFORM = Transform(
    id="nextjs.mount",
    needs=("identity", "auth.cookie", "frontend.auth"),
    summary="Render the chat widget on every page",
    checks=("CK06", "CK07", "CK08"),
    plan=plan,
)
