"""The jobs that run by themselves: what each does, when, and how late it still makes sense.

What a job needs is imported when it runs: the app that only looks at the clock need not know how to recognise speech.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from qc_workbench.config import Settings
from qc_workbench.config_schedule import DEFAULTS
from qc_workbench.domain.schedule import When
from qc_workbench.errors import QcwError
from qc_workbench.review.due_moments import parse_when
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.import_report import IngestReport
    from pipelines.poll_sources import Polled

#: Who does what nobody asked for, in findings and in the audit log.
BY: Final = "qcw"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a job is told: where, the moment it stands for, now, and what it was asked about ("": all that it does)."""

    workspace: Workspace
    due_at: datetime
    now: datetime
    about: str = ""

    @property
    def day(self) -> date:
        """The company's day that the run is about."""
        return self.due_at.astimezone(self.workspace.settings.company.zone).date()


#: What a job does; it returns amounts (``schedule.report.<name>``).
Work = Callable[[Turn], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """``code``: ``schedule.job.<code>``, and the key in ``[schedule]``. ``late``: how long after its moment it is
    still run. ``apart``: in a process of its own, because it takes minutes or much memory. ``is_needed``: asked before
    each run; where there is nothing to do nothing is written down. ``has_button``: not where what it does can't be
    undone and is better looked at first."""

    code: str
    work: Work
    late: timedelta
    apart: bool = True
    is_needed: Callable[[Turn], bool] = lambda _: True
    has_button: bool = True

    def when(self, settings: Settings) -> When | None:
        """None: switched off. Words such as ``evening``: see :data:`~qc_workbench.config_schedule.DEFAULTS`."""
        text = settings.schedule.times.get(self.code, DEFAULTS[self.code])
        for word, moment in (("evening", settings.company.day_ends), ("page", settings.day.sent_at)):
            text = text.replace(word, f"{moment:%H:%M}")
        text = text.replace("polling", f"every {settings.polling.minutes} min")
        return parse_when(text)


def _import(turn: Turn) -> Mapping[str, int]:
    """Every source or the one asked about, whatever another one does; the first failure is told at the end."""
    from pipelines.poll_sources import poll_sources

    names = [source.name for source in turn.workspace.settings.sources if turn.about in ("", source.name)]
    return _told(poll_sources(turn.workspace, names))


def _poll(turn: Turn) -> Mapping[str, int]:
    from pipelines.poll_sources import poll_sources

    return _told(poll_sources(turn.workspace))


def _told(polled: Polled) -> Mapping[str, int]:
    if polled.failures:
        raise next(iter(polled.failures.values()))
    return {"calls": polled.calls}


def _poll_is_due(turn: Turn) -> bool:
    from pipelines.poll_sources import is_poll_due, last_poll, polled_names

    settings = turn.workspace.settings
    return bool(polled_names(settings)) and is_poll_due(settings, last_poll(turn.workspace), turn.now)


def _webhooks(turn: Turn) -> Mapping[str, int]:
    from pipelines.follow_webhooks import follow_webhooks

    return follow_webhooks(turn.workspace)


def _webhooks_wait(turn: Turn) -> bool:
    from pipelines.follow_webhooks import has_webhooks

    return has_webhooks(turn.workspace)


def _new_calls(report: IngestReport) -> int:
    counts = report.counts.get("calls")
    return counts.new if counts else 0


def _nightly(turn: Turn) -> Mapping[str, int]:
    from pipelines.progress import Silent
    from pipelines.run import run

    report = run(turn.workspace, turn.now, Silent())
    return {
        "calls": sum(map(_new_calls, report.ingested.values())),
        "drawn": report.drawn.calls,
        "transcribed": report.transcribed.transcribed,
    }


def _send_mail(turn: Turn) -> Mapping[str, int]:
    from pipelines.mail_server import MailError
    from pipelines.post import send_queued

    report = send_queued(turn.workspace, turn.now)
    if report.code:
        raise MailError("mail_not_sent", waiting=report.waiting, why=report.code)
    return {"sent": report.sent, "put_off": report.put_off, "given_up": report.given_up}


def _mail_waits(turn: Turn) -> bool:
    from qc_workbench.store import outbox

    if not turn.workspace.settings.mail.is_set_up:
        return False
    with turn.workspace.store.reading() as reader:
        return outbox.is_due(reader, turn.now)


def _crm_write(turn: Turn) -> Mapping[str, int]:
    from pipelines.crm_send import send_to_crm
    from qc_workbench.errors import SourceError

    if not turn.workspace.settings.crm_write.into:
        return {"crm_written": 0}
    report = send_to_crm(turn.workspace, turn.now)
    if report.code:
        raise SourceError("crm_write_stopped", crm=turn.workspace.settings.crm_write.into, why=report.code)
    return {"crm_written": report.written + report.found, "crm_refused": report.refused}


def _writes_to_crm(turn: Turn) -> bool:
    """Where writing is off, or everything is planned already and nothing waits, there is nothing to note down."""
    from pipelines.crm_send import has_something_to_do

    return has_something_to_do(turn.workspace, turn.now)


def _retention(turn: Turn) -> Mapping[str, int]:
    from pipelines.progress import Silent
    from pipelines.retention import apply_retention

    report = apply_retention(turn.workspace, turn.now, Silent(), actor=BY)
    return {"removed": sum(kind.count for kind in report.kinds)}


def _has_sources(turn: Turn) -> bool:
    from pipelines.connections import reading_by_itself

    return bool(turn.workspace.settings.sources) and bool(reading_by_itself(turn.workspace))


def _keeps_for_months(turn: Turn) -> bool:
    return any(turn.workspace.settings.retention.model_dump().values())


def _evening_control(turn: Turn) -> Mapping[str, int]:
    from pipelines.evening_control import take_due_controls

    return {"controls": len(take_due_controls(turn.workspace, turn.now))}


def _day_page(turn: Turn) -> Mapping[str, int]:
    from pipelines.send_day import send_day
    from qc_workbench.ui.i18n import Language, Translator

    zone = turn.workspace.settings.company.zone

    def words_of(language: str) -> Translator:
        return Translator(cast(Language, language), zone)

    return {"queued": send_day(turn.workspace, turn.day, turn.now, words_of).queued}


def _has_readers(turn: Turn) -> bool:
    from pipelines.send_day import is_sent_on, recipients

    return is_sent_on(turn.workspace, turn.day) and bool(recipients(turn.workspace, turn.now))


def _mid_month(turn: Turn) -> Mapping[str, int]:
    from pipelines.investigate import examine

    return {"hypotheses": len(examine(turn.workspace, turn.day.replace(day=1), BY, turn.now))}


def _month_end(turn: Turn) -> Mapping[str, int]:
    from pipelines.investigate import check_again

    return {"hypotheses": len(check_again(turn.workspace, turn.day.replace(day=1), BY, turn.now))}


def _upload(turn: Turn) -> Mapping[str, int]:
    from pipelines.upload import upload_due

    if not turn.workspace.settings.upload.to:  # somebody pressed the button
        return {"uploaded": 0}
    return {"uploaded": len(upload_due(turn.workspace, BY, turn.now).uploaded)}


def _has_reports(turn: Turn) -> bool:
    from pipelines.upload import is_due

    if not turn.workspace.settings.upload.to:
        return False
    try:
        return is_due(turn.workspace, turn.now)
    except QcwError:
        return True  # the run says what is wrong, in the history


#: In the order of a day.
JOBS: Final[tuple[ScheduledJob, ...]] = (
    ScheduledJob("import", _import, timedelta(minutes=30), is_needed=_has_sources),
    ScheduledJob("webhooks", _webhooks, timedelta(minutes=10), apart=False, is_needed=_webhooks_wait),
    ScheduledJob("poll", _poll, timedelta(minutes=30), is_needed=_poll_is_due),
    ScheduledJob("send_mail", _send_mail, timedelta(minutes=10), apart=False, is_needed=_mail_waits),
    ScheduledJob("crm_write", _crm_write, timedelta(minutes=15), is_needed=_writes_to_crm),
    ScheduledJob("nightly", _nightly, timedelta(days=2)),
    ScheduledJob("evening_control", _evening_control, timedelta(days=3)),
    ScheduledJob("day_page", _day_page, timedelta(hours=12), is_needed=_has_readers),
    ScheduledJob("upload", _upload, timedelta(minutes=15), is_needed=_has_reports),
    ScheduledJob("mid_month", _mid_month, timedelta(days=10)),
    ScheduledJob("month_end", _month_end, timedelta(days=10)),
    ScheduledJob("retention", _retention, timedelta(days=8), is_needed=_keeps_for_months, has_button=False),
)


def job_with(code: str) -> ScheduledJob | None:
    return next((job for job in JOBS if job.code == code), None)
