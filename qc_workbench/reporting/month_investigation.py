"""Section 2 of the monthly report as blocks: what was claimed, who was written to, what the repeat check found."""

from __future__ import annotations

from collections.abc import Sequence

from qc_workbench.domain.investigation import Change, HypothesisState, MonthInvestigation, RepeatCheck
from qc_workbench.domain.letter import Letter
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Table, Words, named
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_table import month_table
from qc_workbench.reporting.share import Share


def investigation(month: Month, words: Words) -> tuple[Block, ...]:
    found = month.investigation.found
    if found is None or not found.hypotheses:
        return (doc.Notice(words("report.month.investigation_none")),)
    late = sum(item.hypothesis.fixed_late for item in found.hypotheses)
    sentences = [words("month_say.hypotheses", n=len(found.hypotheses))]
    if late:
        sentences.append(words("month_say.fixed_late", n=late))
    sent = [letter for letter in found.letters if letter.sent_at is not None]
    sentences.append(words("month_say.letters", n=len(sent)))
    return (
        doc.Paragraph(" ".join(sentences)),
        _hypotheses(found, words),
        doc.Heading(words("report.month.letters")),
        _letters(sent, month, words),
        doc.Heading(words("report.month.checks")),
        _checks(found, month, words),
        *(doc.Paragraph(text) for text in _cautions(found.checks, words)),
        doc.Paragraph(words("month_say.regression")),
    )


def _hypotheses(found: MonthInvestigation, words: Words) -> Table:
    columns = ("hypothesis", "bad_share", "fixed_on", "violators", "needed", "judged_agents", "verdict")
    return month_table(
        words,
        "hypotheses",
        columns,
        tuple(_hypothesis(item, words) for item in found.hypotheses),
        (5, 1.5, 1.8, 1.5, 1.5, 1.5, 2.4),
    )


def _hypothesis(item: HypothesisState, words: Words) -> tuple[Cell, ...]:
    claimed, verdict, looked = item.hypothesis, item.verdict, item.examination
    none = Cell("—", None, doc.Form.INTEGER)
    violators = verdict.violators if verdict else len(looked.violators) if looked else None
    if claimed.withdrawn_at is not None:
        said = words("report.withdrawn")
    elif verdict is not None:
        said = named(words, f"hypothesis_verdict.{verdict.kind.value}")
    else:
        said = words("report.not_judged_yet")
    return (
        doc.text(claimed.claim or named(words, f"metric.{claimed.metric.value}")),
        doc.percent(words, claimed.threshold),
        doc.moment(words, claimed.fixed_at),
        none if violators is None else doc.whole(words, violators),
        doc.whole(words, claimed.agents_needed),
        doc.whole(words, verdict.judged) if verdict else none,
        doc.text(said),
    )


def _letters(letters: list[Letter], month: Month, words: Words) -> Table:
    rows = tuple(
        (
            doc.text(month.names.get(item.agent, item.agent)),
            Cell("—", None, doc.Form.MOMENT) if item.sent_at is None else doc.moment(words, item.sent_at),
            doc.text(", ".join(named(words, f"letter_step.{how.value}") for how in item.sent_how)),
            Cell("—", None, doc.Form.MOMENT)
            if item.acknowledged_at is None
            else doc.moment(words, item.acknowledged_at),
            doc.whole(words, len(item.answers)),
            doc.text(item.sha256[:12]),
        )
        for item in letters
    )
    columns = ("agent", "sent", "how_sent", "acknowledged", "answers", "hash")
    return month_table(words, "letters", columns, rows, (3, 2, 2.4, 2, 1.2, 2), empty="letters")


def _checks(found: MonthInvestigation, month: Month, words: Words) -> Table:
    claims = {item.hypothesis.hypothesis_id: item.hypothesis for item in found.hypotheses}
    rows = tuple(
        (
            doc.text(month.names.get(item.agent, item.agent)),
            doc.text(
                named(words, f"metric.{claims[item.hypothesis_id].metric.value}")
                if item.hypothesis_id in claims
                else None
            ),
            *_share(Share(item.before_bad, item.before_of), words),
            *_share(Share(item.after_bad, item.after_of), words),
            doc.text(_change(item.plain, words)),
            doc.text(_change(item.beyond_others, words)),
            doc.text(named(words, f"letter_outcome.{item.outcome.value}")),
        )
        for item in found.checks
    )
    columns = (
        "agent", "metric", "share_before", "of_before", "share_after", "of_after", "change", "beyond_others", "verdict",
    )  # fmt: skip
    return month_table(words, "checks", columns, rows, (2.6, 2.6, 1.2, 1.2, 1.2, 1.2, 2, 2, 2.4), empty="checks")


def _share(share: Share, words: Words) -> tuple[Cell, Cell]:
    return doc.percent(words, share.value), doc.whole(words, share.of)


def _change(change: Change | None, words: Words) -> str | None:
    """«−12 п. п. (−20…−4)»."""
    if change is None:
        return None
    value = words.number(100 * change.value)
    if change.low is None or change.high is None:
        return words("month_say.points_change", value=value)
    ends = f"{words.number(100 * change.low)}…{words.number(100 * change.high)}"
    return words("month_say.points_interval", value=value, ends=ends)


def _cautions(checks: Sequence[RepeatCheck], words: Words) -> tuple[str, ...]:
    """Each thing to mind, once: in the lines of the table it would be longer than they are."""
    found = dict.fromkeys(caution for item in checks for caution in item.cautions)
    return tuple(named(words, f"check_caution.{caution.value}") for caution in found)
