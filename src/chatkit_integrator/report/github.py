"""A report as annotations of GitHub Actions: a line for each fail that counts, which the runner puts beside the code.

The runner takes commands from what is printed, so everything that comes from the repository is escaped as the runner undoes
it: no text of a repository can end a command or begin another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.report.plain import in_one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.report import Finding, Report

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def github(report: Report) -> str:
    """The annotations; set-aside fails and notes are notices, so that they are seen."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for one in report.findings:
        if one.name == "fail":
            yield _annotation(one, report.prefix)
    for note in report.notes:
        at = {"file": report.prefix + note.place.path, "line": str(note.place.line)} if note.place else {}
        yield _command("notice", {**at, "title": "chatkit-integrator"}, in_one_line(note.text))
    counted = report.summary
    yield (
        f"chatkit-integrator: {counted['pass']} passed, {counted['fail']} failed, "
        f"{counted['not_applicable']} not applicable, {counted['unknown']} unknown"
    )


def _annotation(finding: Finding, prefix: str) -> str:
    result = finding.result
    first = next(iter(finding.lines), None)
    at = {"file": prefix + first.path, "line": str(first.line)} if first else {}
    said = f"{in_one_line(result.verdict.reason)}. {result.remedy.text}"
    if finding.suppression is not None:
        said = f"Set aside ({finding.suppression.reason}: {in_one_line(finding.suppression.because)}). {said}"
    elif finding.known:
        said = f"Known from the baseline. {said}"
    if finding.of:
        said = f"{in_one_line(finding.of)}: {said}"
    level = result.severity if finding.counts else "notice"
    return _command(level, {**at, "title": f"{result.id} {result.title}"}, said)


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(printable(value), _PROPERTY)}" for name, value in properties.items())
    return f"::{level} {told}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)
