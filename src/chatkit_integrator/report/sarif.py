"""A report as SARIF 2.1.0, which code-scanning services and editors show beside the lines.

Only what failed is a result; the items that were judged are the rules, with their help. A fail that is set aside stays, with
its suppression. Fingerprints hold while a line moves and while its file keeps its name; edits that a plan would make are
``fixes`` of the result.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.report.plain import SEEN, in_one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.report import Finding, Fix, Item, Note, Report
    from chatkit_integrator.model.verdict import Observed

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "SRCROOT"
"""The name of the repository's root, which every address is relative to."""

Json = dict[str, Any]


def sarif(report: Report) -> Json:
    """One run, with the checklist as its rules."""
    ids = list(report.items)
    failed = [one for one in report.findings if one.name == "fail"]
    has_baseline = any(one.known for one in failed)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "chatkit-integrator",
                        "semanticVersion": report.version,
                        "rules": [_rule(report.items[one]) for one in ids],
                    }
                },
                "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {"executionSuccessful": True, "toolExecutionNotifications": [_told(n, report.prefix) for n in report.notes]}
                ],
                "results": [_result(one, ids.index(one.result.id), report.prefix, has_baseline=has_baseline) for one in failed],
            }
        ],
    }


def _rule(item: Item) -> Json:
    title = in_one_line(item.title)
    return {
        "id": item.id,
        "name": "".join(word[:1].upper() + word[1:] for word in title.replace("-", " ").split() if word.isalnum()),
        "shortDescription": {"text": f"{title}."},
        "fullDescription": {"text": item.why},
        "defaultConfiguration": {"level": item.severity},
        "helpUri": item.url,
        "help": {
            "text": f"{item.why}\n\n{item.decides}\n\nWhat to do: {item.remedy}",
            "markdown": f"{item.why}\n\n{item.decides}\n\n**What to do:** {item.remedy}",
        },
        "properties": {"tags": ["chatkit"], "precision": "high", "problem.severity": item.severity},
    }


def _told(note: Note, prefix: str) -> Json:
    told: Json = {"level": "note", "message": {"text": in_one_line(note.text)}}
    if note.place is not None:
        told["locations"] = [_at(prefix + note.place.path, note.place.line)]
    return told


def _result(finding: Finding, rule: int, prefix: str, *, has_baseline: bool) -> Json:
    result = finding.result
    lines = finding.lines
    seen = [one for one in finding.evidence if not isinstance(one, Evidence)]
    of = f"{in_one_line(finding.of)}: " if finding.of else ""
    said = [f"{of}{in_one_line(result.verdict.reason)}.", *(_seen(one) for one in seen), f"What to do: {result.remedy.text}"]
    made: Json = {
        "ruleId": result.id,
        "ruleIndex": rule,
        "kind": "fail",
        "level": result.severity,
        "message": {"text": "\n".join(said)},
        "locations": [_location(one, prefix) for one in lines[:1]],
        "relatedLocations": [
            {**_location(one, prefix), "id": number, "message": {"text": in_one_line(one.excerpt) or "this line"}}
            for number, one in enumerate(lines[1:], 1)
        ],
        "partialFingerprints": {"chatkitIntegrator/v1": fingerprint(finding)},
    }
    if not made["relatedLocations"]:
        del made["relatedLocations"]
    if has_baseline:
        made["baselineState"] = "unchanged" if finding.known else "new"
    if finding.suppression is not None:
        one = finding.suppression
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": in_one_line(f"{one.reason}: {one.because}")}
        ]
    if finding.fix is not None:
        made["fixes"] = [_fix(finding.fix, prefix)]
    return made


def _seen(one: Observed) -> str:
    return f"Seen ({SEEN[one.what]}): {printable(one.excerpt)}"


def fingerprint(finding: Finding) -> str:
    """What stays the same while lines are moved about: the item, the file, and the text of the line that shows it."""
    first = finding.evidence[0]
    shown = (first.path, " ".join(first.excerpt.split())) if isinstance(first, Evidence) else (first.what, "")
    told = "\0".join((finding.result.id, *shown, *([finding.of] if finding.of else [])))
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _uri(path: str) -> str:
    return quote(os.fsencode(path))


def _at(path: str, line: int) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path), "uriBaseId": ROOT},
            "region": {"startLine": max(line, 1)},
        }
    }


def _location(shown: Evidence, prefix: str) -> Json:
    at = _at(prefix + shown.path, shown.line)
    at["physicalLocation"]["region"]["snippet"] = {"text": printable(shown.excerpt)}
    return at


def _fix(fix: Fix, prefix: str) -> Json:
    return {
        "description": {"text": in_one_line(fix.summary)},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(prefix + edit.path), "uriBaseId": ROOT},
                "replacements": list(_replacements(edit)),
            }
            for edit in fix.edits
        ],
    }


def _replacements(edit: Edit) -> Iterator[Json]:
    """The lines that differ, as regions of the text that is there."""
    before = _lines(edit.before.data if edit.before else b"")
    after = _lines(edit.after.data if edit.after else b"")
    for tag, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield {"deletedRegion": _region(before, start, end), "insertedContent": {"text": "".join(after[first:last])}}


def _lines(data: bytes) -> list[str]:
    return list(io.StringIO(data.decode("utf-8").removeprefix("\ufeff"), newline="\n"))


def _region(lines: Sequence[str], start: int, end: int) -> Json:
    """Lines from ``start`` up to ``end``, with their line breaks; the end of a text without a last one is within its line."""
    if start == end == len(lines) and lines and not lines[-1].endswith("\n"):
        column = len(lines[-1]) + 1
        return {"startLine": start, "startColumn": column, "endLine": start, "endColumn": column}
    if end == len(lines) and lines and not lines[-1].endswith("\n"):
        return {"startLine": start + 1, "startColumn": 1, "endLine": end, "endColumn": len(lines[-1]) + 1}
    return {"startLine": start + 1, "startColumn": 1, "endLine": end + 1, "endColumn": 1}
