"""A report as JUnit XML, which every CI shows as tests: an item is a test case, an integration a suite of them.

A fail is a failure, what does not apply or could not be decided is skipped with the reason, and so is a fail that is set
aside: it stays visible, and breaks no build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from chatkit_integrator.model.report import Part
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.report.plain import in_one_line, place, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatkit_integrator.model.report import Finding, Report


def junit(report: Report) -> str:
    """The document, with its declaration."""
    root = ET.Element("testsuites", {"name": "chatkit-integrator", **_counts(report.findings), "time": "0"})
    suite: ET.Element | None = None
    for part in report.parts or (Part(None, ()),):
        of = f": {in_one_line(part.integration.name)}" if part.integration is not None else ""
        about = {"name": f"{printable(report.repository)}{of}", **_counts(part.findings), "time": "0"}
        made = ET.SubElement(root, "testsuite", about)
        suite = made if suite is None else suite
        for one in part.findings:
            _case(made, one)
    if report.notes and suite is not None:
        ET.SubElement(suite, "system-out").text = "\n".join(in_one_line(note.text) for note in report.notes)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    failed = sum(one.counts for one in findings)
    skipped = sum(not one.counts and one.name != "pass" for one in findings)
    return {"tests": str(len(findings)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}


def _case(suite: ET.Element, finding: Finding) -> None:
    result = finding.result
    of = f" ({in_one_line(finding.of)})" if finding.of else ""
    about = {"classname": f"chatkit.{result.id}", "name": f"{result.id} {in_one_line(result.title)}{of}", "time": "0"}
    first = next(iter(finding.lines), None)
    if first is not None:
        about |= {"file": printable(first.path), "line": str(first.line)}
    case = ET.SubElement(suite, "testcase", about)
    reason = in_one_line(result.verdict.reason)
    if finding.counts:
        failure = ET.SubElement(case, "failure", {"message": reason, "type": result.severity})
        failure.text = "\n".join([*shown(finding), f"What to do: {result.remedy.text}"])
        return
    if finding.name != "pass":
        ET.SubElement(case, "skipped", {"message": _why_skipped(finding, reason)})
    if finding.evidence:
        ET.SubElement(case, "system-out").text = "\n".join(shown(finding))


def _why_skipped(finding: Finding, reason: str) -> str:
    if finding.suppression is not None:
        return f"set aside ({finding.suppression.reason}: {in_one_line(finding.suppression.because)}): {reason}"
    if finding.known:
        return f"known from the baseline: {reason}"
    return f"{'not applicable' if finding.name == 'not_applicable' else 'unknown'}: {reason}"


def shown(finding: Finding) -> list[str]:
    """The reason and each piece of evidence, a line or a block each."""
    told = [in_one_line(finding.result.verdict.reason)]
    for one in finding.evidence:
        excerpt = in_one_line(one.excerpt) if isinstance(one, Evidence) else printable(one.excerpt)
        told.append(f"{place(one)}: {excerpt}")
    return told
