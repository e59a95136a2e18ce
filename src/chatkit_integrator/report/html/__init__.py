"""A report as one page that needs nothing else: no script, no font, no request; it can be mailed and kept.

Its policy allows the one style sheet that is in it and pictures that are in it, and nothing besides. Every text that comes
from the repository or from what was seen is escaped; pictures are those that a proof kept, by their own first bytes.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from chatkit_integrator.report.html.item import item
from chatkit_integrator.report.plain import in_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.report import Report, VerdictName

_GROUPS: tuple[tuple[VerdictName, str, str], ...] = (
    ("fail", "Fails", "The claim does not hold. Each says what shows it, why it matters and what to do."),
    ("unknown", "Could not be decided", "Neither shown to hold nor shown to fail; the reason says what was missing."),
    ("pass", "Passes", "The claim holds, and the lines or the recordings that show it are below each."),
    ("not_applicable", "Does not apply", "The claim is about something that this repository does not have."),
)
_SHORT: dict[VerdictName, str] = {"fail": "fail", "unknown": "undecided", "pass": "pass", "not_applicable": "do not apply"}
_ABOUT = (
    "ChatKit is OpenAI's chat component: a script draws it in a page, and a backend answers it. This page goes through a "
    "checklist of what such an integration must do to work and to be safe, and shows for each item what the verdict rests on: "
    "lines of the repository, or what was seen while the program ran."
)
_WORDS = (
    ("Read", "The verdict comes from reading the code that the running app reaches; nothing was run."),
    ("Seen", "The program was started and watched: requests, the prompt that the model got, the database, a browser."),
    ("Error, warning", "How much a fail weighs: by default a check of the repository breaks on errors only."),
    ("Set aside", "A fail that somebody accounted for, with a reason, or that was there before; it does not break a check."),
)


def html(report: Report) -> str:
    """The page."""
    css = files(__name__).joinpath("page.css").read_text(encoding="utf-8")
    style = f"\n{css}"
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; img-src data:; base-uri 'none'; form-action 'none'"
    name = escape(in_one_line(report.repository))
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>ChatKit checklist: {name}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<main class="page">',
            *_top(report, name),
            *_groups(report),
            *_bottom(report),
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _top(report: Report, name: str) -> Iterator[str]:
    counted = report.summary
    yield "<header>"
    yield f'<h1>ChatKit checklist: <span class="repository">{name}</span></h1>'
    yield f'<p class="said">{escape(_said(report))}</p>'
    yield f'<p class="about">{escape(_ABOUT)}</p>'
    yield "</header>"
    yield '<fieldset class="filter"><legend>Show</legend>'
    for verdict, _, _ in _GROUPS:
        yield (
            f'<label class="{verdict}"><input type="checkbox" id="show-{verdict}" checked autocomplete="off">'
            f"<b>{counted[verdict]}</b> <span>{escape(_SHORT[verdict])}</span></label>"
        )
    yield "</fieldset>"
    if report.notes:
        yield '<section class="notes"><h2>Beside the verdicts</h2><ul>'
        yield from (f"<li>{escape(in_one_line(note.text))}</li>" for note in report.notes)
        yield "</ul></section>"


def _said(report: Report) -> str:
    counting = sum(one.counts for one in report.findings)
    aside = len(report.set_aside)
    if not report.findings:
        return "Nothing was judged."
    total = f"{len(report.findings)} {'item' if len(report.findings) == 1 else 'items'}"
    total += f" of {len(report.parts)} integrations" if len(report.parts) > 1 else ""
    said = f"{counting} of {total} {'fails' if counting == 1 else 'fail'}" if counting else f"None of {total} fails"
    said += f", {aside} more {'is' if aside == 1 else 'are'} set aside" if aside else ""
    unknown = report.summary["unknown"]
    return said + (f"; {unknown} could not be decided." if unknown else ".")


def _groups(report: Report) -> Iterator[str]:
    for verdict, title, what in _GROUPS:
        members = [one for one in report.findings if one.name == verdict]
        if not members:
            continue
        members.sort(key=lambda one: (not one.counts, one.result.severity))
        yield f'<section class="group {verdict}"><h2>{escape(title)} ({len(members)})</h2>'
        yield f'<p class="about">{escape(what)}</p>'
        for one in members:
            yield from item(one, report.items.get(one.result.id), report.artifacts)
        yield "</section>"


def _bottom(report: Report) -> Iterator[str]:
    yield "<section><h2>Words on this page</h2><dl>"
    yield from (f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in _WORDS)
    yield "</dl></section>"
    how = "The code was read and the program was run." if report.proven else "The code was read; nothing of it was run."
    yield f"<footer>Made by chatkit-integrator {escape(report.version)}. {how}</footer>"
