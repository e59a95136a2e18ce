"""The references of the skills, written from checks, transforms and templates, so that they say what the code does.

``references()`` gives every generated file of ``skills/`` with its text. ``poe generate`` writes them; a test tells when they
are stale.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.resources import files
from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.checks.check import Check
    from chatkit_integrator.model.unit import Transform

_GENERATED = "<!-- Generated from the code by `poe generate`; do not edit. -->\n"
_LANGUAGES = {"py": "python", "ts": "ts", "tsx": "tsx", "css": "css"}


@dataclass(frozen=True, slots=True)
class _Sources:
    """A reference that shows templates: from a folder, as the files of ``shown``; ``as_`` renames."""

    title: str
    framework: str
    folder: str
    shown: str
    names: tuple[str, ...]
    as_: Mapping[str, str] = field(default_factory=dict[str, str])
    lead: str = ""


def _backend(title: str, *names: str, as_: Mapping[str, str] | None = None, lead: str = "") -> _Sources:
    return _Sources(title, "fastapi", "chatkit_backend", "chatkit_backend", names, as_ or {}, lead)


def _site(title: str, *names: str, lead: str = "") -> _Sources:
    return _Sources(
        title, "nextjs", "_chatkit", "app/_chatkit", names, {"../api/route.guest.ts": "../api/guest/route.ts"}, lead
    )


_SOURCES: dict[str, _Sources] = {
    "fastapi-backend/references/endpoint.md": _backend(
        "The endpoint",
        "__init__.py",
        "router.py",
        "stream.py",
        "context.py",
        lead="`identity.py` and `agent.py` are the project's own; the skill shows them.",
    ),
    "fastapi-backend/references/answering.md": _backend(
        "One turn: history and context in, the agent's answer out", "server.py", "history.py"
    ),
    "fastapi-backend/references/storing.md": _backend(
        "Where conversations are kept",
        "store.py",
        "schema.py",
        "database_own.py",
        as_={"database_own.py": "database.py"},
    ),
    "nextjs-16/references/proxy.md": _site(
        "From the site to the backend",
        "settings.ts",
        "forward.ts",
        "../api/route.guest.ts",
        lead="The route of the skill is for people who are signed in; the one below is for anonymous visitors.",
    ),
    "nextjs-16/references/widget.md": _site(
        "The widget's files",
        "chat-fetch.ts",
        "preferences.tsx",
        "session.ts",
        "use-script-ready.ts",
        "use-site.ts",
        lead="`settings.ts` is in `proxy.md`. The component, its panel and the style sheet are in the skill `frontend-design`.",
    ),
    "frontend-design/references/widget.md": _site(
        "The widget as a plan writes it",
        "chat-widget.tsx",
        "chat-panel.tsx",
        "ask-button.tsx",
        "chatkit.module.css",
        lead="The modules that it imports are in the skill `nextjs-16`, `references/widget.md`.",
    ),
}


def references() -> dict[str, str]:
    """Every generated file of ``skills/``, by its path there."""
    from chatkit_integrator.checks import CHECKLIST  # noqa: PLC0415 - with all the checks
    from chatkit_integrator.toolkit.inspecting import frameworks  # noqa: PLC0415

    transforms = [one for framework in frameworks() for one in framework.transforms]
    made = {
        "chatkit-integration/references/checklist.md": "\n".join(_checklist(CHECKLIST, transforms)),
        "chatkit-integration/references/transforms.md": "\n".join(_transforms(transforms)),
    }
    made |= {path: _shown(sources) for path, sources in _SOURCES.items()}
    return {path: f"{_GENERATED}\n{text.rstrip()}\n" for path, text in made.items()}


def _checklist(checks: tuple[Check, ...], transforms: list[Transform]) -> Iterator[str]:
    yield "# The checklist\n"
    yield "A verdict is `pass`, `fail`, `not_applicable` or `unknown`; a pass or fail shows why. An `unknown` is no pass.\n"
    for one in checks:
        said = " ".join((sys.modules[one.judge.__module__].__doc__ or "").split())
        mends = ", ".join(f"`{transform.id}`" for transform in transforms if one.id in transform.checks)
        yield f"## {one.id} {one.title}\n"
        yield f"{said}\n"
        yield f"Mend: {one.remedy.text}"
        yield f"Severity: {one.severity}. {f'By a plan: {mends}.' if mends else 'By hand.'}\n"


def _transforms(transforms: list[Transform]) -> Iterator[str]:
    yield "# What the steps of a plan do\n"
    yield "Each is planned alone with `only`; a step that waits for an answer is refused and names the question.\n"
    yield "| step | what | items | waits for |"
    yield "|---|---|---|---|"
    for one in transforms:
        needs = ", ".join(f"`{name}`" for name in one.needs) or "nothing"
        yield f"| `{one.id}` | {one.summary} | {', '.join(one.checks) or 'none'} | {needs} |"


def _shown(sources: _Sources) -> str:
    root = files(f"chatkit_integrator.frameworks.{sources.framework}") / "templates" / sources.folder
    parts = [f"# {sources.title}\n", *([f"{sources.lead}\n"] if sources.lead else [])]
    for name in sources.names:
        path = normpath(f"{sources.shown}/{sources.as_.get(name, name)}")
        text = (root / name).read_text(encoding="utf-8").rstrip()
        parts.append(f"```{_LANGUAGES[path.rsplit('.', 1)[1]]} {path}\n{text}\n```\n")
    return "\n".join(parts)
