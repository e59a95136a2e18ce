"""Plans, inspections and verdicts as JSON objects: a contract, versioned by ``schema``.

Keys are only ever added. Paths are relative to the repository, with ``/`` between their parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatkit_integrator.model.report import Part, verdict_name
from chatkit_integrator.model.verdict import Evidence, Failed, Passed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatkit_integrator.model.diagnosis import Suspicion
    from chatkit_integrator.model.inspection import Inspection
    from chatkit_integrator.model.plan import Plan
    from chatkit_integrator.model.profile import Backend, Frontend, Symbol
    from chatkit_integrator.model.report import Finding, Report
    from chatkit_integrator.model.unit import FollowUp, Question
    from chatkit_integrator.model.verdict import Observed, Result

SCHEMA = 1

Json = dict[str, Any]


def _symbol(symbol: Symbol | None) -> str | None:
    return f"{symbol.path}:{symbol.name}" if symbol else None


def _backend(backend: Backend) -> Json:
    return {
        "root": backend.root,
        "framework": backend.framework,
        "app": {"path": backend.app.path, "symbol": backend.app.symbol, "shape": backend.app.shape},
        "lifespan": backend.lifespan,
        "api_prefix": backend.api_prefix,
        "dependencies": {
            "manager": backend.dependencies.manager,
            "path": backend.dependencies.path,
            "manifests": list(backend.dependencies.manifests),
        },
        "database": (
            {
                "kind": backend.database.kind,
                "library": backend.database.library,
                "engine": _symbol(backend.database.engine),
                "is_async": backend.database.is_async,
                "url_env": backend.database.url_env,
            }
            if backend.database
            else None
        ),
        "settings": backend.settings,
        "auth": {
            "kind": backend.auth.kind,
            "dependency": _symbol(backend.auth.dependency),
            "user_id": backend.auth.user_id,
            "checks": backend.auth.checks,
        },
        "agent": ({"framework": backend.agent.framework, "symbol": _symbol(backend.agent.symbol)} if backend.agent else None),
    }


def _frontend(frontend: Frontend) -> Json:
    server = frontend.auth.server
    return {
        "root": frontend.root,
        "framework": frontend.framework,
        "router": frontend.router,
        "language": frontend.language,
        "layout": ({"path": frontend.layout.path, "has_head": frontend.layout.has_head} if frontend.layout else None),
        "package_manager": frontend.package_manager,
        "auth": {
            "kind": frontend.auth.kind,
            "cookie": frontend.auth.cookie,
            "http_only": frontend.auth.http_only,
            "sign_in_path": frontend.auth.sign_in_path,
            "server": (
                {"path": server.path, "served": server.served, "keys_path": server.keys_path, "signs": server.signs}
                if server
                else None
            ),
        },
        "versions": dict(frontend.versions),
        "middleware": frontend.middleware.path if frontend.middleware else None,
    }


def _state(inspection: Inspection) -> str:
    profile = inspection.profile
    sides = [side for side in (profile.backend, profile.frontend) if side is not None]
    found = [bool(side.integration) for side in sides]
    if not any(found):
        return "none"
    return "complete" if all(found) else "partial"


def questions(asked: Iterable[Question]) -> list[Json]:
    """Questions, with choices, a suggestion where one is safe, why they are asked, and what waits for them."""
    return [
        {
            "id": one.id,
            "ask": one.ask,
            "choices": list(one.choices),
            "suggested": one.suggested,
            "why": one.why,
            "blocks": list(one.blocks),
        }
        for one in asked
    ]


def follow_ups(left: Iterable[FollowUp]) -> list[Json]:
    """What is left to a person: a sentence, and the command where there is one."""
    return [{"text": one.text, "command": one.line} for one in left]


def inspection(found: Inspection) -> Json:
    """Everything that was found, with the lines that show it."""
    profile = found.profile
    return {
        "schema": SCHEMA,
        "backend": _backend(profile.backend) if profile.backend else None,
        "frontend": _frontend(profile.frontend) if profile.frontend else None,
        "integration": {"state": _state(found)},
        "questions": questions(found.questions),
        "evidence": {
            fact: [{"path": one.path, "line": one.line} for one in places] for fact, places in sorted(found.evidence.items())
        },
        "risks": [{"text": one.text, "path": one.place.path, "line": one.place.line} for one in found.risks],
    }


def plan(made: Plan) -> Json:
    """A plan without its contents; the patch is beside it."""
    return {
        "schema": SCHEMA,
        "id": made.id,
        "steps": [{"transform": step.transform, "summary": step.summary, "paths": list(step.paths)} for step in made.steps],
        "refusals": [
            {"transform": one.transform, "reason": one.reason, "patch": one.patch, "checks": list(one.checks)}
            for one in made.refusals
        ],
        "questions": questions(made.questions),
        "follow_ups": follow_ups(made.follow_ups),
    }


def result(judged: Result) -> Json:
    """One item of the checklist."""
    verdict = judged.verdict
    return {
        "id": judged.id,
        "title": judged.title,
        "severity": judged.severity,
        "verdict": verdict_name(verdict),
        "proof": verdict.proof if isinstance(verdict, (Passed, Failed)) else None,
        "reason": verdict.reason,
        "evidence": [evidence(one) for one in verdict.evidence] if isinstance(verdict, (Passed, Failed)) else [],
        "remedy": {"text": judged.remedy.text, "only": judged.remedy.only},
        "read": None if judged.read is None else {"verdict": verdict_name(judged.read), "reason": judged.read.reason},
    }


def evidence(shown: Evidence | Observed) -> Json:
    """A line of code; or what was seen: ``observed`` is its kind and ``path`` the file that has all of it."""
    if isinstance(shown, Evidence):
        return {"path": shown.path, "line": shown.line, "excerpt": shown.excerpt}
    return {"path": shown.artifact or "", "line": 0, "excerpt": shown.excerpt, "observed": shown.what}


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many items passed, failed, do not apply and are unknown."""
    counted = {"pass": 0, "fail": 0, "not_applicable": 0, "unknown": 0}
    for one in results:
        counted[verdict_name(one.verdict)] += 1
    return counted


