"""A report as JUnit XML, which every CI shows as tests: an item is a test case.

A fail is a failure, what does not apply or could not be decided is skipped with the reason, and so is a fail that is set
aside: it stays visible, and breaks no build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.report.plain import in_one_line, place, printable

if TYPE_CHECKING:
    from chatkit_integrator.model.report import Finding, Report


def junit(report: Report) -> str:
    """The document, with its declaration."""
    failed = sum(one.counts for one in report.findings)
    skipped = sum(not one.counts and one.name != "pass" for one in report.findings)
    counts = {"tests": str(len(report.findings)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    root = ET.Element("testsuites", {"name": "chatkit-integrator", **counts, "time": "0"})
    suite = ET.SubElement(root, "testsuite", {"name": printable(report.repository), **counts, "time": "0"})
    for one in report.findings:
        _case(suite, one)
    if report.notes:
        ET.SubElement(suite, "system-out").text = "\n".join(in_one_line(note.text) for note in report.notes)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    result = finding.result
    about = {"classname": f"chatkit.{result.id}", "name": f"{result.id} {in_one_line(result.title)}", "time": "0"}
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
