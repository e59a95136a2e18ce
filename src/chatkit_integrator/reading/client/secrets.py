"""Secrets that a site hands to every browser: keys in variables that the bundler makes public, keys in source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Files

_PUBLIC = re.compile(
    rb"(?:NEXT_PUBLIC|VITE|REACT_APP|EXPO_PUBLIC)_\w*(?:SECRET|API_KEY|TOKEN|PASSWORD|PRIVATE)\w*|\bsk-[A-Za-z0-9_-]{16,}"
)
_NO_SECRET = re.compile(
    r"DOMAIN_KEY|PUBLISHABLE|ANON|PUBLIC_KEY|TOKEN_(?:URL|KEY|NAME|ENDPOINT)|RECAPTCHA|MAPS?_|FIREBASE_API_KEY|POSTHOG"
)
_TEXT = re.compile(_PUBLIC.pattern.decode())


def exposed(files: Files) -> Iterator[Evidence]:
    """Lines of live code that put a secret into the bundle."""
    for path in files.containing(b"NEXT_PUBLIC_", b"VITE_", b"REACT_APP_", b"sk-"):
        source = files.source(path)
        if source is None or not _TEXT.search(source.text):
            continue
        for kind in ("member_expression", "string"):
            for node in source.root.find_all(kind=kind):
                found = _TEXT.search(node.text())
                is_variable = kind == "member_expression" and "env" in node.text() and "\n" not in node.text()
                is_key = kind == "string" and found is not None and found.group().startswith("sk-")
                if found is not None and (is_variable or is_key) and not _NO_SECRET.search(found.group()):
                    yield source.line(javascript.line(node))
