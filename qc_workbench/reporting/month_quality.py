"""Quality in section 3 as blocks: scores estimated for all calls, worst questions, calls and clips worth hearing, and
whether clients were told of the recording."""

from __future__ import annotations

from qc_workbench.domain.forms import Text
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Link, Table, Words
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_scores import FormResult, KeptClip, QuestionResult, ScoredCall
from qc_workbench.reporting.month_table import month_table
from qc_workbench.reporting.plots import intervals
from qc_workbench.sampling.estimates import Estimate


def quality(month: Month, words: Words) -> tuple[Block, ...]:
    return *_scores(month, words), *_consent(month, words)


def _scores(month: Month, words: Words) -> tuple[Block, ...]:
    heading = doc.Heading(words("report.month.scores"))
    if not month.forms:
        return heading, doc.Paragraph(words("report.empty.scores")), *_clips(month, words)
    blocks: list[Block] = [heading, doc.Paragraph(" ".join(_form_says(item, words) for item in month.forms))]
    blocks.append(_forms_table(month.forms, words))
    for item in month.forms:
        if item.questions:
            name = _text(item.title, words)
            blocks.append(doc.Heading(words("report.month.worst_questions", form=name)))
            rows = [(_short(_text(one.text, words)), *_ends(one.estimate)) for one in item.questions]
            plot = intervals(rows, words("report.points"), (0, 100))
            blocks.append(doc.Plot(plot, words("report.month.questions_plot")))
            blocks.append(_questions_table(item.questions, words))
        if item.best or item.worst:
            blocks.append(doc.Heading(words("report.month.ends", form=_text(item.title, words))))
            blocks.append(_calls_table(item, month, words))
    return (*blocks, *_clips(month, words))


def _consent(month: Month, words: Words) -> tuple[Block, ...]:
    """Were clients told of the recording: counts of the calls whose words were recognised, no estimate of all calls."""
    heading = doc.Heading(words("report.month.consent"))
    if not month.consent:
        return heading, doc.Paragraph(words("consent.off"))
    if not any(item.known + item.unsure for item in month.consent):
        return heading, doc.Paragraph(words("month_say.consent_none"))
    told, known = sum(item.told for item in month.consent), sum(item.known for item in month.consent)
    unsure = sum(item.unsure for item in month.consent)
    said = []
    if known:
        share = words.percent(told / known)
        said.append(words("month_say.consent", n=known, told=words.number(told), share=share))
    if unsure:
        said.append(words("month_say.consent_unsure", n=unsure))
    answered = {item.direction.value: item.drawn.of for item in month.analysis.sampled}
    rows = tuple(
        (
            doc.text(words(f"report.direction.{item.key}")),
            doc.whole(words, answered.get(item.key, 0)),
            *(doc.whole(words, count) for count in (item.told, item.not_told, item.unsure)),
            doc.percent(words, item.share),
        )
        for item in month.consent
    )
    columns = (
        "report.direction", "report.answered", "consent_verdict.told", "consent_verdict.not_told",
        "consent_verdict.unsure", "consent.share",
    )  # fmt: skip
    said.append(words("month_say.consent_basis"))
    table = Table(words("report.sheet.consent"), tuple(map(words, columns)), rows)
    return heading, doc.Paragraph(" ".join(said)), table


def _text(text: Text, words: Words) -> str:
    own, other = (text.ru, text.en) if words.language == "ru" else (text.en, text.ru)
    return own.strip() or other.strip() or "…"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    value = estimate.value or 0.0
    low = value if estimate.low is None else estimate.low
    return round(low, 1), round(value, 1), round(value if estimate.high is None else estimate.high, 1)


def _form_says(item: FormResult, words: Words) -> str:
    estimate = item.estimate
    name = _text(item.title, words)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return words("month_say.form_none", form=name, n=estimate.judged)
    said = words(
        "month_say.form",
        form=name,
        n=estimate.judged,
        population=words.number(estimate.population),
        score=words.number(estimate.value, 1),
        low=words.number(estimate.low, 1),
        high=words.number(estimate.high, 1),
    )
    if item.change is None:
        return said
    if not item.change.is_certain:
        return f"{said} {words('month_say.form_chance')}"
    code = "up" if item.change.value > 0 else "down"
    return f"{said} {words(f'month_say.form_{code}', points=words.number(abs(item.change.value), 1))}"


