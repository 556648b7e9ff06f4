"""A sales department as it looks after two months with the workbench: what pictures are taken of.

The sample company of the tests with eight agents in two teams, two reviewers, a head of one team, an owner and an
administrator; drawn and scored calls of eight weeks; disputes, tasks, clips, calibrations, searches, made by the same
functions as the pages make them. What would be slow that way (thousands of answers) is written as rows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from pipelines.assign_reviews import assign_reviews
from pipelines.evaluate_detectors import evaluate
from pipelines.index_words import index_words
from pipelines.progress import Silent
from pipelines.starter_forms import PROGRAM, publish_starter_set
from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.calibration import Blindness
from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.coaching import ClipKind, TaskState
from qc_workbench.domain.commitment import (
    Action,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    Refusal,
    SpokenCommitment,
)
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentVerdict
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.dispute import Line
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.domain.flag import Evidence, Flag, FlagKind, Verdict
from qc_workbench.domain.forms import FormVersion
from qc_workbench.domain.hearing import Heard
from qc_workbench.domain.lost_deal import DealFinding, LostDeal
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.domain.search import CallFilters
from qc_workbench.review import disputes as rules
from qc_workbench.review.evaluating import begun
from qc_workbench.store import calls as call_rows
from qc_workbench.store import crm, people, scoring, verdicts
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.consent import consent_row
from qc_workbench.store.database import Statement
from qc_workbench.store.forms import form_version
from qc_workbench.store.hearing import heard_written
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.ui.accounts import begin_session
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import accounts, calibration, coaching
from qc_workbench.ui.views.saved_searches import save_search
from qc_workbench.ui.views.scored_calls import ScoredCase, make_moves, scored_case
from qc_workbench.workspace import Workspace
from tests.browser.department_bonus import bonus_month
from tests.browser.department_connections import write_readings, write_sources
from tests.browser.department_day import write_days
from tests.browser.department_investigation import investigation_month
from tests.browser.department_month import (
    AGENTS,
    TEAMS,
    answer_rows,
    changed,
    evaluation_row,
    replies,
    submission,
    workdays,
    write_month,
)
from tests.browser.department_talks import DIALLED, EMPTY, TALKS, length_s, spoken
from tests.browser.pictures import ADMIN, AGENT, CALL, HEAD, OWNER, QC
from tests.browser.planned_writes import SETTINGS as CRM_WRITING
from tests.browser.planned_writes import planned_writes
from tests.browser.schedule_history import write_history
from tests.calibration_cases import kept, session_of
from tests.scored_company import Drawn
from tests.ui import sample_company as company
from tests.ui.busy_ledger import busy
from tests.ui.scored_company import comment

#: Days of the last ones (from yesterday back) on which the recorded talks were.
_TALKS_DAYS_AGO = {
    "balcony": 1, "measure": 1, "voicemail": 2, "late_promise": 3, "price_only": 3, "discount": 4, "competitor": 5,
    "thanks": 6, "spring": 7, "voicemail_again": 8,
}  # fmt: skip
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
    _employ(workspace, now)
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
        for number, (name, ago) in enumerate(_TALKS_DAYS_AGO.items())
        if name not in DIALLED
    ]  # fmt: skip
    _search_ahead(workspace, now)
    write_history(workspace, now)
    write_readings(workspace, now)
    scores = write_month(workspace, version, now, drawn)
    _talks(workspace, drawn, days)
    _findings(workspace, days)
    index_words(workspace, Silent())
    assign_reviews(workspace, now, Silent())
    _desk(workspace, version, now)
    _disputes(workspace, scores, now)
    _coaching(workspace, now)
    _calibrations(workspace, version, scores, now)
    _labels(workspace)
    bonus_month(workspace, now, *(who(workspace, login, now) for login in (HEAD, OWNER, AGENT)))
    investigation_month(workspace, now, who(workspace, HEAD, now), who(workspace, AGENT, now))
    _doors(workspace, now)
    planned_writes(workspace, who(workspace, HEAD, now).name, now)
    write_days(workspace, who(workspace, HEAD, now), days, now)
    _told_of_recording(workspace)
    settings_file = workspace.home / "qcw.toml"  # what was ruled at once above was ruled; from here on agents are asked
    text = settings_file.read_text(encoding="utf-8").replace("reply_days = 0", "reply_days = 3")
    settings_file.write_text(text, encoding="utf-8")
    return busy(Workspace.open(workspace.home), now)


def _told_of_recording(workspace: Workspace) -> None:
    """Whether clients were told of the recording, as if the beginnings of answered calls had been recognised."""
    with workspace.store.reading() as reader:
        calls = reader.rows("select call_id from calls where outcome = 'answered' order by call_id")
    chance = random.Random("recording")
    kinds = (
        (ConsentVerdict.TOLD, ConsentReason.BY_MACHINE), (ConsentVerdict.TOLD, ConsentReason.BY_AGENT),
        (ConsentVerdict.NOT_TOLD, ConsentReason.NEVER), (ConsentVerdict.NOT_TOLD, ConsentReason.LATE),
        (ConsentVerdict.UNSURE, ConsentReason.NO_OPENING),
    )  # fmt: skip
    lines = []
    for row in calls:
        verdict, reason = chance.choices(kinds, (50, 30, 10, 4, 6))[0]
        second = 3.0 if verdict is ConsentVerdict.TOLD else 41.0 if reason is ConsentReason.LATE else None
        lines.append(consent_row(ConsentLine(row["call_id"], verdict, reason, second, second, None, 20.0, "1")))
    workspace.store.insert_many("consent_lines", lines)


def who(workspace: Workspace, login: str, now: datetime) -> Viewer:
    """The person with this login, as a page sees them."""
    with workspace.store.reading() as reader:
        account = people.account_with_login(reader, login)
        team_of = people.team_of_agents(reader)
    assert account is not None, f"nobody has the login {login}"
    return Viewer(account, team_of)


# People --------------------------------------------------------------------------------------------------------------


def _employ(workspace: Workspace, now: datetime) -> None:
    known = {"m1", "m2"}
    fresh = {agent: name for agent, (name, _, _) in AGENTS.items() if agent not in known} | {"m9": "Ольга Ушедшая"}
    rows = [call_rows.manager_row(Manager(agent, name)) for agent, name in fresh.items()]
    workspace.store.insert_many("managers", rows)
    begun_at = now - timedelta(days=70)
    agent, every_day = frozenset({AccessRole.AGENT}), frozenset(range(7))
    saved = [
        Account(Person("account-owner", frozenset({AccessRole.OWNER})), OWNER, "Наталья Королёва", begun_at),
        Account(Person("account-admin", frozenset({AccessRole.ADMIN})), ADMIN, "Роман Климов", begun_at),
        Account(Person("account-h1", frozenset({AccessRole.HEAD}), "h1", None), HEAD, "Вера Главная", begun_at),
        Account(
            Person("account-h2", frozenset({AccessRole.HEAD}), None, frozenset({"doors"})), "h2", "Олег Старшев",
            begun_at,
        ),
        Account(
            Person("account-q1", frozenset({AccessRole.QC}), "q1"), QC, "Глеб Слушатель", begun_at, calls_a_day=14,
            weekdays=every_day,
        ),
        Account(
            Person("account-q2", frozenset({AccessRole.QC})), "q2", "Галина Вторая", begun_at, calls_a_day=10,
            weekdays=every_day,
        ),
        *(Account(Person(f"account-{key}", agent, key), key, name, begun_at) for key, name in fresh.items()),
    ]  # fmt: skip
    for account in saved:
        person = account.person.person_id
        workspace.store.apply(people.saved(account, people.password_set(person, company.password_hash(), begun_at)))
    admin = who(workspace, ADMIN, now)
    for team, name in TEAMS.items():
        members = [key for key, (_, of, _) in AGENTS.items() if of == team]
        accounts.save_team(workspace, admin, Team(team, name), members, begun_at)
    gone = next(account for account in saved if account.login == "m9")
    accounts.save_account(workspace, admin, accounts.left(gone, now - timedelta(days=9)), now - timedelta(days=9))
    invited = Account(Person("account-m10", agent, None), "k.novikova", "Карина Новикова", now - timedelta(hours=20))
    accounts.save_account(workspace, admin, invited, now - timedelta(hours=20))
    accounts.link_for(workspace, admin, invited, now - timedelta(hours=20))
    first = now.date() + timedelta(days=7)
    accounts.note_absence(workspace, admin, "account-q2", first, first + timedelta(days=6), now - timedelta(days=2))


def _doors(workspace: Workspace, now: datetime) -> None:
    """Who came in lately, and who could not."""
    entries = [
        audit_entry(now - timedelta(minutes=minutes), who(workspace, login, now).name, "logged_in", f"account-{login}",
                    way="password")
        for login, minutes in ((QC, 95), ("q2", 80), (HEAD, 62), (AGENT, 41), ("m5", 33), (OWNER, 12))
    ]  # fmt: skip
    tries = [people.tried("m6", "192.0.2.7", False, now - timedelta(minutes=9, seconds=-10 * n)) for n in range(5)]
    failed = [audit_entry(now - timedelta(minutes=8), "Кирилл Полевой", "log_in_failed", "account-m6")] * 2
    workspace.store.write(*entries, *tries, *failed)
    for login in (QC, "q2", HEAD, AGENT, "m5", OWNER):
        account = who(workspace, login, now).account
        begin_session(workspace, account.person.person_id, now - timedelta(minutes=20))


# What was said and found ----------------------------------------------------------------------------------------------


def _talks(workspace: Workspace, drawn: Sequence[Drawn], days: Sequence[date]) -> None:
    for item in drawn:
        name = item.call_id.removeprefix("talk-")
        company.record(
            workspace, _call(name, item.started_at, Direction.INBOUND, item.phone), spoken(name), has_voices=True
        )
    for number, name in enumerate(DIALLED):
        at = datetime.combine(days[-_TALKS_DAYS_AGO[name]], time(11, 7 * number), company.AS_OF.tzinfo)
        call = _call(name, at, Direction.OUTBOUND, f"+749500002{number:02d}")
        workspace.store.insert_many("calls", [call_rows.call_row(call, at)])
        company.record(workspace, call, spoken(name), has_voices=name not in EMPTY)


def _call(name: str, at: datetime, direction: Direction, phone: str | None) -> Call:
    return Call(
        f"talk-{name}", at, direction, TALKS[name][0], phone, length_s(name), Outcome.ANSWERED,
        recording_name=f"{name}.wav", language="ru",
    )  # fmt: skip


def _findings(workspace: Workspace, days: Sequence[date]) -> None:
    store, at = workspace.store, datetime.combine(days[-2], time(6), company.AS_OF.tzinfo)
    flags = []
    for name, verdict, certain in zip(EMPTY, (Verdict.FLAG, Verdict.UNSURE), (0.96, 0.5), strict=True):
        ((_, start, end, text),) = spoken(name)
        proof = (
            Evidence(1, start, end, "operator_announcement", text),
            Evidence(1, end, float(length_s(name)), "silence"),
        )
        flags.append(
            Flag(f"flag-{name}", f"talk-{name}", FlagKind.FAKE_EFFECTIVE, verdict, certain, proof, "sample", "1",
                 ("voicemail",))
        )  # fmt: skip
    _, start, end, text = spoken("spring")[1]
    flags.append(
        Flag("flag-spring", "talk-spring", FlagKind.FALSE_REFUSAL, Verdict.FLAG, 0.85,
             (Evidence(1, start, end, "client_postponed", text),), "sample", "1", ("deal_lost_without_refusal",))
    )  # fmt: skip
    store.insert_many("flags", [verdicts.flag_row(flag, at) for flag in flags])
    refusal = Refusal("talk-spring", ClientSaid.POSTPONED, "deal-spring", "lost", True, text, start, end)
    store.insert_many("refusals", [verdicts.refusal_row(refusal)])
    deals = [
        Deal("deal-spring", ("+74950000201",), "m8", "Коммуникация", DealStatus.LOST, at, "Передумал", Decimal(118000),
             "RUB", at - timedelta(days=20), client_name="Андрей, раздвижные двери"),
        Deal("deal-balcony", ("+74950000100",), "m4", "Замер", DealStatus.OPEN, at, None, Decimal(96000), "RUB",
             at - timedelta(days=3), client_name="Марина, лоджия"),
        Deal("deal-late", ("+74950000103",), "m5", "Расчёт", DealStatus.OPEN, at, None, Decimal(54000), "RUB",
             at - timedelta(days=12), client_name="Сергей, дверь с зеркалом"),
    ]  # fmt: skip
    store.insert_many("deals", [crm.deal_row(deal) for deal in deals])
    store.insert_many(
        "deal_findings",
        [lost_deal_row(LostDeal("deal-spring", DealFinding.CLIENT_POSTPONED, None, "talk-spring", 1, 0.9))],
    )
    today = days[-1] + timedelta(days=1)
    said = [
        ("balcony", 13, Action.VISIT, CommitmentOutcome.SCHEDULED, today, "в четверг"),
        ("late_promise", 6, Action.SEND_OFFER, CommitmentOutcome.MISSING, days[-2], "завтра до двенадцати"),
        ("competitor", 4, Action.CALLBACK, CommitmentOutcome.KEPT_UNLOGGED, days[-5], "сегодня до шести"),
        ("thanks", 4, Action.VISIT, CommitmentOutcome.SCHEDULED_LATE, days[-4], "в среду"),
        ("measure", 4, Action.VISIT, CommitmentOutcome.KEPT, days[-1], "завтра в одиннадцать"),
    ]
    found = []
    for name, line, action, outcome, day, phrase in said:
        _, start, end, text = spoken(name)[line]
        due = DueWindow(day, day, time(9), time(18))
        promise = SpokenCommitment(
            f"said-{name}", f"talk-{name}", Promiser.AGENT, action, text, start, end, due, "sample", phrase
        )
        found.append(Commitment(promise, outcome))
    store.insert_many("commitments", [verdicts.commitment_row(item, at) for item in found])


def _labels(workspace: Workspace) -> None:
    """What somebody who listened says of some calls, and how the detectors stand against it."""
    nobody = {"answered_by": "voicemail", "fake_effective": True}
    somebody = {"answered_by": "human", "fake_effective": False}
    truth = {f"talk-{name}": nobody if name in EMPTY else somebody for name in TALKS}
    truth |= {company.PADDED: nobody, company.UNSURE: nobody, company.TALK: somebody, company.PROMISE: somebody}
    file = workspace.home / "labels.jsonl"
    lines = [json.dumps({"id": call_id, "truth": said}) for call_id, said in truth.items()]
    file.write_text("\n".join(lines), encoding="utf-8")
    evaluate(workspace, file)


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


# The desk of a reviewer -----------------------------------------------------------------------------------------------


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


# Disputes -------------------------------------------------------------------------------------------------------------


def _disputes(workspace: Workspace, scores: Sequence[Evaluation], now: datetime) -> None:
    """Talks that can be heard wait for a ruling; of the other last scores some are ruled on, others agreed with."""
    evaluations = {item.call_id: item for item in scores}
    for call_id, question, rounds in (
        ("talk-discount", "objection", 0), ("talk-price_only", "next_step", 3), ("talk-late_promise", "next_step", 0),
    ):  # fmt: skip
        _argue(workspace, _case(workspace, evaluations[call_id], now), question, rounds, now)
    recent = [item for item in scores if item.submitted_at and item.submitted_at > now - timedelta(days=4)]
    ruled = 0
    for item in recent:
        case = _case(workspace, item, now)
        if case.call.call_id.startswith("talk") or item.submitted_at > now - timedelta(hours=20):
            continue
        asked = next((line.question for line in case.lines if line.question in _SAID and _counter(case, line)), None)
        if asked and ruled < 9:
            ruled += 1
            _argue(workspace, case, asked, 1, now)
        person = who(workspace, case.call.manager_id, now)
        at = now - timedelta(hours=3)
        case = _case(workspace, item, now)
        make_moves(workspace, person, case, lambda it, who=person.account.person: rules.acknowledge(it, who), at)


#: Question -> what the agent says, how it is ruled, whether the agent was right.
_SAID = {
    "objection": ("Сомнения не было, клиент уточнял цену", "Клиент сказал «дорого»: это сомнение", False),
    "next_step": ("Клиент сам просил не перезванивать", "Просил «не сегодня», день можно было назвать", False),
    "client_name": ("Назвал по имени в конце разговора", "Да, на последней минуте слышно", True),
    "greeted": ("Поздоровался до начала записи", "В записи приветствия нет", False),
    "introduced": ("Имя назвал, слышно плохо", "Согласен: имя названо", True),
    "asked_before_price": ("Клиент сам назвал размеры", "Верно, спрашивать было не о чем", True),
    "no_silence": ("Искал в программе и предупредил об этом", "Да, предупредил", True),
}


def _case(workspace: Workspace, evaluation: Evaluation, now: datetime) -> ScoredCase:
    found = scored_case(workspace, evaluation.evaluation_id, now)
    assert found is not None
    return found


def _counter(case: ScoredCase, line: Line) -> Reply | None:
    """What the agent would have answered, where a plain no was given."""
    return Reply(line.question, ("yes",)) if line.original.values == ("no",) and case.is_bad(line) else None


def _argue(workspace: Workspace, case: ScoredCase, question: str, rounds: int, now: datetime) -> None:
    """``rounds``: 0 it waits, 1 it was ruled on, 3 appealed as well."""
    assert case.evaluation.submitted_at is not None
    at = case.evaluation.submitted_at + timedelta(hours=2)
    reason, ruling, is_granted = _SAID[question]
    line = next(line for line in case.lines if line.question == question)
    counter = _counter(case, line)
    assert counter is not None
    agent = who(workspace, case.call.manager_id, now)
    make_moves(workspace, agent, case, lambda it: [rules.dispute(it, agent.account.person, counter, reason)], at)
    if rounds == 0:
        return
    other = who(workspace, "q2" if case.evaluation.reviewer == "account-q1" else QC, now)
    case, at = _case(workspace, case.evaluation, now), at + timedelta(minutes=20)
    answer = counter if is_granted else line.original
    make_moves(workspace, other, case, lambda it: [rules.rule(it, other.account.person, answer, ruling)], at)
    if rounds == 3:
        case, at = _case(workspace, case.evaluation, now), at + timedelta(minutes=15)
        why = "Прошу послушать ещё раз: ответ в конце разговора"
        make_moves(workspace, agent, case, lambda it: [rules.appeal(it, agent.account.person, question, why)], at)


# Coaching -------------------------------------------------------------------------------------------------------------


def _coaching(workspace: Workspace, now: datetime) -> None:
    head, listener = who(workspace, HEAD, now), who(workspace, QC, now)
    price, discount, late = spoken("price_only"), spoken("discount"), spoken("late_promise")
    ago = lambda days: now - timedelta(days=days)  # noqa: E731
    tasks = []
    for call, agent, line, text, question, task, given_ago, due_in in (
        (
            "talk-price_only",
            "m6",
            price[2],
            "Назвал цену, не спросив, что нужно",
            "asked_before_price",
            "До цены — два вопроса: для чего и когда",
            20,
            -6,
        ),
        (
            "talk-discount",
            "m2",
            discount[2],
            "Скидка сразу, без вопроса о сомнении",
            "objection",
            "Сначала узнать, с чем сравнивают, потом говорить о цене",
            6,
            4,
        ),
        (
            "talk-late_promise",
            "m5",
            late[6],
            "Хорошо: назвал точное время",
            "next_step",
            "Каждое обещание — задачей в CRM в тот же час",
            12,
            1,
        ),
    ):
        made = comment(workspace, call, agent, text, ago(given_ago + 1), seconds=(line[1], line[2]), question=question)
        due = (now + timedelta(days=due_in)).date()
        tasks.append(coaching.give_task(workspace, head, [made], task, due, question, ago(given_ago)))
    comment(
        workspace, "talk-price_only", "m6", "«Подумайте и перезвоните» — клиента отпустили без шага", ago(1),
        seconds=(price[6][1], price[6][2]), question="next_step",
    )  # fmt: skip
    comment(
        workspace, "talk-discount", "m2", "Торопит клиента: «завтра уже не будет»", ago(1),
        seconds=(discount[4][1], discount[4][2]), question="polite",
    )  # fmt: skip
    for agent, states in (("m5", (TaskState.SEEN, TaskState.DONE)), ("m2", (TaskState.SEEN,))):
        for number, state in enumerate(states):
            (case,) = coaching.own_tasks(workspace, who(workspace, agent, now), agent, coaching.TaskShelf.OPEN, 1, now)
            note = "Разобрал, веду список" if state is TaskState.DONE else ""
            coaching.write_step(workspace, who(workspace, agent, now), case, state, ago(4 - number), note)
    balcony, competitor = spoken("balcony"), spoken("competitor")
    for call, first, last, kind, title, question in (
        ("talk-balcony", balcony[4], balcony[6], ClipKind.GOOD, "Вопросы до цены", "asked_before_price"),
        ("talk-balcony", balcony[9], balcony[10], ClipKind.GOOD, "«Дорого»: с чем сравнивают", "objection"),
        ("talk-competitor", competitor[4], competitor[6], ClipKind.GOOD, "Шаг с точным временем", "next_step"),
        ("talk-price_only", price[2], price[6], ClipKind.BAD, "Число и тишина", "asked_before_price"),
    ):
        coaching.keep_clip(workspace, listener, call, (first[1], last[2]), kind, title, question, ago(3))


def _call_before(workspace: Workspace, at: datetime) -> str:
    """An incoming call of the week before that no plan has drawn."""
    with workspace.store.reading() as reader:
        found = reader.value(
            "select arg_max(call_id, started_at) from calls "
            "where call_id like 'm_-____-2' and talk_s > 60 and started_at < ?",
            at,
        )
    return str(found)


# Calibration ----------------------------------------------------------------------------------------------------------


def _calibrations(workspace: Workspace, version: FormVersion, scores: Sequence[Evaluation], now: datetime) -> None:
    """Six agreed on and closed, one on the table, one that two still have to score."""
    chance = random.Random(11)
    people_of = ("account-h1", "account-q1", "account-q2")
    head = who(workspace, HEAD, now)
    calls = ["", "", "", "", "", "", "talk-competitor", "talk-measure"]
    with workspace.store.reading() as reader:
        appointment = form_version(reader, "appointment", 1)
    assert appointment is not None
    for number, fixed in enumerate(calls):
        is_last = number == len(calls) - 1
        form, asked = (appointment, people_of[2:]) if is_last else (version, people_of)
        at = now - timedelta(days=7 * (len(calls) - number) - 3)
        call_id = fixed or _call_before(workspace, at)
        blank = session_of(call_id, participants=people_of, at=at, led_by="account-h1", blindness=Blindness.BLIND)
        session = kept(workspace.store, replace(blank, form_code=form.form.code))
        truth, answers = replies(form.form, 0.75, chance), []
        for place, person in enumerate(asked):
            given = changed(form.form, truth, chance, 0.3) if place else truth
            sent = submission(form, call_id, person, at + timedelta(hours=5 + place), given, Purpose.CALIBRATION)
            workspace.store.insert_many("evaluations", [evaluation_row(sent)])
            answers += answer_rows(sent, given)
        workspace.store.insert_many("evaluation_answers", answers)
        if not is_last:
            later = at + timedelta(days=1)
            calibration.agree_where_all_do(workspace, head, session.session_id, later)
            if number < len(calls) - 2:
                for reply in truth.values():
                    code, values = reply.question, reply.values
                    calibration.agree(workspace, head, session.session_id, code, values, "", later, reply.cause)
                calibration.close(workspace, head, session.session_id, later + timedelta(hours=1))
