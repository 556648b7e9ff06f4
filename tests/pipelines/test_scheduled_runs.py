"""What runs by itself, on the real store: once for each moment, caught up once, seen when it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import scheduled
from pipelines.mail_server import MailError
from pipelines.run_scheduled import ask, asked_for, due_jobs, look, perform, run_now, set_paused, troubles
from pipelines.scheduled import JOBS, ScheduledJob, Turn
from qc_workbench.cli import application
from qc_workbench.config_schedule import DEFAULTS
from qc_workbench.domain.schedule import Asked, Due, Outcome, Run
from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.store import schedule
from qc_workbench.ui.i18n import catalogue
from qc_workbench.ui.scheduler import Scheduler
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.waiting import wait_until

NOON = datetime(2026, 10, 5, 9, tzinfo=UTC)
NIGHT = datetime(2026, 10, 5, 23, tzinfo=UTC)  # 02:00 in Moscow
DAY = timedelta(days=1)


class Clock:
    """Says what it is told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def counting(done: list[Turn]) -> ScheduledJob:
    def work(turn: Turn) -> Mapping[str, int]:
        done.append(turn)
        return {"calls": 2}

    return ScheduledJob("nightly", work, timedelta(days=2), apart=False)


def failing(error: Exception) -> ScheduledJob:
    def work(_: Turn) -> Mapping[str, int]:
        raise error

    return ScheduledJob("nightly", work, timedelta(days=2), apart=False)


def runs(workspace: Workspace, job: str = "nightly") -> list[Run]:
    with workspace.store.reading() as reader:
        return list(reversed(schedule.runs_of(reader, job, 100)))


def server(workspace: Workspace, job: ScheduledJob, clock: Callable[[], datetime]) -> Scheduler:
    return Scheduler(workspace.home, clock=clock, among=[job])


def test_it_runs_at_its_time_once_and_is_written_down(tmp_path: Path) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w"), list[Turn](), Clock(NOON)
    app = server(workspace, counting(done), clock)
    app.look()
    assert runs(workspace) == [], "what was due before the first start is not made up"
    for clock.now in (NIGHT - timedelta(seconds=1), NIGHT, NIGHT + timedelta(seconds=5), NIGHT + timedelta(hours=3)):
        app.look()
    (one,) = runs(workspace)
    assert (one.due_at, one.outcome, one.report, one.asked_by) == (NIGHT, Outcome.DONE, {"calls": 2}, None)
    clock.now = NIGHT + DAY
    app.look()
    assert [turn.due_at for turn in done] == [NIGHT, NIGHT + DAY]


def test_after_ten_days_away_it_is_caught_up_once(tmp_path: Path) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w"), list[Turn](), Clock(NOON)
    server(workspace, counting(done), clock).look()
    clock.now = NOON + 10 * DAY
    for _ in range(3):
        server(workspace, counting(done), clock).look()  # started anew each time
    assert [turn.due_at for turn in done] == [NIGHT + 9 * DAY]


def test_two_servers_run_each_moment_once(tmp_path: Path) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w"), list[Turn](), Clock(NOON)
    apps = [server(Workspace(workspace.home), counting(done), clock) for _ in range(3)]
    apps[0].look()
    for night in range(4):
        clock.now = NIGHT + night * DAY
        together = [threading.Thread(target=app.look) for app in apps]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
    assert [turn.due_at for turn in done] == [NIGHT + night * DAY for night in range(4)]
    assert [run.outcome for run in runs(workspace)] == [Outcome.DONE] * 4


def test_a_long_job_is_never_run_beside_itself_and_runs_once_when_it_has_ended(tmp_path: Path) -> None:
    workspace, clock = new_workspace(tmp_path / "w"), Clock(NOON)
    began, may_end, done = threading.Event(), threading.Event(), list[datetime]()

    def slow(turn: Turn) -> Mapping[str, int]:
        done.append(turn.due_at)
        began.set()
        assert may_end.wait(30)
        return {}

    job = ScheduledJob("nightly", slow, timedelta(days=5), apart=False)
    first, second = server(workspace, job, clock), server(workspace, job, clock)
    first.look()
    clock.now = NIGHT
    thread = threading.Thread(target=first.look)
    thread.start()
    assert began.wait(30)
    for nights in (1, 2):
        clock.now = NIGHT + nights * DAY
        second.look()
    assert perform(workspace, job, Due(clock.now, 1)) is None
    assert done == [NIGHT]
    may_end.set()
    thread.join()
    second.look()
    assert done == [NIGHT, NIGHT + 2 * DAY], "two nights were missed meanwhile and count as one"