def _interval(estimate: Estimate, words: Words) -> Cell:
    if estimate.low is None or estimate.high is None:
        return doc.text(None)
    return doc.text(f"{words.number(estimate.low, 1)}–{words.number(estimate.high, 1)}")


def _forms_table(forms: tuple[FormResult, ...], words: Words) -> Table:
    rows = tuple(
        (
            doc.text(_text(item.title, words)),
            doc.text(", ".join(map(str, item.versions))),
            doc.text(words(f"plan.{item.plan}") if words.knows(f"plan.{item.plan}") else item.plan),
            doc.whole(words, item.estimate.population),
            doc.whole(words, item.estimate.judged),
            doc.number(words, item.estimate.value),
            _interval(item.estimate, words),
            doc.number(words, item.before.value),
            doc.text(words(_change(item))),
            doc.whole(words, item.failed),
        )
        for item in forms
    )
    columns = (
        "form", "version", "plan", "population", "judged", "score", "interval", "month_before", "change", "failed",
    )  # fmt: skip
    return month_table(words, "forms", columns, rows, (3, 1.3, 2, 1.5, 1.5, 1.4, 1.9, 1.6, 2.4, 1.6))


def _change(item: FormResult) -> str:
    if item.change is None:
        return "change.none"
    return ("change.up" if item.change.value > 0 else "change.down") if item.change.is_certain else "change.chance"


def _questions_table(questions: tuple[QuestionResult, ...], words: Words) -> Table:
    rows = tuple(
        (
            doc.text(str(item.first) if item.first == item.last else f"{item.first}–{item.last}"),
            doc.text(_text(item.text, words)),
            doc.number(words, item.estimate.value),
            _interval(item.estimate, words),
            doc.whole(words, item.answered),
            doc.whole(words, item.bad),
        )
        for item in questions
    )
    columns = ("place", "question", "points", "interval", "answered_times", "bad_answers")
    return month_table(words, "questions", columns, rows, (1, 6, 1.4, 2, 1.6, 1.6))


def _calls_table(item: FormResult, month: Month, words: Words) -> Table:
    found: list[tuple[str, ScoredCall]] = [("best", call) for call in item.best]
    found += [("worst", call) for call in item.worst]
    rows = tuple(
        (
            doc.text(words(f"report.end.{end}")),
            doc.text(month.names.get(call.agent, call.agent)),
            doc.moment(words, call.started_at),
            doc.text(call.call_id),
            doc.number(words, call.score),
            doc.text(words("report.failed_call") if call.failed else None),
        )
        for end, call in found
    )
    columns = ("end", "agent", "when", "call", "score", "failed")
    return month_table(
        words, "scored", columns, rows, opens=tuple(Link("call", {"id": call.call_id}) for _, call in found)
    )


def _clips(month: Month, words: Words) -> tuple[Block, ...]:
    heading = doc.Heading(words("report.month.clips"))
    columns = ("clip", "title", "agent", "when", "call", "from_to")
    return (
        heading,
        month_table(
            words,
            "clips",
            columns,
            tuple(_clip(item, month, words) for item in month.clips),
            (2.2, 4.2, 2.6, 2.2, 2.4, 1.8),
            empty="clips",
            opens=tuple(
                Link("call", {"id": item.clip.call_id, "at": f"{item.clip.from_s:.1f}"}) for item in month.clips
            ),
        ),
    )


def _clip(item: KeptClip, month: Month, words: Words) -> tuple[Cell, ...]:
    clip = item.clip
    return (
        doc.text(words(f"clip.{clip.kind.value}")),
        Cell(clip.title, clip.title, is_said=True),
        doc.text(month.names.get(item.agent, item.agent)),
        doc.moment(words, item.started_at),
        doc.text(clip.call_id),
        doc.text(f"{doc.clock(clip.from_s)}–{doc.clock(clip.to_s)}"),
    )
