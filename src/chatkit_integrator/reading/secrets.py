"""Keys and passwords that stand in sources as they are. What is shown of them is never the secret itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading.endpoints import is_live

if TYPE_CHECKING:
    from chatkit_integrator.reading.python import PythonModules

_KEY = re.compile(
    rb"sk-(?:proj-|ant-|or-v1-)?[A-Za-z0-9_-]{24,}|AIza[0-9A-Za-z_-]{35}|gsk_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{36}"
    rb"|AKIA[0-9A-Z]{16}|sb_secret_[A-Za-z0-9_-]{20,}|npg_[A-Za-z0-9]{10,}"
    rb"|postgres(?:ql)?(?:\+\w+)?://[^:/\s\"']+:(?!(?:postgres|password|pass|user|secret|\{|<|\$|\*|x{3}|changeme|your)[^@]*@)"
    rb"[^@\s\"']{8,}@(?!localhost|127\.|db[:/]|postgres[:/])[\w.-]+"
)
_SHOWN = 3


def read(modules: PythonModules, root: str) -> tuple[Evidence, ...]:
    """Find them in the modules of the running program, masked."""
    found: list[Evidence] = []
    for path in modules.tree.under(root, ".py"):
        content = modules.tree.read(path) if is_live(root, path) else None
        if content is not None:
            found += [_shown(path, content.data, one) for one in _KEY.finditer(content.data)]
    return tuple(found[:_SHOWN])


def _shown(path: str, data: bytes, match: re.Match[bytes]) -> Evidence:
    start, end = data.rfind(b"\n", 0, match.start()) + 1, data.find(b"\n", match.end())
    masked = _KEY.sub(b"***", data[start : end if end >= 0 else len(data)]).decode("utf-8", "replace")
    return Evidence(path, data.count(b"\n", 0, match.start()) + 1, masked.strip()[:200])
