"""A sales department as it looks after two months with the workbench: what pictures are taken of.

The sample company of the tests with eight agents in two teams, two reviewers, a head of one team, an owner and an
administrator; drawn and scored calls of eight weeks; disputes, tasks, clips, calibrations, searches, made by the same
functions as the pages make them. What would be slow that way (thousands of answers) is written as rows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pipelines.assign_reviews import assign_reviews
from pipelines.index_words import index_words
from pipelines.progress import Silent
from pipelines.starter_forms import PROGRAM, publish_starter_set
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import FormVersion
from qc_workbench.domain.hearing import Heard
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.domain.search import CallFilters
from qc_workbench.review.evaluating import begun
from qc_workbench.store import scoring
from qc_workbench.store.database import Statement
from qc_workbench.store.forms import form_version
from qc_workbench.store.hearing import heard_written
from qc_workbench.ui.views.saved_searches import save_search
from qc_workbench.workspace import Workspace
from tests.browser.department_bonus import bonus_month
from tests.browser.department_calibrations import write_calibrations
from tests.browser.department_coaching import write_coaching
from tests.browser.department_connections import write_readings, write_sources
from tests.browser.department_day import write_days
from tests.browser.department_disputes import write_disputes
from tests.browser.department_findings import TALKS_DAYS_AGO, write_consent, write_findings, write_labels, write_talks
from tests.browser.department_investigation import investigation_month
from tests.browser.department_month import workdays, write_month
from tests.browser.department_people import came_in, employ, who
from tests.browser.department_talks import DIALLED, TALKS, length_s, spoken
from tests.browser.pictures import AGENT, CALL, HEAD, OWNER, QC
from tests.browser.planned_writes import SETTINGS as CRM_WRITING
from tests.browser.planned_writes import planned_writes
from tests.browser.schedule_history import write_history
from tests.scored_company import Drawn
from tests.ui import sample_company as company
from tests.ui.busy_ledger import busy
from tests.ui.scored_company import comment

FORM = "inbound_lead"


def department(home: Path, now: datetime) -> Workspace:
    with (company.sample_company(home).home / "qcw.toml").open("a", encoding="utf-8") as settings:
        # second looks are here already; those of eight weeks at once would fill everybody's days
        settings.write(
            "[review]\nsecond_looks_to_another = 0.0\nsecond_looks_to_same = 0.0\n"
            '[auto_answers]\ncompany_names = ["Компания Пример"]\n' + CRM_WRITING
        )
    write_sources(home)
    workspace = Workspace.open(home)
    employ(workspace, now)
    publish_starter_set(workspace, PROGRAM, now - timedelta(days=80))
    with workspace.store.reading() as reader:
        version = form_version(reader, FORM, 1)
    assert version is not None
    days = workdays(now)
    drawn = [
        Drawn(
            f"talk-{name}", TALKS[name][0], days[-ago],
            status=SampleStatus.WAITING if ago == 1 else SampleStatus.DONE,
            minute=30 + 41 * number, talk_s=length_s(name), phone=f"+749500001{number:02d}",
        )
        for number, (name, ago) in enumerate(TALKS_DAYS_AGO.items())
        if name not in DIALLED
    ]  # fmt: skip
    _search_ahead(workspace, now)
    write_history(workspace, now)
    write_readings(workspace, now)
    scores = write_month(workspace, version, now, drawn)
    write_talks(workspace, drawn, days)
    write_findings(workspace, days)
    index_words(workspace, Silent())
    assign_reviews(workspace, now, Silent())
    _desk(workspace, version, now)
    write_disputes(workspace, scores, now)
    write_coaching(workspace, now)
    write_calibrations(workspace, version, scores, now)
    write_labels(workspace)
    bonus_month(workspace, now, *(who(workspace, login, now) for login in (HEAD, OWNER, AGENT)))
    investigation_month(workspace, now, who(workspace, HEAD, now), who(workspace, AGENT, now))
    came_in(workspace, now)
    planned_writes(workspace, who(workspace, HEAD, now).name, now)
    write_days(workspace, who(workspace, HEAD, now), days, now)
    write_consent(workspace)
    settings_file = workspace.home / "qcw.toml"  # what was ruled at once above was ruled; from here on agents are asked
    text = settings_file.read_text(encoding="utf-8").replace("reply_days = 0", "reply_days = 3")
    settings_file.write_text(text, encoding="utf-8")
    return busy(Workspace.open(workspace.home), now)


def _search_ahead(workspace: Workspace, now: datetime) -> None:
    """Kept before the talks are indexed, so that they are news to whoever watches."""
    head, listener, at = who(workspace, HEAD, now), who(workspace, QC, now), now - timedelta(days=20)
    save_search(
        workspace, head, "Сравнивают с другой компанией", '"другой компании" OR дешевле', CallFilters(), at,
        is_shared=True, targeted_a_day=3,
    )  # fmt: skip
    save_search(
        workspace, listener, "Обещали и не перезвонили", 'клиент:"не перезвонили"', CallFilters(), at,
        is_shared=False, targeted_a_day=None,
    )  # fmt: skip


def _desk(workspace: Workspace, version: FormVersion, now: datetime) -> None:
    """Глеб has begun his call: half of the answers, two comments, what he has heard."""
    store, at = workspace.store, now - timedelta(minutes=6)
    store.write(
        Statement("update sample set assigned_to = 'q1', status = 'in_progress' where call_id = ?", (CALL,)),
    )
    draft = begun(CALL, version, "account-q1", at)
    store.apply(scoring.begin(draft))
    given = {"greeted": "yes", "named_company": "yes", "client_name": "yes"}
    for number, (code, value) in enumerate(given.items()):
        reply = Reply(code, (value,))
        store.apply(scoring.save_reply(draft, reply, f"desk-{code}", at + timedelta(seconds=20 * number)))
    lines = spoken(CALL.removeprefix("talk-"))
    comment(
        workspace, CALL, "m4", "Хорошо: прежде цены спросила, что нужно", at + timedelta(minutes=2),
        seconds=(lines[4][1], lines[4][2]), question="asked_before_price", for_coaching=False,
        duration_s=lines[-1][2],
    )  # fmt: skip
    comment(
        workspace, CALL, "m4", "Сравнение с чужим расчётом можно было предложить разобрать построчно",
        at + timedelta(minutes=3), seconds=(lines[10][1], lines[10][2]), question="objection",
        duration_s=lines[-1][2],
    )  # fmt: skip
    end = lines[11][2]
    heard = Heard(CALL, "account-q1", ((0.0, end - 20), (end - 14, end)), end - 6, 210.0, now - timedelta(minutes=1))
    store.apply(heard_written(heard, None))
