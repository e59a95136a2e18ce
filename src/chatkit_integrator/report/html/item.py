"""One item on the page: the verdict, why it matters, what shows it, what to do."""

from __future__ import annotations

import base64
import difflib
from html import escape
from typing import TYPE_CHECKING

from chatkit_integrator.model.report import verdict_name
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.report.plain import SEEN, in_one_line, place, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.report import Finding, Fix, Item
    from chatkit_integrator.model.verdict import Observed

_MARKS = {"pass": "✓ Pass", "fail": "✗ Fail", "unknown": "? Unknown", "not_applicable": "○ Does not apply"}
_READ = {"pass": "pass", "fail": "fail", "unknown": "unknown", "not_applicable": "does not apply"}
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_LONGEST = 200_000
"""Characters of a text that a proof kept, or lines of a patch times a hundred; what is longer is cut and says so."""


def item(finding: Finding, about: Item | None, artifacts: Mapping[str, bytes]) -> Iterator[str]:
    """One item as HTML; a fail that counts is open, everything else is folded."""
    result = finding.result
    mark = _MARKS[finding.name]
    if finding.name == "fail":
        mark += " (set aside)" if not finding.counts else f" ({result.severity})"
    yield f'<details class="item"{" open" if finding.counts else ""}>'
    yield (
        f'<summary><span class="head"><span class="mark">{mark}</span><h3>{_text(result.title)}</h3>'
        f'<span class="id">{escape(result.id)}</span></span>'
        f'{_of(finding)}<span class="reason">{_text(_sentence(result.verdict.reason))}</span></summary>'
    )
    yield '<div class="body">'
    yield from _aside(finding)
    if about is not None and about.why:
        yield f"<h4>Why it matters</h4><p>{_text(about.why)}</p>"
    if finding.evidence:
        yield f"<h4>What shows it</h4>{''.join(_figure(one, artifacts) for one in finding.evidence)}"
    if result.read is not None:
        word = _READ[verdict_name(result.read)]
        yield (
            "<h4>What the code alone said</h4>"
            f"<p>{word}: {_text(_sentence(result.read.reason))} What was seen of the running program decides.</p>"
        )
    if finding.name in {"fail", "unknown"}:
        yield from _remedy(finding)
    if about is not None:
        link = f'<a href="{escape(about.url)}" rel="noreferrer">ChatKit documentation</a>'
        yield f'<p class="decides">How it is decided: {_text(about.decides)} {link}</p>'
    yield "</div></details>"


def _of(finding: Finding) -> str:
    return f'<span class="of">In {_text(finding.of)}</span>' if finding.of else ""


def _sentence(text: str) -> str:
    text = in_one_line(text)
    is_word = text.partition(" ")[0].rstrip(",").isalpha()
    return (text[:1].upper() + text[1:] if is_word else text) + ("" if text.endswith((".", "!", "?")) else ".")


def _text(text: str) -> str:
    return escape(in_one_line(text))


def _aside(finding: Finding) -> Iterator[str]:
    one = finding.suppression
    if one is not None:
        until = f", until {one.until.isoformat()}" if one.until else ""
        yield f'<p class="aside">Set aside as <b>{escape(one.reason)}</b>{until}: {_text(one.because)}</p>'
    elif finding.known:
        yield '<p class="aside">Known from the baseline: it was there before and does not break the check.</p>'


def _figure(shown: Evidence | Observed, artifacts: Mapping[str, bytes]) -> str:
    if isinstance(shown, Evidence):
        return (
            f"<figure><figcaption><code>{_text(place(shown))}</code></figcaption>"
            f"<pre><code>{escape(printable(shown.excerpt))}</code></pre></figure>"
        )
    kept = artifacts.get(shown.artifact) if shown.artifact else None
    picture = _picture(kept, shown) if kept is not None else None
    all_of_it = "" if kept is None or picture else _kept(kept, shown)
    return (
        f"<figure><figcaption>Seen: {_text(place(shown))}</figcaption>"
        f"<pre><code>{escape(printable(shown.excerpt))}</code></pre>{picture or ''}{all_of_it}</figure>"
    )


def _picture(data: bytes, shown: Observed) -> str | None:
    kind = next((kind for mark, kind in _PICTURES if data.startswith(mark)), None)
    if kind is None:
        return None
    told = f"Screenshot of the {SEEN[shown.what]}: {in_one_line(shown.excerpt)[:200]}"
    return f'<img src="data:{kind};base64,{base64.b64encode(data).decode()}" alt="{escape(told)}">'


def _kept(data: bytes, shown: Observed) -> str:
    text = data.decode("utf-8", "replace")
    cut = f"\n… {len(text) - _LONGEST} more characters" if len(text) > _LONGEST else ""
    return (
        f'<details class="inner"><summary>The whole {escape(SEEN[shown.what])}</summary>'
        f"<pre><code>{escape(printable(text[:_LONGEST]) + cut)}</code></pre></details>"
    )


def _remedy(finding: Finding) -> Iterator[str]:
    remedy = finding.result.remedy
    yield f'<div class="do"><p><b>What to do.</b> {_text(remedy.text)}</p>'
    if finding.fix is not None and remedy.only:
        only = escape(remedy.only)
        yield f"<p><code>chatkit-integrator plan . --only {only}</code> plans what is below; <code>apply</code> writes it.</p>"
        yield from _patch(finding.fix)
    elif remedy.only and finding.name == "fail":
        yield f"<p>Ask what can be done for you with <code>chatkit-integrator plan . --only {escape(remedy.only)}</code>.</p>"
    yield "</div>"


def _patch(fix: Fix) -> Iterator[str]:
    files = f"{len(fix.edits)} {'file' if len(fix.edits) == 1 else 'files'}"
    yield f'<details class="inner"><summary>{_text(fix.summary)} ({files})</summary>'
    for edit in fix.edits:
        yield f"<figure><figcaption><code>{_text(edit.path)}</code></figcaption><pre>{_difference(edit)}</pre></figure>"
    yield "</details>"


def _difference(edit: Edit) -> str:
    before, after = ((side.data.decode("utf-8", "replace") if side else "").splitlines() for side in (edit.before, edit.after))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    kept = lines[: _LONGEST // 100]
    told = [_line(printable(line)) for line in kept]
    return "".join(told) + (f"… {len(lines) - len(kept)} more lines" if len(lines) > len(kept) else "")


def _line(line: str) -> str:
    tag = {"+": "ins", "-": "del"}.get(line[:1])
    return f"<{tag}>{escape(line)}</{tag}>" if tag else f"{escape(line)}\n"
