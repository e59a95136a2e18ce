"""A ChatKit integration that is there already, as live code shows: never as comments or documents claim."""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.scripts import Script, Scripts

PACKAGES = ("@openai/chatkit-react", "@openai/chatkit")
ELEMENT = "openai-chatkit"
SCRIPT = "cdn.platform.openai.com/deployments/chatkit/chatkit.js"


def integration(scripts: Scripts) -> tuple[Location, ...]:
    """Every line that imports the package, renders the element, or loads the script."""
    marks = (b"@openai/chatkit", ELEMENT.encode(), SCRIPT.encode())
    found = [one for script in scripts.containing(*marks) for one in _uses(script)]
    for name in ("index.html", "public/index.html"):
        path = join(scripts.root, name)
        body = javascript.text(scripts.tree, path) or ""
        found += [Location(path, number) for number, text in enumerate(body.splitlines(), 1) if SCRIPT in text]
    return tuple(dict.fromkeys(found))


def _uses(script: Script) -> Iterator[Location]:
    lines = {one.line for one in javascript.imports(script.text) if one.module.startswith(PACKAGES)}
    for body, line, _ in javascript.strings(script.text):
        if SCRIPT in body or body == ELEMENT or f"<{ELEMENT}" in body:
            lines.add(line)
    lines |= {element.line for _, element in tsx.elements(tsx.root(script.text), ELEMENT)}
    yield from (Location(script.path, line) for line in sorted(lines))
