"""Every format that a report comes in, by the name that the command line has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from chatkit_integrator.report.plain import as_json

if TYPE_CHECKING:
    from chatkit_integrator.model.report import Report

Format: TypeAlias = Literal["text", "json", "sarif", "junit", "github", "markdown", "html"]
FORMATS: tuple[Format, ...] = ("text", "json", "sarif", "junit", "github", "markdown", "html")
WITH_FIXES: frozenset[Format] = frozenset({"sarif", "html"})
"""The formats that show the edits of a fix."""


def render(report: Report, form: Format) -> str:
    """Write a report in a format; ``text`` comes without colours."""
    match form:
        case "text":
            from chatkit_integrator.report.texts import checklist  # noqa: PLC0415 - each format loads its own

            return checklist(report).plain
        case "json":
            from chatkit_integrator.report import jsons  # noqa: PLC0415

            return as_json(jsons.report(report))
        case "sarif":
            from chatkit_integrator.report.sarif import sarif  # noqa: PLC0415

            return as_json(sarif(report))
        case "junit":
            from chatkit_integrator.report.junit import junit  # noqa: PLC0415

            return junit(report)
        case "github":
            from chatkit_integrator.report.github import github  # noqa: PLC0415

            return github(report)
        case "markdown":
            from chatkit_integrator.report.markdown import markdown  # noqa: PLC0415

            return markdown(report)
        case "html":
            from chatkit_integrator.report.html import html  # noqa: PLC0415

            return html(report)