@pytest.mark.parametrize(
    ("error", "code", "attempts"),
    [
        (MailError("mail_not_sent", waiting=1, why="x"), "mail_not_sent", 3),
        (RuntimeError("secret +79990000000"), "schedule_broken", 3),
        (NotConfigured("mail_not_configured"), "mail_not_configured", 1),
    ],
)
def test_what_fails_is_written_down_tried_again_and_stops_nobody(
    tmp_path: Path, error: Exception, code: str, attempts: int
) -> None:
    text = '[schedule]\ntimes = { retention = "sun 04:00" }\n'
    workspace, done, clock = new_workspace(tmp_path / "w", text), list[Turn](), Clock(NOON)
    app = Scheduler(workspace.home, clock=clock, among=[failing(error), replace(counting(done), code="retention")])
    app.look()
    for minutes in (0, 4, 6, 20, 45, 90, 600):
        clock.now = NIGHT + timedelta(minutes=minutes)
        app.look()
    found = runs(workspace)
    assert [(run.outcome, run.error_code, run.due_at) for run in found] == [(Outcome.FAILED, code, NIGHT)] * attempts
    assert "secret" not in str(found)
    assert found[-1].try_again_at is None
    clock.now = datetime(2026, 10, 11, 1, 0, tzinfo=UTC)  # Sunday, 04:00
    app.look()
    assert len(done) == 1


def test_a_pause_holds_it_and_nothing_is_made_up_afterwards(tmp_path: Path) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w"), list[Turn](), Clock(NOON)
    app = server(workspace, counting(done), clock)
    app.look()
    set_paused(workspace, "nightly", True, "Вера", NOON)
    clock.now = NIGHT + timedelta(hours=1)
    app.look()
    set_paused(workspace, "nightly", False, "Вера", clock.now)
    app.look()
    assert done == []
    clock.now = NIGHT + DAY
    app.look()
    assert [turn.due_at for turn in done] == [NIGHT + DAY]
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action, object from audit where action like 'job%' order by happened_at")
    assert [tuple(row.values()) for row in rows] == [
        ("Вера", "job_paused", "nightly"),
        ("Вера", "job_resumed", "nightly"),
    ]


def test_a_run_that_somebody_asks_for_begins_at_once_also_in_a_pause_and_leaves_the_schedule_alone(
    tmp_path: Path,
) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w", "[schedule]\nenabled = false\n"), list[Turn](), Clock(NOON)
    app = server(workspace, counting(done), clock)
    app.look()
    clock.now = NIGHT
    app.look()
    assert done == [], "switched off"
    ask(workspace, "nightly", "Вера", NIGHT)
    ask(workspace, "nightly", "Олег", NIGHT + timedelta(seconds=1))
    assert asked_for(workspace, "nightly", NIGHT) == Asked("Вера", NIGHT)
    app.look()
    app.look()
    (one,) = runs(workspace)
    assert (one.asked_by, one.due_at) == ("Вера", NIGHT)
    with pytest.raises(UsageError, match="schedule_unknown"):
        ask(workspace, "nothing", "Вера", NOON)
    with pytest.raises(UsageError, match="schedule_at_terminal"):
        ask(workspace, "retention", "Вера", NOON)


_KILLED = """
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from pipelines.run_scheduled import perform
from pipelines.scheduled import ScheduledJob
from qc_workbench.domain.schedule import Due
from qc_workbench.workspace import Workspace

def work(turn):
    print("began", flush=True)
    time.sleep(60)
    return {}

due = Due(datetime.fromisoformat(sys.argv[2]), 1)
job = ScheduledJob("nightly", work, timedelta(days=2))
done = perform(Workspace.open(Path(sys.argv[1])), job, due, clock=lambda: due.due_at)
print("refused" if done is None else done.outcome.value, flush=True)
"""


