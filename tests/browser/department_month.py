"""Eight weeks of the department in rows: calls, draws, scores, second looks. Drawn from one seed, written at once."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply
from qc_workbench.domain.flag import AnsweredBy, Conversation
from qc_workbench.domain.forms import NOT_APPLICABLE, Critical, Form, FormVersion, Kind, Question
from qc_workbench.domain.sampling import Period, SampleStatus
from qc_workbench.review.scoring import is_bad, score, shown_questions
from qc_workbench.store import calls as call_rows
from qc_workbench.store import verdicts
from qc_workbench.store.database import to_json
from qc_workbench.workspace import Workspace
from tests.scored_company import Drawn, draw
from tests.ui import sample_company as company

WEEKS = 8
#: Employee -> (name, team, how good they are: the chance of a good answer to an ordinary question).
AGENTS = {
    "m1": ("Алла Пробная", "windows", 0.90),
    "m2": ("Борис Образцов", "windows", 0.66),
    "m3": ("Вадим Кузнечный", "windows", 0.80),
    "m4": ("Дарья Ветрова", "windows", 0.86),
    "m5": ("Егор Лесной", "doors", 0.74),
    "m6": ("Кирилл Полевой", "doors", 0.55),
    "m7": ("Жанна Рябинина", "doors", 0.84),
    "m8": ("Илья Северов", "doors", 0.78),
}
TEAMS = {"windows": "Окна", "doors": "Двери"}
#: Questions harder than others, easier than others.
_HARD = {"needs": -0.2, "objection": -0.15, "next_step": -0.12, "client_name": -0.1}
_EASY = {"greeted": 0.15, "named_company": 0.1, "contact_kept": 0.12, "polite": 0.3, "no_silence": 0.1}
#: What was answered about recorded talks, where it is to be heard.
_HEARD: dict[str, dict[str, tuple[str, str | None]]] = {
    "talk-price_only": {
        "greeted": ("no", None), "named_company": ("no", None), "introduced": ("no", None), "client_name": ("no", None),
        "asked_before_price": ("no", "hurry"), "offer_fits": ("2", None), "objection": ("no", "gave_up"),
        "contact_kept": ("no", None), "next_step": ("no", "not_asked"), "polite": ("yes", None),
    },
    "talk-discount": {
        "greeted": ("no", None), "named_company": ("yes", None), "introduced": ("yes", None),
        "objection": ("no", "discount"), "next_step": ("no", "not_asked"), "polite": ("yes", None),
    },
    "talk-late_promise": {
        "greeted": ("no", None), "named_company": ("yes", None), "introduced": ("yes", None),
        "objection": ("not_applicable", None), "next_step": ("no", "no_date"), "polite": ("yes", None),
    },
}  # fmt: skip
#: Calls of the last workday that were scored today.
_TODAY = 6
#: Account -> how much stricter than others.
REVIEWERS = {"account-q1": 0.0, "account-q2": 0.07}

Row = dict[str, Any]


def workdays(now: datetime) -> list[date]:
    """Of the last weeks, up to yesterday."""
    first = now.date() - timedelta(days=now.date().weekday() + 7 * WEEKS - 7 + 7 * (now.date().weekday() == 0))
    days = [first + timedelta(days=number) for number in range(7 * WEEKS + 7)]
    return [day for day in days if day.weekday() < 5 and day < now.date()] or [first]


def write_month(
    workspace: Workspace, version: FormVersion, now: datetime, more: Sequence[Drawn] = ()
) -> list[Evaluation]:
    """All scores, in the order submitted. Calls of the last workday wait, as do two late ones. ``more``: calls that are
    in the draws of their days as well."""
    chance = random.Random(5)
    days = workdays(now)
    waiting = {days[-1]}
    drawn = list(more)
    for day in days:
        for agent in AGENTS:
            minutes = sorted(chance.sample(range(420), chance.choice((3, 4, 4, 5))))
            for number, minute in enumerate(minutes):
                is_drawn = number == 1 or (number == 3 and minute % 2 == 0)
                status = SampleStatus.WAITING if day in waiting else SampleStatus.DONE
                talk_s, phone = chance.choice((48, 75, 96, 130, 210, 340)), f"+7495{chance.randrange(10**7):07d}"
                call_id = f"{agent}-{day:%m%d}-{number}"
                drawn.append(
                    Drawn(call_id, agent, day, None, is_drawn, status, minute=minute, talk_s=talk_s, phone=phone)
                )
    late = {item.call_id for item in drawn if item.is_drawn and item.day == days[-2]}
    still = set(sorted(late)[:2])
    drawn = [replace(item, status=SampleStatus.WAITING) if item.call_id in still else item for item in drawn]
    fresh = [it.call_id for it in drawn if it.is_drawn and it.day == days[-1] and not it.call_id.startswith("talk")]
    today = set(fresh[:_TODAY])
    drawn = [replace(item, status=SampleStatus.DONE) if item.call_id in today else item for item in drawn]
    draw(workspace, drawn)
    _weekly(workspace, chance, days[-1] - timedelta(days=days[-1].weekday()))
    _others(workspace, chance, days)
    _recordings(workspace, [item for item in drawn if not item.call_id.startswith("talk")])
    _conversations(workspace, chance, [item.call_id for item in drawn])
    done = [item for item in drawn if item.is_drawn and item.status is SampleStatus.DONE]
    return _scores(workspace, version, chance, done, now, today)


def _weekly(workspace: Workspace, chance: random.Random, monday: date) -> None:
    """The week's plan: heard in part."""
    names = [agent for agent in AGENTS for _ in range(3)]
    week = [
        Drawn(
            f"week-{agent}-{number}", agent, monday + timedelta(days=number % 5), is_drawn=number % 2 == 0,
            status=SampleStatus.DONE if number % 4 == 0 else SampleStatus.WAITING, minute=10 * number,
            phone=f"+7495{chance.randrange(10**7):07d}", talk_s=chance.choice((80, 140, 260)),
        )
        for number, agent in enumerate(names)
    ]  # fmt: skip
    draw(workspace, week, "weekly", Period.WEEKLY)
    _recordings(workspace, week)


