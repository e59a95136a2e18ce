"""Plans, inspections and verdicts as text for a terminal.

Meaning is carried by signs and words first (``+``, ``-``, PASS, FAIL); colours only repeat it, in a pair that people who
cannot tell red from green can tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from chatkit_integrator.model.report import verdict_name
from chatkit_integrator.model.verdict import Evidence, Failed
from chatkit_integrator.report import jsons
from chatkit_integrator.report.plain import in_one_line, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.text import Text

    from chatkit_integrator.model.diagnosis import Suspicion
    from chatkit_integrator.model.inspection import Inspection, Risk
    from chatkit_integrator.model.plan import Plan
    from chatkit_integrator.model.report import Finding, Report, VerdictName
    from chatkit_integrator.model.unit import FollowUp, Question
    from chatkit_integrator.model.verdict import Observed

ADDED = "#0072b2"
REMOVED = "#d55e00"
QUIET = "dim"

_MARKS = {
    "pass": ("PASS", ADDED),
    "fail": ("FAIL", REMOVED),
    "not_applicable": ("n/a ", QUIET),
    "unknown": ("??? ", "bold"),
}


def diff(patch: str) -> Text:
    """A patch with its added and removed lines coloured; the signs stay."""
    from rich.text import Text  # noqa: PLC0415 - only where a terminal is written to

    text = Text(no_wrap=False)
    for line in patch.splitlines():
        text.append(line + "\n", style=_diff_style(line))
    return text


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "index ", "new file", "deleted file", "old mode", "new mode")):
        return "bold"
    if line.startswith("@@"):
        return QUIET
    if line.startswith("+"):
        return ADDED
    if line.startswith("-"):
        return REMOVED
    return ""


def plan(made: Plan, patch_path: str) -> list[str]:
    """The plan in lines: steps with their files, refusals with their reasons, questions, what is left to a person."""
    lines = [f"Plan {made.id}: {len(made.steps)} steps, {len(made.edits)} files"]
    for step in made.steps:
        lines.append(f"  + {step.transform}: {step.summary}")
        lines += [f"      {path}" for path in step.paths]
    for refusal in made.refusals:
        items = f" (then {', '.join(refusal.checks)} can turn green)" if refusal.checks else ""
        lines.append(f"  - {refusal.transform}: not done: {refusal.reason}{items}")
        lines += [f"      | {line}" for line in refusal.patch.splitlines()]
    lines += questions(made.questions)
    lines += follow_ups(made.follow_ups)
    if not (made.steps or made.refusals or made.questions):
        lines.append("Everything is there already.")
    if made.steps:
        lines.append(f"The diff: {patch_path}")
    return lines


def questions(asked: Iterable[Question]) -> list[str]:
    """Open questions in lines, each with how to answer it."""
    lines: list[str] = []
    for one in asked:
        lines.append(f"  ? {one.id}: {one.ask}")
        lines.append(f"      {one.why}")
        choice = " | ".join(one.choices) or "TEXT"
        suggestion = f"   (suggested: {one.suggested}; --yes takes it)" if one.suggested else ""
        lines.append(f"      --answer {one.id}={choice}{suggestion}")
    return lines


def follow_ups(left: Iterable[FollowUp]) -> list[str]:
    """What is left to a person, in lines."""
    return [f"  > {one.text}" + (f"\n      {one.line}" if one.line else "") for one in left]


def inspection(found: Inspection) -> list[str]:
    """Every fact in a line, with what it is and the lines of the repository that show it."""
    lines: list[str] = []
    said = jsons.inspection(found)
    for name in ("backend", "frontend"):
        side = said[name]
        if side is None:
            lines.append(f"{name}: none found")
            continue
        lines.append(f"{name}: {side['framework']} in {side['root']}")
        places = {fact.removeprefix(f"{name}."): at for fact, at in found.evidence.items() if fact.startswith(f"{name}.")}
        for fact in dict.fromkeys([*side, *sorted(places)]):
            value = _value(side.get(fact))
            if fact in {"root", "framework"} or (fact not in places and not value):
                continue
            shown = ", ".join(f"{one.path}:{one.line}" for one in places.get(fact, ())[:3])
            value = value or ("none" if fact in side else "found")
            lines.append(f"  {fact.replace('_', ' ')}: {value.replace('_', ' ')}" + (f"  ({shown})" if shown else ""))
    lines.append(f"an integration: {said['integration']['state']}")
    return [*lines, *questions(found.questions), *risks(found.risks)]


def _value(fact: object) -> str:
    """A fact in a few words; its parts by name where it has several."""
    if isinstance(fact, dict):
        parts = {str(key): _value(one) for key, one in cast("dict[str, object]", fact).items()}
        kind = parts.pop("kind", None)
        told = [f"{key} {one}" for key, one in parts.items() if one]
        return ", ".join([kind, *told] if kind else told)
    if isinstance(fact, list):
        return ", ".join(_value(one) for one in cast("list[object]", fact))
    return {None: "", True: "yes", False: "no"}.get(fact, "") if fact is None or isinstance(fact, bool) else str(fact)


def risks(seen: Iterable[Risk]) -> list[str]:
    """What is unsafe and left as it is, in lines."""
    return [f"  ! {one.place.path}:{one.place.line}: {one.text}; the chat inherits it, and it is left as it is" for one in seen]


def evidence(shown: Evidence | Observed) -> str:
    """A line of code, or what was seen, in one line."""
    if isinstance(shown, Evidence):
        return f"{place(shown)}: {in_one_line(shown.excerpt)}"
    return f"seen ({place(shown)}): {in_one_line(shown.excerpt)[:200]}"


def checklist(report: Report) -> Text:
    """One line an item, its evidence under it; the remedy under a fail. Several integrations follow each other."""
    from rich.text import Text  # noqa: PLC0415 - only where a terminal is written to

    text = Text()
    parts = report.parts
    for part in parts:
        if part.integration is not None:
            text.append(f"== {in_one_line(part.integration.name)}: {_counted(part.summary)}\n", style="bold")
        _findings(text, part.findings)
    for note in report.notes:
        text.append(f"note {in_one_line(note.text)}\n")
    told = _counted(report.summary, len(report.set_aside))
    text.append(f"{told}{f' in {len(parts)} integrations' if len(parts) > 1 else ''}\n")
    return text


def _counted(summary: Mapping[VerdictName, int], aside: int = 0) -> str:
    return (
        f"{summary['pass']} passed, {summary['fail']} failed{f' ({aside} set aside)' if aside else ''}, "
        f"{summary['not_applicable']} not applicable, {summary['unknown']} unknown"
    )


def _findings(text: Text, findings: Iterable[Finding]) -> None:
    for finding in findings:
        one = finding.result
        mark, style = _MARKS[finding.name]
        text.append(mark, style=style if finding.counts or finding.name != "fail" else QUIET)
        text.append(f" {one.id} {one.title}\n")
        text.append(f"       {in_one_line(one.verdict.reason)}\n", style=QUIET)
        if one.read is not None:
            text.append(f"       read from the code: {verdict_name(one.read)}, {in_one_line(one.read.reason)}\n", style=QUIET)
        for seen in finding.evidence[:3]:
            text.append(f"       {evidence(seen)}\n", style=QUIET)
        if finding.suppression is not None:
            aside = finding.suppression
            text.append(f"       Set aside ({aside.reason}): {in_one_line(aside.because)}\n")
        elif finding.known:
            text.append("       Known from the baseline\n")
        elif finding.counts:
            text.append(f"       Fix: {one.remedy.text}\n")


def diagnosis(causes: Sequence[Suspicion], *, judged: bool) -> list[str]:
    """What a symptom may come from, the likeliest first, each with what speaks for it."""
    if not causes:
        return ["Nothing known sounds like that. Give the exact error line, or run check and look at what fails."]
    lines = [] if judged else ["No integration was found here, so this rests on the words alone."]
    for number, one in enumerate(causes, 1):
        lines.append(f"{number}. {one.cause.title}  ({', '.join(one.cause.items)})")
        if number == 1:
            lines.append(f"   {one.cause.why}")
        lines += [f"   heard: {text}" for text in one.heard[:2]]
        for failed in one.shown:
            lines.append(f"   {failed.id} fails: {failed.verdict.reason}")
            if isinstance(failed.verdict, Failed):
                lines += [f"      {evidence(seen)}" for seen in failed.verdict.evidence[:2]]
            lines.append(f"      Fix: {failed.remedy.text}")
    return lines
