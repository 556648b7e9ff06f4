"""What each step did, as tables for people and one object for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING

from qc_workbench.commands.session import Done, Session, Table
from qc_workbench.ui.i18n import Translator

if TYPE_CHECKING:
    from pipelines.assign_reviews import AssignReport
    from pipelines.demo import DemoReport
    from pipelines.detect import DetectReport
    from pipelines.draw_sample import DrawReport
    from pipelines.import_report import IngestReport
    from pipelines.measure import MeasureReport
    from pipelines.run import RunReport
    from pipelines.transcribe import TranscribeReport
    from qc_workbench.sources.problems import Problem
    from qc_workbench.store.integrity import IntegrityProblem

#: Rejected rows shown in a terminal; all of them are in rejects.csv.
PROBLEMS_SHOWN = 10


def ingested(session: Session, report: IngestReport) -> Done:
    t = session.t
    rejected = report.rejected > 0
    return Done(
        data={"source": report.source, **_ingest_data(report, t)},
        tables=(_ingest_table(report, t),),
        lines=_ingest_lines(report, t),
        next_step=t("cli.ingest.next_rejects") if rejected else t("cli.ingest.next"),
        exit_code=1 if rejected else 0,
    )


def _ingest_data(report: IngestReport, t: Translator) -> dict[str, object]:
    from pipelines.import_report import describe

    def problems(found: Iterable[Problem]) -> list[dict[str, object]]:
        return [{**item.as_json(), "message": describe(item, t)} for item in found]

    return {
        "folder": report.folder,
        "nothing_new": report.nothing_new,
        "counts": report.counts,
        "recording_states": report.recording_states,
        "rejected_rows": report.rejected,
        "rejects": problems(report.rejects),
        "warnings": problems(report.warnings),
        "duplicate_ids": report.duplicate_ids,
        "duplicate_sounds": report.duplicate_sounds,
        "rejects_file": report.rejects_file,
        "warnings_file": report.warnings_file,
    }


def _ingest_table(report: IngestReport, t: Translator) -> Table:
    rows = tuple(
        (
            t(f"entity.{name}"),
            *(t.number(value) for value in (counts.new, counts.updated, counts.unchanged, counts.rejected)),
        )
        for name, counts in report.counts.items()
        if counts.read or counts.rejected
    )
    columns = ("", *(t(f"import.{name}") for name in ("new", "updated", "unchanged", "rejected")))
    return Table(t("cli.ingest.title", folder=report.folder), columns, rows, frozenset({1, 2, 3, 4}))


def _ingest_lines(report: IngestReport, t: Translator) -> tuple[str, ...]:
    from pipelines.import_report import describe

    lines = [t("cli.ingest.nothing_new")] if report.nothing_new else []
    states = ", ".join(
        f"{t(f'recording_state.{state}')}: {t.number(count)}" for state, count in report.recording_states.items()
    )
    if states:
        lines.append(f"{t('entity.recordings')}: {states}")
    for found, file in ((report.rejects, report.rejects_file), (report.warnings, report.warnings_file)):
        lines += [describe(problem, t) for problem in found[:PROBLEMS_SHOWN]]
        if len(found) > PROBLEMS_SHOWN:
            lines.append(t("cli.ingest.more", n=len(found) - PROBLEMS_SHOWN, file=str(file or "")))
    return tuple(lines)


def sampled(session: Session, drawn: DrawReport, assigned: AssignReport) -> Done:
    t = session.t
    return Done(
        data={"drawn": drawn, "assigned": assigned},
        tables=(_figures_table(t("cli.sample.title"), t, _sample_figures(drawn, assigned, t)),),
        next_step=t("cli.sample.no_reviewers") if not assigned.reviewers and assigned.unassigned else None,
    )


Figure = tuple[str, str]


def _sample_figures(drawn: DrawReport, assigned: AssignReport, t: Translator) -> list[Figure]:
    return [
        (t("cli.sample.draws"), t.number(drawn.draws)),
        (t("cli.sample.calls"), t.number(drawn.calls)),
        (t("cli.sample.total"), t.number(drawn.total)),
        (t("cli.sample.assigned"), t.number(assigned.assigned)),
        (t("cli.sample.targeted"), t.number(assigned.targeted)),
        (t("cli.sample.unassigned"), t.number(assigned.unassigned)),
        *((t("cli.sample.open_calls", name=name), t.number(calls)) for name, calls in assigned.open_calls.items()),
    ]


def transcribed(session: Session, measured: MeasureReport, report: TranscribeReport) -> Done:
    t = session.t
    failures = (*measured.failed, *report.failed)
    return Done(
        data={"measured": measured, "transcribed": report, "speed": _speed(report)},
        tables=(_figures_table(t("cli.transcribe.title"), t, _transcribe_figures(measured, report, t)),),
        lines=_failure_lines(failures, t),
        exit_code=1 if failures else 0,
    )


def _speed(report: TranscribeReport) -> float | None:
    """Seconds of sound recognised in a second."""
    return round(report.audio_s / report.wall_s, 2) if report.transcribed and report.wall_s else None


def _transcribe_figures(measured: MeasureReport, report: TranscribeReport, t: Translator) -> list[Figure]:
    figures = [
        (t("cli.transcribe.measured"), t.number(measured.measured)),
        (t("cli.transcribe.transcribed"), t.number(report.transcribed)),
        (t("cli.transcribe.copied"), t.number(report.copied)),
        (t("cli.transcribe.already"), t.number(report.already)),
        (t("cli.transcribe.without_sound"), t.number(report.without_sound)),
        (t("cli.transcribe.failed"), t.number(len(report.failed))),
        (t("cli.transcribe.model"), report.model),
    ]
    speed = _speed(report)
    if speed is not None:
        figures.append((t("cli.transcribe.speed"), t("cli.transcribe.times", speed=t.number(speed, 1))))
    return figures


def _failure_lines(failures: Iterable[tuple[str, str]], t: Translator) -> tuple[str, ...]:
    return tuple(t("cli.failed_call", call=call_id, reason=_failure_text(code, t)) for call_id, code in failures)


def _failure_text(code: str, t: Translator) -> str:
    return t(f"failure.{code}") if t.knows(f"failure.{code}") else code


def detected(session: Session, report: DetectReport) -> Done:
    t = session.t
    return Done(
        data={"detected": report},
        tables=(_figures_table(t("cli.detect.title"), t, _detect_figures(report, t)),),
    )


def _detect_figures(report: DetectReport, t: Translator) -> list[Figure]:
    """The counts of the step, by the names of its report."""
    values = ((item.name, getattr(report, item.name)) for item in fields(report))
    return [(t(f"cli.detected.{name}"), t.number(value)) for name, value in values if isinstance(value, int)]


def whole_run(session: Session, report: RunReport) -> Done:
    t = session.t
    failures = (*report.measured.failed, *report.transcribed.failed)
    rejected = any(item.rejected for item in report.ingested.values())
    lines = [line for item in report.ingested.values() for line in _ingest_lines(item, t)]
    lines += [t(f"error.{error.code}", **error.params) for error in report.unread.values()]
    tables = [_ingest_table(item, t) for item in report.ingested.values()]
    tables += [
        _figures_table(t("cli.sample.title"), t, _sample_figures(report.drawn, report.assigned, t)),
        _figures_table(t("cli.transcribe.title"), t, _transcribe_figures(report.measured, report.transcribed, t)),
        _figures_table(t("cli.detect.title"), t, _detect_figures(report.detected, t)),
    ]
    return Done(
        data={
            "ingested": {name: _ingest_data(item, t) for name, item in report.ingested.items()},
            "unread": {name: error.code for name, error in report.unread.items()},
            "drawn": report.drawn,
            "measured": report.measured,
            "transcribed": report.transcribed,
            "detected": report.detected,
            "assigned": report.assigned,
        },
        tables=tuple(tables),
        lines=(*lines, *_failure_lines(failures, t)),
        next_step=None if report.ingested or report.unread else t("cli.run.no_sources"),
        exit_code=1 if failures or rejected or report.unread else 0,
    )


def demonstrated(session: Session, report: DemoReport) -> Done:
    t = session.t
    figures = [
        (t("cli.demo.calls"), t.number(report.calls)),
        (t("cli.demo.drawn"), t.number(report.drawn)),
        (t("cli.demo.transcribed"), t.number(report.transcribed)),
        (t("cli.demo.flags"), t.number(report.flags)),
        (t("cli.demo.unsure"), t.number(report.unsure)),
    ]
    promises = tuple((t(f"outcome.{code}"), t.number(count)) for code, count in report.commitments.items())
    return Done(
        data={"demo": report},
        tables=(
            _figures_table(t("cli.demo.title", moment=t.moment(report.as_of, "d MMMM y, HH:mm")), t, figures),
            Table(
                t("cli.demo.commitments"), (t("cli.column.outcome"), t("cli.column.count")), promises, frozenset({1})
            ),
        ),
        lines=(t("cli.demo.home", home=str(report.home)),),
        next_step=t("cli.demo.next", home=str(report.home)),
        exit_code=1 if report.failed else 0,
    )


def _columns(t: Translator, *names: str) -> tuple[str, ...]:
    return tuple(t(f"cli.column.{name}") for name in names)


def integrity(session: Session, problems: Iterable[IntegrityProblem]) -> Done:
    t = session.t
    found = list(problems)
    lines = tuple(t(f"integrity.{item.code}", subject=item.subject, detail=item.detail) for item in found)
    is_sound = all(item.is_notice for item in found)
    return Done(
        data={"ok": is_sound, "problems": found},
        lines=(*lines, t("integrity.none")) if is_sound else lines,
        exit_code=0 if is_sound else 1,
    )


def _figures_table(title: str, t: Translator, figures: Iterable[Figure]) -> Table:
    return Table(title, _columns(t, "figure", "value"), tuple(figures), frozenset({1}))
