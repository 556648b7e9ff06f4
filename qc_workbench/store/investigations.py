"""Hypotheses, examinations, letters and measures: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from qc_workbench.domain.call import Direction
from qc_workbench.domain.investigation import (
    AgentFigures,
    CaseRef,
    Change,
    CheckCaution,
    Examination,
    Hypothesis,
    HypothesisVerdict,
    LetterOutcome,
    Metric,
    RepeatCheck,
    Scope,
    Standing,
    VerdictKind,
)
from qc_workbench.domain.letter import Letter, LetterEvent, LetterStep
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, to_json

# Hypotheses ------------------------------------------------------------------


def hypothesis_row(hypothesis: Hypothesis, content: str) -> Mapping[str, Any]:
    """``content``: the canonical JSON that was hashed (``review.investigating.canonical``)."""
    return {
        "hypothesis_id": hypothesis.hypothesis_id,
        "month": hypothesis.month,
        "metric": hypothesis.metric.value,
        "content": content,
        "content_hash": hypothesis.content_hash,
        "fixed_by": hypothesis.fixed_by,
        "fixed_at": hypothesis.fixed_at,
        "fixed_late": hypothesis.fixed_late,
    }


def hypothesis_of(row: Row) -> Hypothesis:
    said = from_json(row["content"])
    scope = said["scope"]
    return Hypothesis(
        hypothesis_id=row["hypothesis_id"],
        month=row["month"],
        claim=said["claim"],
        metric=Metric(row["metric"]),
        threshold=said["threshold"],
        scope=Scope(
            tuple(scope["agents"]),
            tuple(Direction(item) for item in scope["directions"]),
            tuple(scope["sources"]),
            scope["random_only"],
        ),
        least_of=said["least_of"],
        least_cases=said["least_cases"],
        agents_needed=said["agents_needed"],
        line=said["line"],
        fixed_by=row["fixed_by"],
        fixed_at=row["fixed_at"],
        content_hash=row["content_hash"],
        fixed_late=row["fixed_late"],
        withdrawn_by=row["withdrawn_by"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_because=row["because"] or "",
    )


_HYPOTHESES = """
    select h.*, w.because, w.withdrawn_by, w.withdrawn_at
    from hypotheses h left join hypothesis_withdrawals w using (hypothesis_id)"""


def hypotheses_of_month(reader: Reader, month: date) -> list[Hypothesis]:
    """In the order they were fixed; withdrawn ones last."""
    rows = reader.rows(
        f"{_HYPOTHESES} where month = ? order by withdrawn_at is not null, fixed_at, hypothesis_id", month
    )
    return [hypothesis_of(row) for row in rows]


def hypothesis_with_id(reader: Reader, hypothesis_id: str) -> tuple[Hypothesis, str] | None:
    """With the canonical JSON that was kept of it."""
    row = reader.row(f"{_HYPOTHESES} where h.hypothesis_id = ?", hypothesis_id)
    return (hypothesis_of(row), row["content"]) if row else None


def withdrawal(hypothesis_id: str, because: str, by: str, at: datetime) -> Statement:
    return insert(
        "hypothesis_withdrawals",
        {"hypothesis_id": hypothesis_id, "because": because, "withdrawn_by": by, "withdrawn_at": at},
    )


def months_investigated(reader: Reader) -> list[date]:
    """Months that have a hypothesis, newest first."""
    return [row["month"] for row in reader.rows("select distinct month from hypotheses order by month desc")]


def case_word_row(
    word_id: str, metric: Metric, case: CaseRef, is_bad: bool | None, by: str, at: datetime
) -> Mapping[str, Any]:
    return {
        "word_id": word_id,
        "metric": metric.value,
        "subject": case.subject,
        "agent": case.agent,
        "call_id": case.call_id,
        "is_bad": is_bad,
        "said_by": by,
        "said_at": at,
    }


def words_said(reader: Reader, metric: Metric, subjects: Collection[str]) -> dict[str, bool]:
    """Case -> what a person said of it last; cases whose last word was taken back are absent."""
    rows = reader.rows(
        "select subject, is_bad from case_words where metric = ? and subject in (select unnest(?::varchar[])) "
        "qualify row_number() over (partition by subject order by said_at desc, word_id desc) = 1",
        metric.value,
        list(subjects),
    )
    return {row["subject"]: row["is_bad"] for row in rows if row["is_bad"] is not None}


# Examinations and verdicts ---------------------------------------------------


def examination_row(examination: Examination, verdict: HypothesisVerdict | None = None) -> Mapping[str, Any]:
    return {
        "examination_id": examination.examination_id,
        "hypothesis_id": examination.hypothesis_id,
        "kind": "examination" if verdict is None else "verdict",
        "starts_at": examination.starts_at,
        "ends_at": examination.ends_at,
        "made_by": examination.made_by,
        "made_at": examination.made_at,
        "agents": to_json([_figures_out(item) for item in examination.agents]),
        "versions": to_json(dict(examination.versions)),
        "verdict": None if verdict is None else to_json(_verdict_out(verdict)),
    }


def examination_of(row: Row) -> Examination:
    return Examination(
        examination_id=row["examination_id"],
        hypothesis_id=row["hypothesis_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        agents=tuple(map(_figures_in, from_json(row["agents"]))),
        versions=from_json(row["versions"]),
    )


def latest_examinations(reader: Reader, hypothesis_ids: Collection[str]) -> dict[str, Examination]:
    """Of each hypothesis the latest one that letters stand on."""
    return {row["hypothesis_id"]: examination_of(row) for row in _latest(reader, hypothesis_ids, "examination")}


def latest_verdicts(reader: Reader, hypothesis_ids: Collection[str]) -> dict[str, HypothesisVerdict]:
    return {
        row["hypothesis_id"]: _verdict_in(from_json(row["verdict"]), examination_of(row))
        for row in _latest(reader, hypothesis_ids, "verdict")
    }


def examinations_with_ids(reader: Reader, ids: Collection[str]) -> dict[str, Examination]:
    rows = reader.rows("select * from examinations where examination_id in (select unnest(?::varchar[]))", list(ids))
    return {row["examination_id"]: examination_of(row) for row in rows}


def agents_who_ignored(reader: Reader, before: date, outcome: LetterOutcome) -> frozenset[str]:
    """Agents of whose letters in earlier months the latest repeat check says this."""
    rows = reader.rows(
        """
        with latest as (
            select e.verdict from examinations e join hypotheses h using (hypothesis_id)
            where e.kind = 'verdict' and h.month < ?
              and h.hypothesis_id not in (select hypothesis_id from hypothesis_withdrawals)
            qualify row_number() over (
                partition by hypothesis_id order by e.made_at desc, e.ends_at desc, e.examination_id) = 1
        ),
        checks as (select unnest(from_json(verdict->'checks', '["JSON"]')) as said from latest)
        select distinct said->>'agent' as agent from checks
        where said->>'outcome' = ? and said->>'letter_id' not in (
            select letter_id from letter_steps where kind = 'withdrawn')
        """,
        before,
        outcome.value,
    )
    return frozenset(row["agent"] for row in rows)


def _latest(reader: Reader, hypothesis_ids: Collection[str], kind: str) -> list[Row]:
    return reader.rows(
        "select * from examinations where kind = ? and hypothesis_id in (select unnest(?::varchar[])) qualify "
        "row_number() over (partition by hypothesis_id order by made_at desc, ends_at desc, examination_id) = 1",
        kind,
        list(hypothesis_ids),
    )


def _figures_out(figures: AgentFigures) -> Mapping[str, Any]:
    cases = [{**asdict(item), "happened_at": item.happened_at.isoformat()} for item in figures.cases]
    return {**asdict(figures), "cases": cases}


def _figures_in(said: Mapping[str, Any]) -> AgentFigures:
    cases = tuple(
        CaseRef(**{**item, "happened_at": datetime.fromisoformat(item["happened_at"])}) for item in said["cases"]
    )
    return AgentFigures(**{**said, "standing": Standing(said["standing"]), "cases": cases})


def _verdict_out(verdict: HypothesisVerdict) -> Mapping[str, Any]:
    checks = [
        {**asdict(item), "fresh_from": item.fresh_from.isoformat(), "fresh_to": item.fresh_to.isoformat()}
        for item in verdict.checks
    ]
    return {
        "kind": verdict.kind.value,
        "violators": verdict.violators,
        "possible": verdict.possible,
        "judged": verdict.judged,
        "needed": verdict.needed,
        "checks": checks,
    }


def _verdict_in(said: Mapping[str, Any], examination: Examination) -> HypothesisVerdict:
    return HypothesisVerdict(
        verdict_id=examination.examination_id,
        hypothesis_id=examination.hypothesis_id,
        examination=examination,
        made_by=examination.made_by,
        made_at=examination.made_at,
        **{**said, "kind": VerdictKind(said["kind"]), "checks": tuple(map(_check_in, said["checks"]))},
    )


def _check_in(said: Mapping[str, Any]) -> RepeatCheck:
    changes = {
        name: None if said[name] is None else Change(**said[name])
        for name in ("plain", "beyond_others", "beyond_expected")
    }
    moments = {name: datetime.fromisoformat(said[name]) for name in ("fresh_from", "fresh_to")}
    codes = {
        "outcome": LetterOutcome(said["outcome"]),
        "standing": Standing(said["standing"]),
        "cautions": tuple(CheckCaution(item) for item in said["cautions"]),
    }
    return RepeatCheck(**{**said, **changes, **moments, **codes})


# Letters ---------------------------------------------------------------------


def letter_row(letter: Letter) -> Mapping[str, Any]:
    return {
        "letter_id": letter.letter_id,
        "month": letter.month,
        "agent": letter.agent,
        "language": letter.language,
        "hypothesis_ids": to_json(list(letter.hypothesis_ids)),
        "examinations": to_json(list(letter.examinations)),
        "subject": letter.subject,
        "body": letter.text,
        "sha256": letter.sha256,
        "prepared_by": letter.prepared_by,
        "prepared_at": letter.prepared_at,
        "supersedes": letter.supersedes,
    }


def letters_of_month(reader: Reader, month: date) -> list[Letter]:
    """Those that stand, by agent, withdrawn ones too, with their steps."""
    return _letters(reader, "month = ?", month)


def letters_of_agent(reader: Reader, agent: str) -> list[Letter]:
    """Those that stand, newest first."""
    return sorted(_letters(reader, "agent = ?", agent), key=lambda item: item.prepared_at, reverse=True)


def letter_with_id(reader: Reader, letter_id: str) -> Letter | None:
    found = _letters(reader, "letter_id = ?", letter_id)
    return found[0] if found else None


def _letters(reader: Reader, where: str, value: object) -> list[Letter]:
    rows = reader.rows(
        f"select * from letters where {where} "  # noqa: S608 - literals of this module
        "and letter_id not in (select supersedes from letters where supersedes is not null) order by agent, letter_id",
        value,
    )
    steps = reader.rows(
        "select * from letter_steps where letter_id in (select unnest(?::varchar[])) order by letter_id, step",
        [row["letter_id"] for row in rows],
    )
    events: dict[str, list[LetterEvent]] = {}
    for row in steps:
        events.setdefault(row["letter_id"], []).append(event_of(row))
    return [_letter_of(row, events.get(row["letter_id"], ())) for row in rows]


def _letter_of(row: Row, events: Iterable[LetterEvent]) -> Letter:
    return Letter(
        letter_id=row["letter_id"],
        month=row["month"],
        agent=row["agent"],
        language=row["language"],
        hypothesis_ids=tuple(from_json(row["hypothesis_ids"])),
        examinations=tuple(from_json(row["examinations"])),
        subject=row["subject"],
        text=row["body"],
        sha256=row["sha256"],
        prepared_by=row["prepared_by"],
        prepared_at=row["prepared_at"],
        supersedes=row["supersedes"],
        events=tuple(events),
    )


def event_of(row: Row) -> LetterEvent:
    return LetterEvent(
        row["letter_id"], row["step"], LetterStep(row["kind"]), row["made_by"], row["made_at"], row["body"],
        row["address"], row["mail_id"],
    )  # fmt: skip


def step_written(event: LetterEvent, *also: Statement) -> Write:
    """The write of a step; refused when somebody made one meanwhile, or edited the letter."""
    row = {
        "letter_id": event.letter_id,
        "step": event.step,
        "kind": event.kind.value,
        "made_by": event.by,
        "made_at": event.at,
        "body": event.text,
        "address": event.address,
        "mail_id": event.mail_id,
    }
    still = Statement(
        "select 1 where (select count(*) from letter_steps where letter_id = ?) = ? "
        "and not exists (select 1 from letters where supersedes = ?)",
        (event.letter_id, event.step - 1, event.letter_id),
    )
    return Write((insert("letter_steps", row), *also), require=(still,))


def last_address(reader: Reader, agent: str) -> str:
    """Where a letter of this agent was mailed last; else their account's login where that is an address; else ""."""
    found = reader.value(
        "select s.address from letter_steps s join letters l using (letter_id) "
        "where l.agent = ? and s.address <> '' order by s.made_at desc limit 1",
        agent,
    ) or reader.value("select login from people where agent_id = ? and login like '%@%' and left_at is null", agent)
    return str(found or "")