def process(workspace: Workspace) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _KILLED, str(workspace.home), NIGHT.isoformat()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def alone(tmp_path: Path) -> Workspace:
    """A workspace whose owner is a process of its own, so that others may come."""
    workspace = new_workspace(tmp_path / "w")
    workspace.store.write(schedule.seen("nightly", NOON))
    workspace.store.release()
    return workspace


@pytest.mark.slow
def test_two_processes_of_which_one_is_killed(alone: Workspace) -> None:
    both = [process(alone) for _ in range(2)]
    try:
        said = sorted(item.stdout.readline().strip() for item in both if item.stdout)
        assert said == ["began", "refused"], "one moment, one of them"
        (worker,) = [item for item in both if _is_up(item)]
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
    finally:
        for item in both:
            item.kill()
            item.wait(10)
            if item.stdout:
                item.stdout.close()
    done, clock = list[Turn](), Clock(NIGHT + timedelta(minutes=1))
    app = server(alone, counting(done), clock)
    app.look()
    (lost,) = runs(alone)
    assert (lost.outcome, lost.error_code) == (Outcome.LOST, "schedule_run_lost")
    assert troubles(alone, clock.now)["nightly"] == "failed"
    clock.now += timedelta(minutes=6)
    app.look()
    assert [(run.attempt, run.outcome) for run in runs(alone)] == [(1, Outcome.LOST), (2, Outcome.DONE)]
    assert "nightly" not in troubles(alone, clock.now)


def _is_up(item: subprocess.Popen[str]) -> bool:
    try:
        item.wait(2)
    except subprocess.TimeoutExpired:
        return True
    return False


def test_a_heavy_job_is_a_process_of_its_own_that_ends_with_the_app(alone: Workspace) -> None:
    started: list[tuple[str, datetime, int]] = []
    children: list[subprocess.Popen[bytes]] = []

    def start(_: Path, code: str, due_at: datetime, attempt: int) -> subprocess.Popen[bytes]:
        started.append((code, due_at, attempt))
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        children.append(subprocess.Popen(command))
        return children[-1]

    job = replace(counting([]), apart=True)
    clock = Clock(NIGHT)
    app = Scheduler(alone.home, start, look_every_s=0.1, first_look=timedelta(0), clock=clock, among=[job])
    app.begin()
    try:
        wait_until(lambda: bool(started))
    finally:
        app.end()
    assert started == [("nightly", NIGHT, 1)], "it is not begun again while its process lives"
    assert children[0].returncode == -signal.SIGTERM