def checklist(results: Sequence[Result]) -> Json:
    """The whole checklist."""
    return {"schema": SCHEMA, "results": [result(one) for one in results], "summary": summary(results)}


def diagnosis(causes: Iterable[Suspicion], *, judged: bool, plan_id: str | None, unplanned: str) -> Json:
    """What a symptom may come from, the likeliest first; ``judged`` says whether an integration was there to look at."""
    return {
        "schema": SCHEMA,
        "causes": [
            {
                "cause": one.cause.id,
                "title": one.cause.title,
                "why": one.cause.why,
                "weight": round(one.weight, 1),
                "heard": list(one.heard),
                "items": list(one.cause.items),
                "fails": [result(failed) for failed in one.shown],
            }
            for one in causes
        ],
        "judged": judged,
        "plan_id": plan_id,
        "no_plan": unplanned or None,
    }


def report(made: Report) -> Json:
    """The checklist, with what was set aside and why, and what is said beside it.

    Where there are several integrations, ``results`` and ``summary`` are those of the first, and ``integrations`` has each.
    """
    parts = made.parts
    first = parts[0] if parts else Part(None, ())
    return {
        "schema": SCHEMA,
        **_part(first),
        **({"integrations": [_of_several(one) for one in parts]} if first.integration is not None else {}),
        "notes": [
            {"text": one.text, "path": one.place.path if one.place else None, "line": one.place.line if one.place else None}
            for one in made.notes
        ],
    }


def _part(one: Part) -> Json:
    return {"results": [_finding(found) for found in one.findings], "summary": dict(one.summary)}


def _of_several(one: Part) -> Json:
    of = one.integration
    return {"backend": of.backend if of else None, "frontend": of.frontend if of else None, **_part(one)}


def _finding(one: Finding) -> Json:
    aside = one.suppression
    return {
        **result(one.result),
        "counts": one.counts,
        "baseline": one.known,
        "suppressed": (
            {
                "reason": aside.reason,
                "because": aside.because,
                "path": aside.path,
                "until": aside.until.isoformat() if aside.until else None,
            }
            if aside
            else None
        ),
    }
