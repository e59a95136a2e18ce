"""A report with everything in it that a report can have, and with a repository's text that tries to be more than text."""

from __future__ import annotations

from datetime import date

import pytest

from chatkit_integrator.checks import CHECKLIST
from chatkit_integrator.model.edit import Content, Edit
from chatkit_integrator.model.report import Finding, Fix, Note, Report
from chatkit_integrator.model.settings import Suppression
from chatkit_integrator.model.unit import Location
from chatkit_integrator.model.verdict import Evidence, Failed, NotApplicable, Observed, Passed, Result, Unknown, Verdict
from chatkit_integrator.toolkit.reporting import catalogue

HOSTILE = (
    "<script>fetch('//evil.example')</script> <img src=x onerror=alert(1)> & \" ' ` ``` | \x1b[31mred\x1b]8;;x\x07 \u202e "
    "%0A::error::gotcha ]]> --> $(id) @octocat [a](javascript:b) \x00 \udcff"
)
PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\r"
    b"IDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def judged(item: str, verdict: Verdict, read: Verdict | None = None) -> Result:
    (check,) = [one for one in CHECKLIST if one.id == item]
    return Result(item, check.title, check.severity, verdict, check.remedy, read)


@pytest.fixture
def report() -> Report:
    unscoped = (
        Evidence("backend/app/store.py", 88, "rows = await session.execute(select(ThreadRow))"),
        Evidence("backend/app/store.py", 120, "await session.execute(delete(ThreadRow))"),
    )
    before = Content(b"\xef\xbb\xbfone\r\ntwo\r\nthree")
    after = Content(b"\xef\xbb\xbfone\r\n2\r\nthree\r\nfour")
    hostile = Evidence(f"web/{HOSTILE}\n::error::x/a.tsx", 6, HOSTILE)
    findings = (
        Finding(judged("CK01", Passed("an identity reaches the handler", (Evidence("backend/app/router.py", 31, "user"),)))),
        Finding(judged("CK03", Unknown("a function of a package was not read"))),
        Finding(
            judged(
                "CK04",
                Failed("the page is not in the prompt", (Observed("prompt", "You are\na helper.", "ck04.json"),)),
                read=Passed("the context reaches the instructions", (Evidence("backend/app/agent.py", 12, "build(ctx)"),)),
            )
        ),
        Finding(
            judged("CK12", Failed("load_threads reaches rows of everybody", unscoped)),
            fix=Fix("Scope the statements", (Edit("backend/app/store.py", before, after), Edit("new.py", None, after))),
        ),
        Finding(judged("CK07", Failed("blank without the script", (Observed("browser", "an empty corner", "ck07.png"),)))),
        Finding(
            judged("CK08", Failed(f"rendered for {HOSTILE}\n::error::x", (hostile,))),
            suppression=Suppression("CK08", "accepted-risk", f"Public on purpose. {HOSTILE}", until=date(2027, 3, 1)),
        ),
        Finding(judged("CK09", Failed("nothing warms the pool", (Evidence("b.py", 1, "x"),))), known=True),
        Finding(judged("CK14", Failed(f"{HOSTILE}\n::error::x", (hostile,)))),
        Finding(judged("CK13", NotApplicable("the site is not Next.js"))),
    )
    return Report(
        "shop",
        "1.2.3",
        findings,
        {one.result.id: catalogue()[one.result.id] for one in findings},
        notes=(Note(f"web/old.ts:9 does not parse {HOSTILE}\n::error::x", Location("web/old.ts", 9)), Note("unused")),
        proven=True,
        artifacts={"ck04.json": b'{"whole": "<prompt>"}', "ck07.png": PICTURE},
    )