def _others(workspace: Workspace, chance: random.Random, days: Sequence[date]) -> None:
    """Calls that no draw is about: outgoing ones, and some that nobody took."""
    made = []
    for day in days:
        for agent in AGENTS:
            for number in range(3):
                outcome = Outcome.MISSED if number == 2 and chance.random() < 0.3 else Outcome.ANSWERED
                direction = Direction.INBOUND if outcome is Outcome.MISSED else Direction.OUTBOUND
                at = datetime(day.year, day.month, day.day, 7, chance.randrange(60), tzinfo=UTC) + timedelta(
                    hours=chance.randrange(9)
                )
                talk_s = 0 if outcome is Outcome.MISSED else chance.choice((12, 35, 64, 150))
                phone = f"+7495{chance.randrange(10**7):07d}"
                made.append(Call(f"other-{agent}-{day:%m%d}-{number}", at, direction, agent, phone, talk_s, outcome))
    workspace.store.insert_many("calls", [call_rows.call_row(call, call.started_at) for call in made])
    _recordings(workspace, [call for call in made if call.talk_s])
    _conversations(workspace, chance, [call.call_id for call in made if call.talk_s > 30])


def _recordings(workspace: Workspace, kept: Sequence[Drawn] | Sequence[Call]) -> None:
    """Every call has its recording; the sound of all is that of one call of the sample company."""
    with workspace.store.reading() as reader:
        sound = call_rows.recording(reader, company.PROMISE)
    assert sound is not None
    rows = [
        replace(sound, call_id=item.call_id, content_hash=hashlib.sha256(item.call_id.encode()).hexdigest(),
                duration_s=item.talk_s)
        for item in kept
    ]  # fmt: skip
    workspace.store.insert_many("recordings", [call_rows.recording_row(row) for row in rows])


def _conversations(workspace: Workspace, chance: random.Random, call_ids: Sequence[str]) -> None:
    """Nine in ten were conversations."""
    rows = []
    for call_id in call_ids:
        talked = chance.random() < 0.9
        who = AnsweredBy.HUMAN if talked else AnsweredBy.VOICEMAIL
        heard = (40.0, 22.0, 18.0) if talked else (0.0, 0.0, 0.0)
        rows.append(verdicts.conversation_row(Conversation(call_id, "sample", who, False, *heard, talked)))
    workspace.store.insert_many("conversations", rows)