def test_the_command_does_it_as_the_server_would(alone: Workspace) -> None:
    def qcw(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(application("en"), ["--home", str(alone.home), *words])
        return done.exit_code, done.output

    assert "nightly" in qcw("schedule")[1]
    code, said = qcw("schedule", "run", "retention")
    assert (code, "done" in said) == (0, True)
    code, said = qcw("schedule", "run", "retention", "--due", NIGHT.isoformat())
    assert code == 0
    assert "running already" in qcw("schedule", "run", "retention", "--due", NIGHT.isoformat())[1]
    assert [run.asked_by is None for run in runs(alone, "retention")] == [False, True]
    assert qcw("schedule", "run", "nothing")[0] == 2
    assert qcw("schedule", "pause", "nightly")[0] == 0
    assert "paused" in qcw("schedule")[1]
    assert qcw("schedule", "resume", "nightly")[0] == 0


def test_mail_is_sent_where_some_waits_and_nothing_is_written_down_where_none_does(tmp_path: Path) -> None:
    from pipelines.post import queue_mail
    from qc_workbench.domain.mail import Mail
    from tests.mail_server import Mailbox, mail_server

    mailbox, (job,) = Mailbox(), [item for item in JOBS if item.code == "send_mail"]
    with mail_server(mailbox) as port:
        text = f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "qc@example.com"\n'
        workspace, clock = new_workspace(tmp_path / "w", text), Clock(NOON)
        app = server(workspace, job, clock)
        for minutes in (0, 2, 4):
            clock.now = NOON + timedelta(minutes=minutes)
            app.look()
        assert runs(workspace, "send_mail") == []
        queue_mail(workspace, Mail("anna@example.com", "Тема", "Текст"), clock.now)
        app.look()
        clock.now += timedelta(minutes=2)
        app.look()
    (one,) = runs(workspace, "send_mail")
    assert one.report == {"sent": 1, "put_off": 0, "given_up": 0}
    assert mailbox.addressees == ["anna@example.com"]


def test_runs_about_one_thing_each_follow_one_another_and_one_about_everything_does_for_all(tmp_path: Path) -> None:
    workspace, done, clock = new_workspace(tmp_path / "w"), list[Turn](), Clock(NOON)
    app = server(workspace, counting(done), clock)
    for place, about in enumerate(("binotel", "ringostat", "binotel")):
        ask(workspace, "nightly", "Вера", NOON + timedelta(seconds=place), about)
    for _ in range(4):
        app.look()
    assert [turn.about for turn in done] == ["binotel", "ringostat"], "asked for twice is asked for once"
    assert sorted(run.about for run in runs(workspace)) == ["binotel", "ringostat"]
    for place, about in enumerate(("", "ringostat"), start=10):
        ask(workspace, "nightly", "Вера", NOON + timedelta(seconds=place), about)
    for _ in range(3):
        app.look()
    assert [turn.about for turn in done[2:]] == [""]


def test_what_nobody_runs_is_overdue(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "w", '[schedule]\ntimes = { evening_control = "off" }\n')
    due_jobs(workspace, NOON)
    assert troubles(workspace, NIGHT + timedelta(minutes=14)) == {}
    assert troubles(workspace, NIGHT + timedelta(minutes=16)) == {"nightly": "overdue"}
    assert next(item.next_at for item in look(workspace, NOON) if item.job.code == "nightly") == NIGHT


def test_run_now_runs_here(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "w")
    done = run_now(workspace, "retention", "Вера")
    assert done is not None
    assert (done.outcome, done.asked_by) == (Outcome.DONE, "Вера")


@pytest.mark.parametrize("code", sorted(DEFAULTS))
def test_every_job_runs_on_a_workspace_that_holds_nothing(tmp_path: Path, code: str) -> None:
    workspace = new_workspace(tmp_path / "w")
    done = run_now(workspace, code, "Вера", clock=lambda: NIGHT)
    assert done is not None
    # Without a speech model the nightly run says so, and that is all.
    assert (done.outcome, done.error_code) in ((Outcome.DONE, None), (Outcome.FAILED, "model_missing"))
    unsaid = [name for name in done.report if f"schedule.report.{name}" not in catalogue()]
    assert unsaid == []


def test_evening_page_and_month_run_at_their_times_and_do_their_part(tmp_path: Path) -> None:
    text = """
        [day]
        recipients = [{ address = "owner@example.com" }]
        [schedule]
        times = { nightly = "off" }
    """
    workspace, clock = new_workspace(tmp_path / "w", text), Clock(datetime(2026, 10, 30, 9, tzinfo=UTC))

    def here(_: Path, code: str, due_at: datetime, attempt: int) -> subprocess.Popen[bytes]:
        job = scheduled.job_with(code)
        assert job is not None
        perform(workspace, job, Due(due_at, attempt), clock=clock)
        raise OSError  # there is no process

    app = Scheduler(workspace.home, here, clock=clock)
    for hours in range(60):  # from Friday noon over Saturday, the last of the month
        clock.now = datetime(2026, 10, 30, 9, tzinfo=UTC) + timedelta(hours=hours)
        app.look()
    zone = workspace.settings.company.zone
    seen = {
        code: [run.due_at.astimezone(zone).strftime("%d.%m %H:%M") for run in runs(workspace, code)]
        for code in DEFAULTS
    }
    assert {code: moments for code, moments in seen.items() if moments} == {
        "evening_control": ["30.10 19:00"],
        "day_page": ["30.10 19:15"],
        "month_end": ["31.10 20:00"],
    }
    (page,) = runs(workspace, "day_page")
    assert page.report == {"queued": 1}
    (control,) = runs(workspace, "evening_control")
    assert control.report["controls"] >= 1


def test_every_job_has_its_words_a_time_and_amounts_that_can_be_read() -> None:
    assert {job.code for job in JOBS} == set(DEFAULTS)
    missing = [
        key
        for job in JOBS
        for key in (f"schedule.job.{job.code}", f"schedule.job_says.{job.code}")
        if key not in catalogue()
    ]
    assert missing == []
    assert scheduled.job_with("nightly") is not None
