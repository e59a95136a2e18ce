"""What a CI shows: test cases, annotations, a step summary. No text of a repository is more than text in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from junitparser import Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt

from chatkit_integrator.report import formats

if TYPE_CHECKING:
    from chatkit_integrator.model.report import Report

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def cases(report: Report) -> dict[str, Any]:
    suites: Any = JUnitXml.fromstring(formats.render(report, "junit").encode("utf-8", "backslashreplace"))
    return {case.name.partition(" ")[0]: case for suite in suites for case in suite}


def test_no_format_for_machines_or_people_carries_a_control_character(report: Report) -> None:
    for form in formats.FORMATS:
        made = formats.render(report, form)
        assert CONTROL.search(made) is None, form
        assert made.encode("utf-8", "backslashreplace").decode() == made, form


def test_junit_counts_what_it_holds(report: Report) -> None:
    suites: Any = JUnitXml.fromstring(formats.render(report, "junit").encode())
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (9, 4, 0, 4)
    found = list(cases(report).values())
    assert sum(any(isinstance(one, Failure) for one in case.result) for case in found) == suites.failures
    assert sum(any(isinstance(one, Skipped) for one in case.result) for case in found) == suites.skipped


def test_junit_says_what_shows_it_and_why_it_was_skipped(report: Report) -> None:
    found = cases(report)
    (failure,) = found["CK12"].result
    assert failure.message == "load_threads reaches rows of everybody"
    assert "backend/app/store.py:120: await session.execute(delete(ThreadRow))" in str(failure.text)
    skipped = {name: found[name].result[0].message for name in ("CK03", "CK08", "CK09", "CK13")}
    assert skipped["CK03"].startswith("unknown: a function of a package")
    assert skipped["CK08"].startswith("set aside (accepted-risk: Public on purpose.")
    assert skipped["CK09"] == "known from the baseline: nothing warms the pool"
    assert skipped["CK13"] == "not applicable: the site is not Next.js"


def undone(text: str) -> str:
    """A property or message as the runner reads it."""
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_an_annotation_cannot_be_ended_nor_another_begun(report: Report) -> None:
    lines = formats.render(report, "github").splitlines()
    commands = [re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line) for line in lines[:-1]]
    assert all(commands)
    assert [one.group(1) for one in commands if one] == [
        "error",
        "error",
        "error",
        "notice",
        "notice",
        "warning",
        "notice",
        "notice",
    ]
    assert not lines[-1].startswith("::")
    for one in commands:
        assert one is not None
        assert [part.partition("=")[0] for part in one.group(2).split(",")] in (["file", "line", "title"], ["title"])


def test_an_annotation_stands_at_its_line(report: Report) -> None:
    lines = formats.render(report, "github").splitlines()
    (store,) = [line for line in lines if "CK12" in line]
    assert store.startswith("::error file=backend/app/store.py,line=88,title=CK12 Users are isolated::load_threads reaches")
    (hostile,) = [line for line in lines if "CK14" in line]
    file = re.findall(r"file=([^,]*)", hostile)[0]
    assert undone(file).startswith("web/<script>fetch('//evil.example')</script>")
    assert "%250A%3A%3Aerror%3A%3Agotcha" in file


def test_markdown_shows_repository_text_as_text(report: Report) -> None:
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(formats.render(report, "markdown"))
    tags = set(re.findall(r"<(/?[a-z0-9]+)", page)) - {"details", "/details", "summary", "/summary", "b", "/b"}
    known = ["h2", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li", "pre"]
    assert tags <= {*known, *(f"/{one}" for one in known)}
    assert "javascript:b" in page
    assert "href" not in page
    outside = re.sub(r"<code.*?</code>", "", page, flags=re.DOTALL)
    assert "&lt;script&gt;" in outside


def test_a_name_in_markdown_calls_nobody(report: Report) -> None:
    made = formats.render(report, "markdown")
    assert "@octocat" not in re.sub(r"(`+) ?.*?\1", "", made)


def test_markdown_has_a_row_for_each_item_and_details_of_what_fails(report: Report) -> None:
    made = formats.render(report, "markdown")
    rows = [line for line in made.splitlines() if line.startswith("| **CK")]
    assert [row.count("|") - row.count("\\|") for row in rows] == [5] * len(report.findings)
    assert made.count("<details>") == 6
    assert "6 failed" in made
    assert "2 of the failed set aside" in made