def _scores(
    workspace: Workspace,
    version: FormVersion,
    chance: random.Random,
    done: Sequence[Drawn],
    now: datetime,
    today: Collection[str],
) -> list[Evaluation]:
    made, looks, answers = [], [], []
    for number, item in enumerate(done):
        reviewer = tuple(REVIEWERS)[number % 2]
        lately = now - timedelta(minutes=12 + 9 * (number % 7))
        later = item.started_at + timedelta(days=1, minutes=chance.randrange(240))
        at = lately if item.call_id in today else min(later, lately)
        week = (item.day - done[0].day).days // 7
        ability = AGENTS[item.agent][2] - REVIEWERS[reviewer] + (0.02 * week if item.agent == "m2" else 0)
        given = replies(version.form, ability, chance)
        for code, (said, cause) in _HEARD.get(item.call_id, {}).items():
            given[code] = Reply(code, (said,), cause)
        evaluation = submission(version, item.call_id, reviewer, at, given, spent_s=chance.uniform(140, 520))
        made.append(evaluation)
        answers += answer_rows(evaluation, given)
        if number % 12 == 0:
            again = changed(version.form, given, chance)
            other = tuple(REVIEWERS)[(number + 1 + number // 12 % 2) % 2]
            look = submission(version, item.call_id, other, at + timedelta(hours=5), again, Purpose.SECOND_LOOK)
            looks.append(look)
            answers += answer_rows(look, again)
    workspace.store.insert_many("evaluations", [evaluation_row(item) for item in (*made, *looks)])
    workspace.store.insert_many("evaluation_answers", answers)
    return sorted(made, key=lambda item: item.submitted_at or item.begun_at)


# Answers -------------------------------------------------------------------------------------------------------------


def replies(form: Form, ability: float, chance: random.Random) -> dict[str, Reply]:
    """Answers to every question that is shown, by somebody who finds this much good (0..1)."""
    found: dict[str, Reply] = {}
    for question in form.questions:
        if question.kind is Kind.TEXT or question.code not in shown_questions(form, found):
            continue
        good = min(0.98, max(0.05, ability + _HARD.get(question.code, 0) + _EASY.get(question.code, 0)))
        if question.critical is Critical.FORM:
            good = 0.985
        found[question.code] = _reply(question, good, chance)
    return found


def _reply(question: Question, good: float, chance: random.Random) -> Reply:
    if question.not_applicable and chance.random() < 0.15:
        return Reply(question.code, (NOT_APPLICABLE,))
    if question.kind is Kind.MULTI_CHOICE:
        values = tuple(option.code for option in question.options if chance.random() < good)
    elif question.kind is Kind.CHOICE:
        best = sorted(question.options, key=lambda option: -option.credit)
        values = (best[0 if chance.random() < good else -1].code,)
    elif question.kind is Kind.SCALE:
        low, high = int(question.lowest or 1), int(question.highest or 5)
        values = (str(min(high, max(low, round(chance.gauss(low + (high - low) * good, 0.8))))),)
    elif question.kind is Kind.NUMBER:
        values = ("1",)
    else:
        values = ("yes" if chance.random() < good and not (question.bonus and chance.random() < 0.6) else "no",)
    reply = Reply(question.code, values)
    if question.causes and is_bad(question, reply):
        weights = [3, *(1 for _ in question.causes[1:])]
        return replace(reply, cause=chance.choices(question.causes, weights)[0].code)
    return reply


def changed(form: Form, given: dict[str, Reply], chance: random.Random, share: float = 0.13) -> dict[str, Reply]:
    """What another would answer: mostly the same. ``share``: of the questions that are answered anew."""
    other = replies(form, 0.75, chance)
    return {code: other.get(code, reply) if chance.random() < share else reply for code, reply in given.items()}


def submission(
    version: FormVersion, call_id: str, reviewer: str, at: datetime, given: dict[str, Reply],
    purpose: Purpose = Purpose.SCORE, spent_s: float = 280.0,
) -> Evaluation:  # fmt: skip
    result = score(version.form, given)
    return Evaluation(
        f"{call_id}-{purpose.value}-{reviewer}", call_id, version.form.code, version.version, reviewer,
        EvaluationState.SUBMITTED, at - timedelta(seconds=spent_s), round(spent_s, 1), None, at, result.score,
        result.band, result.has_failed, purpose,
    )  # fmt: skip


def evaluation_row(item: Evaluation) -> Row:
    row = {name: getattr(item, name) for name in Evaluation.__slots__}
    return row | {"state": item.state.value, "purpose": item.purpose.value}


def answer_rows(item: Evaluation, given: dict[str, Reply]) -> list[Row]:
    return [
        {
            "evaluation_id": item.evaluation_id, "place": place, "question": reply.question, "is_cleared": False,
            "given": to_json(list(reply.values)), "cause": reply.cause, "comment": reply.comment, "undoes": None,
            "saved_by": item.reviewer, "saved_at": item.submitted_at,
        }
        for place, reply in enumerate(given.values(), 1)
    ]  # fmt: skip
