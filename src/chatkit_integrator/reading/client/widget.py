"""The widgets that a site's code has: calls of ``useChatKit``, and raw elements with what sets their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import binding, unit
from chatkit_integrator.reading.client.files import DOCUMENT
from chatkit_integrator.reading.client.references import Use
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Files, Source
    from chatkit_integrator.reading.client.follow import Follow
    from chatkit_integrator.reading.client.reaching import Chain, Reaching

REACT = "@openai/chatkit-react"
ELEMENT = "openai-chatkit"
MARKS = (b"useChatKit", b"openai-chatkit")


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget: where its options are given, and the elements that show it, with what leads to each."""

    kind: Literal["hook", "element"]
    source: Source
    node: SgNode
    options: SgNode | None
    shown: tuple[Use, ...]
    chains: tuple[Chain, ...]


def widgets(files: Files, follow: Follow, reaching: Reaching) -> list[Widget]:
    """Every widget, those first that people get to see."""
    found: list[Widget] = []
    sources = [source for path in files.containing(*MARKS) if (source := files.source(path)) is not None]
    showing = [source for path in files.containing(*MARKS, REACT.encode()) if (source := files.source(path)) is not None]
    elements = [use for source in showing for use in _elements(source)]
    raw = [use for source in sources for use in _raw(source)]
    for source in sources:
        for call, _ in javascript.calls(source.text, "useChatKit"):
            if _is_hook(source, call, follow):
                found.append(_widget("hook", source, call, _shown(source, call, elements), reaching))
    if raw:
        found += _of_elements(files, sources, raw, reaching)
    return sorted(
        found, key=lambda one: (not one.chains, not one.shown, not any(chain.entry.kind != "page" for chain in one.chains))
    )


def _widget(kind: Literal["hook", "element"], source: Source, call: SgNode, shown: list[Use], reaching: Reaching) -> Widget:
    """A widget is seen where its elements are, if what gives its options is reached too."""
    given = javascript.arguments(call)
    chains = [chain for use in shown for chain in reaching.chains(use.source, use.node, use)]
    alive = chains if reaching.chains(source, call) else []
    return Widget(kind, source, call, given[0] if given else None, tuple(shown), tuple(alive))


def _is_hook(source: Source, call: SgNode, follow: Follow) -> bool:
    """Whether a call means ChatKit's own hook: imported, or handed on from a module that is loaded later."""
    function = call.field("function")
    if function is None or follow.functions(source, function):
        return False
    imported = source.imports.get("useChatKit") if function.kind() == "identifier" else None
    if imported is not None:
        return imported.module.startswith(REACT) or follow.files.locate(source.path, imported.module) is not None
    return REACT in source.text


def _elements(source: Source) -> Iterator[Use]:
    """Elements of ChatKit's own component."""
    names = [name for name, one in source.imports.items() if one.module.startswith(REACT) and one.name == "ChatKit"]
    for node, element in tsx.elements(source.root):
        if element.name in names:
            yield Use(source, node)
        elif not names and _handed_on(source, node, element.name):
            named = element.name.endswith("ChatKit")
            control = javascript.attribute(node, "control")
            if named or (control is not None and control.text().endswith("control")):
                yield Use(source, node)


def _handed_on(source: Source, node: SgNode, name: str) -> bool:
    """Whether a component is none of the site's own: a prop, or a part of a module that is loaded later."""
    first = name.partition(".")[0]
    meant, imported = binding(source, first, node), source.imports.get(first)
    if meant is None:
        return imported is not None and imported.name == "*" and imported.module.startswith(REACT)
    return REACT in source.text and meant.kind in {"parameter", "variable"}


def _raw(source: Source) -> Iterator[Use]:
    lines = source.shown.splitlines() if source.path.endswith(DOCUMENT) else []
    yield from (Use(source, source.root, line=number) for number, line in enumerate(lines, 1) if f"<{ELEMENT}" in line)
    for node, _ in tsx.elements(source.root, ELEMENT):
        yield Use(source, node)
    for call, _ in javascript.calls(source.text, "createElement", "h"):
        given = javascript.arguments(call)
        if given and javascript.string(given[0], source.text) == ELEMENT:
            yield Use(source, call)


def _shown(source: Source, call: SgNode, elements: list[Use]) -> list[Use]:
    """The elements that show what a call of the hook controls: in the same component, in the same module, else anywhere."""
    here = [use for use in elements if use.source is source]
    same = [use for use in here if unit(use.node) == unit(call)]
    return same or here or elements


def _of_elements(files: Files, sources: list[Source], raw: list[Use], reaching: Reaching) -> Iterator[Widget]:
    calls = [(source, call) for source in sources for call, _ in javascript.calls(source.text, "setOptions")]
    if not calls:
        others = [source for path in files.containing(b"setOptions") if (source := files.source(path)) is not None]
        calls = [(source, call) for source in others for call, _ in javascript.calls(source.text, "setOptions")]
    for source, call in calls:
        near = [use for use in raw if use.source is source] or raw
        yield _widget("element", source, call, near, reaching)
    if not calls:
        for use in raw:
            chains = tuple(reaching.chains(use.source, use.node))
            yield Widget("element", use.source, use.node, None, (use,), chains)
