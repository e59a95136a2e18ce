"""A report as GitHub-flavoured Markdown, for a step summary, a pull request or a wiki: a table, and the details under it.

Text of the repository is shown as code, or with everything escaped that could be markup, a link or the name of a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.report import Part
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.report.plain import in_one_line, place, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.report import Finding, Report

_MARKS = {"pass": "✅ pass", "fail": "❌ **fail**", "not_applicable": "◦ n/a", "unknown": "❔ unknown"}
_MARKUP = re.compile(r"[&<>\\`*_{}\[\]()#+!|~@:$]")
_BACKTICKS = re.compile(r"`+")


def markdown(report: Report) -> str:
    """The page."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    counted = report.summary
    yield f"## ChatKit checklist: {escaped(report.repository)}"
    yield ""
    told = [
        f"**{counted['fail']} failed**",
        f"{counted['pass']} passed",
        f"{counted['unknown']} unknown",
        f"{counted['not_applicable']} not applicable",
    ]
    aside = len(report.set_aside)
    yield " · ".join([*told, f"{aside} of the failed set aside"] if aside else told)
    yield ""
    for number, part in enumerate(report.parts or (Part(None, ()),)):
        if part.integration is not None:
            yield from ([""] if number else [])
            yield f"### {escaped(part.integration.name)}"
            yield ""
        yield "| Item | Verdict | Because | Where |"
        yield "| --- | --- | --- | --- |"
        for one in part.findings:
            yield _row(one)
    if report.notes:
        yield ""
        yield "**Beside the verdicts**"
        yield ""
        for note in report.notes:
            yield f"- {escaped(note.text)}"
    for one in report.findings:
        if one.name == "fail":
            yield from _details(one)


def _row(finding: Finding) -> str:
    result = finding.result
    where = code(place(finding.lines[0]), in_table=True) if finding.lines else ""
    mark = _MARKS[finding.name] + (" (set aside)" if finding.name == "fail" and not finding.counts else "")
    return f"| **{result.id}** {escaped(result.title)} | {mark} | {escaped(result.verdict.reason)} | {where} |"


def _details(finding: Finding) -> Iterator[str]:
    result = finding.result
    yield ""
    of = f" ({escaped(finding.of)})" if finding.of else ""
    yield f"<details><summary><b>{result.id}</b> {escaped(result.title)}{of}</summary>"
    yield ""
    yield f"{escaped(result.verdict.reason)}."
    yield ""
    if finding.suppression is not None:
        until = f", until {finding.suppression.until.isoformat()}" if finding.suppression.until else ""
        yield f"Set aside ({finding.suppression.reason}{until}): {escaped(finding.suppression.because)}"
        yield ""
    if finding.known:
        yield "Known from the baseline."
        yield ""
    if result.read is not None:
        yield f"Read from the code alone: {escaped(result.read.reason)}."
        yield ""
    for one in finding.evidence:
        if isinstance(one, Evidence):
            yield f"- {code(place(one))} {code(in_one_line(one.excerpt))}"
        else:
            yield f"- Seen ({escaped(place(one))}):"
            yield ""
            yield from ("  " + line for line in _fenced(printable(one.excerpt)))
    yield ""
    yield f"What to do: {escaped(result.remedy.text)}"
    yield ""
    yield "</details>"


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return _MARKUP.sub(lambda found: f"&#{ord(found.group())};", in_one_line(text))


def code(text: str, *, in_table: bool = False) -> str:
    """Text as a code span, whatever backticks it has."""
    text = text.replace("|", "\\|") if in_table else text
    ticks = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}" if text else ""


def _fenced(text: str) -> Iterator[str]:
    ticks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    yield f"{ticks}text"
    yield from text.splitlines()
    yield ticks
