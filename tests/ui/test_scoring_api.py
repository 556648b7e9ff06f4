"""Scoring over HTTP: who may, what is refused, what a repeat does, what comes of a submission."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qc_workbench.domain.auto_answer import Answer, AutoAnswer
from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.evaluation import Purpose
from qc_workbench.store import auto_answers, forms, scoring
from qc_workbench.store.database import Statement
from qc_workbench.ui import accounts
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.views.scoring import scoring_view
from qc_workbench.ui.views.suggested import suggestion_sign
from qc_workbench.workspace import Workspace
from tests.scoring_cases import Reviewer, published
from tests.ui import sample_company as company

CALL = company.PROMISE  # inbound, of m2, given to q1


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = company.sample_company(tmp_path / "scoring")
    published(workspace)
    return workspace


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes()))) as found:
        yield found


def person(workspace: Workspace, client: TestClient, employee: str = "q1") -> Reviewer:
    return Reviewer(client, accounts.cookie_name(workspace.home), company.token(workspace, employee))


def count(workspace: Workspace, sql: str, *values: object) -> int:
    with workspace.store.reading() as reader:
        return int(reader.value(sql, *values))


def test_a_call_is_scored_from_the_first_answer_to_the_submission(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    begun = qc.post("begin", {"call": CALL}).json()
    assert begun["form"]["code"] == "inbound_lead"  # the one that fits an inbound call
    evaluation = begun["progress"]["evaluation"]
    first = qc.answer(evaluation, "greeted", "yes", spent_s=12.5)
    assert first["answers"] == {"greeted": {"values": ["yes"], "cause": None, "comment": "", "at_s": None}}
    assert first["score"]["value"] == 100
    assert first["next"] == "named_company"
    done = qc.fill(evaluation, begun["form"])
    assert done["unanswered"] == []
    sent = qc.send(evaluation, "submit", spent_s=50).json()
    assert sent["progress"]["state"] == "submitted"
    assert sent["next_call"] is None  # it was the only one in the queue
    assert count(workspace, "select count(*) from sample where call_id = ? and status <> 'done'", CALL) == 0
    assert (
        count(workspace, "select count(*) from audit where action = 'evaluation_submitted' and object = ?", CALL) == 1
    )
    with workspace.store.reading() as reader:
        (kept,) = scoring.evaluations_of_call(reader, CALL)
    assert kept.score == 100
    assert kept.reviewer == "account-q1"
    assert kept.spent_s == 50
    assert qc.get(CALL).json()["phase"] == "mine"


def test_an_answer_says_what_it_comes_to(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    qc.answer(evaluation, "greeted", "yes")
    bad = qc.answer(evaluation, "asked_before_price", "no", comment="Сразу цена", at_s=12.5)
    assert bad["causes_missing"] == ["asked_before_price"]
    assert bad["bad"] == ["asked_before_price"]
    assert bad["answers"]["asked_before_price"]["at_s"] == 12.5
    named = qc.answer(evaluation, "asked_before_price", "no", cause="hurry")
    assert named["causes_missing"] == []
    failed = qc.answer(evaluation, "polite", "no")
    assert failed["score"]["failures"] == ["polite"]
    assert failed["score"]["value"] == 0
    assert failed["score"]["without_failure"] > 0
    assert failed["score"]["band"] == "poor"
    assert set(failed["answers"]) == {"greeted", "asked_before_price", "polite"}


def test_a_change_sent_again_changes_nothing_and_is_answered(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    for _ in range(3):
        one = qc.answer(evaluation, "greeted", "no", token="token-of-greeted")
    two = qc.answer(evaluation, "greeted", "yes", token="token-of-second")
    late = qc.answer(evaluation, "greeted", "no", token="token-of-greeted")
    assert len(one["steps"]) == 1
    assert two["answers"] == late["answers"]
    assert late["answers"]["greeted"]["values"] == ["yes"]
    for _ in range(2):
        undone = qc.send(evaluation, "undo", token="token-of-undo").json()["progress"]
        assert undone["answers"]["greeted"]["values"] == ["no"]
    assert count(workspace, "select count(*) from evaluation_answers") == 3


def test_a_submission_sent_again_is_answered_as_the_first_time(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    begun = qc.post("begin", {"call": CALL}).json()
    evaluation = begun["progress"]["evaluation"]
    qc.fill(evaluation, begun["form"])
    first, again = qc.send(evaluation, "submit"), qc.send(evaluation, "submit")
    assert first.json() == again.json()
    assert count(workspace, "select count(*) from audit where action = 'evaluation_submitted'") == 1
    late = qc.send(evaluation, "answer", question="greeted", values=["no"])
    assert (late.status_code, late.json()["error"]) == (409, "evaluation_submitted")
    assert qc.post("begin", {"call": CALL}).json()["error"] == "evaluation_submitted"


def test_what_is_begun_again_goes_on(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    qc.answer(evaluation, "greeted", "yes")
    there = qc.post("begin", {"call": CALL, "form": "follow_up"}).json()["progress"]
    assert there["evaluation"] == evaluation
    assert set(there["answers"]) == {"greeted"}
    state = qc.get(CALL).json()
    assert state["phase"] == "draft"
    assert state["progress"]["evaluation"] == evaluation


def test_clearing_and_undoing_come_back_with_the_answers_that_stand(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    qc.answer(evaluation, "greeted", "yes")
    cleared = qc.send(evaluation, "clear", question="greeted").json()["progress"]
    assert cleared["answers"] == {}
    back = qc.send(evaluation, "undo").json()["progress"]
    assert set(back["answers"]) == {"greeted"}
    assert qc.send(evaluation, "undo").json()["progress"]["answers"] == {}
    assert qc.send(evaluation, "undo").json()["progress"]["steps"] == []  # nothing left: nothing happens


def test_two_windows_of_one_reviewer_see_each_others_answers(workspace: Workspace, client: TestClient) -> None:
    one, two = person(workspace, client), person(workspace, client)
    evaluation = one.begin(CALL)
    assert two.begin(CALL) == evaluation
    one.answer(evaluation, "greeted", "yes")
    both = two.answer(evaluation, "named_company", "no")
    assert set(both["answers"]) == {"greeted", "named_company"}


def test_hidden_questions_are_shown_by_their_conditions(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(company.TALK, form="cold_call")
    hidden = qc.answer(evaluation, "decision_maker", "learned")
    assert "needs" not in hidden["shown"]
    assert "needs" in qc.answer(evaluation, "decision_maker", "decides")["shown"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"question": "greeted", "values": ["maybe"]}, "reply_wrong"),
        ({"question": "greeted", "values": []}, "reply_wrong"),
        ({"question": "none", "values": ["yes"]}, "reply_question"),
        ({"question": "asked_before_price", "values": ["no"], "cause": "weather"}, "reply_cause"),
        ({"question": "greeted", "values": ["yes"], "comment": "я" * 5000}, "reply_too_long"),
        ({"question": "greeted", "values": "yes"}, "request_wrong"),
        ({"question": "greeted", "values": [1]}, "request_wrong"),
        ({"values": ["yes"]}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "at_s": -1}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "at_s": True}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "token": "?"}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "token": ""}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "spent_s": "long"}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "comment": 7}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "spent_s": 10**400}, "request_wrong"),
        ({"question": "greeted", "values": ["yes"], "at_s": 10**400, "comment": "!"}, "request_wrong"),
        ({"question": "\ud83d", "values": ["yes"]}, "reply_question"),
        ({"question": "greeted", "values": ["\ud83d"]}, "reply_wrong"),
    ],
)
def test_a_wrong_answer_is_refused_with_what_was_expected(
    workspace: Workspace, client: TestClient, body: dict[str, object], code: str
) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    answer = qc.post(f"{evaluation}/answer", {"token": "12345678", "spent_s": 0, **body})
    assert (answer.status_code, answer.json()["error"]) == (422, code)
    assert answer.json()["text"]
    assert count(workspace, "select count(*) from evaluation_answers") == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_what_is_no_number_of_seconds_is_refused_and_not_stumbled_over(
    workspace: Workspace, client: TestClient, number: str
) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    body = f'{{"token": "12345678", "question": "greeted", "values": ["yes"], "spent_s": {number}}}'
    headers = {"cookie": f"{qc.cookie}={qc.token}", "x-qcw": "1"}
    answer = client.post(f"/scoring/{evaluation}/answer", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (422, "request_wrong")


def test_half_an_emoji_costs_nobody_the_rest_of_the_comment(workspace: Workspace, client: TestClient) -> None:
    """A browser cuts a text where it is too long, also within a character: the page would send it again for ever."""
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    kept = qc.answer(evaluation, "greeted", "no", comment="Не поздоровался \ud83d", token="token-of-a-half")
    assert kept["answers"]["greeted"]["comment"] == "Не поздоровался \ufffd"
    whole = qc.answer(evaluation, "greeted", "no", comment="Хорошо \U0001f600")
    assert whole["answers"]["greeted"]["comment"] == "Хорошо \U0001f600"


@pytest.mark.parametrize("said", [["yes"], {"machine": ["yes"], "sign": "a"}, {"machine": "yes", "sign": "\ud800é"}])
def test_a_suggestion_that_no_machine_made_is_as_none(workspace: Workspace, client: TestClient, said: object) -> None:
    qc = person(workspace, client)
    qc.answer(qc.begin(CALL), "greeted", "yes", suggested=said)
    assert count(workspace, "select count(*) from answer_checks") == 0


def test_of_two_reviewers_at_one_call_the_agent_gets_one_score(workspace: Workspace, client: TestClient) -> None:
    """Both began before either had sent anything; whoever is second has looked a second time."""
    both = [person(workspace, client, employee) for employee in ("q1", "h1")]
    begun = [one.post("begin", {"call": CALL}).json() for one in both]
    for one, mine in zip(both, begun, strict=True):
        one.fill(mine["progress"]["evaluation"], mine["form"])
    sent = [one.send(mine["progress"]["evaluation"], "submit") for one, mine in zip(both, begun, strict=True)]
    assert [answer.status_code for answer in sent] == [200, 200]
    with workspace.store.reading() as reader:
        found = {item.reviewer: item.purpose for item in scoring.evaluations_of_call(reader, CALL)}
    assert found == {"account-q1": Purpose.SCORE, "account-h1": Purpose.SECOND_LOOK}
    assert person(workspace, client, "m2").get(CALL).json()["by"] == "Глеб Слушатель"


def test_an_old_window_changes_nothing_after_the_submission(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    begun = qc.post("begin", {"call": CALL}).json()
    evaluation = begun["progress"]["evaluation"]
    qc.answer(evaluation, "greeted", "no", token="token-of-greeted")
    qc.fill(evaluation, begun["form"])
    qc.send(evaluation, "submit")
    before = qc.get(CALL).json()["progress"]["answers"]
    for token in ("token-of-greeted", "token-of-another"):
        late = qc.send(evaluation, "answer", token=token, question="greeted", values=["no"])
        assert (late.status_code, late.json()["error"]) == (409, "evaluation_submitted")
    for kind in ("clear", "undo"):
        assert qc.send(evaluation, kind, question="greeted").status_code == 409
    assert qc.get(CALL).json()["progress"]["answers"] == before


def test_answers_that_come_at_the_same_moment_are_all_kept_each_once(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    questions = ("greeted", "named_company", "polite")
    with ThreadPoolExecutor(12) as many:
        sent = [
            many.submit(qc.send, evaluation, "answer", token=f"token-{code}-{turn % 2}", question=code, values=["yes"])
            for turn in range(4)
            for code in questions
        ]
        assert {answer.result().status_code for answer in sent} == {200}
    places = "select count(distinct place) from evaluation_answers"
    assert count(workspace, "select count(*) from evaluation_answers") == count(workspace, places) == 6


def test_what_is_no_json_or_far_too_long_is_refused(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    headers = {"cookie": f"{qc.cookie}={qc.token}", "x-qcw": "1"}
    assert client.post("/scoring/begin", content=b"{", headers=headers).status_code == 422
    assert client.post("/scoring/begin", content=b"[]", headers=headers).status_code == 422
    assert client.post("/scoring/begin", content=b"[" * 60_000, headers=headers).status_code == 422
    assert client.post("/scoring/begin", content=b" " * 70_000, headers=headers).status_code == 413


def test_nobody_scores_without_a_session_or_from_another_site(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    assert client.get("/scoring", params={"call": CALL}).status_code == 401
    assert client.post("/scoring/begin", json={"call": CALL}, headers={"x-qcw": "1"}).status_code == 401
    forged = qc.post(
        f"{evaluation}/answer", {"token": "12345678", "question": "greeted", "values": ["yes"]}, **{"x-qcw": ""}
    )
    assert forged.status_code == 403
    assert count(workspace, "select count(*) from evaluation_answers") == 0


@pytest.mark.parametrize("employee", ["m1", "m2"])
def test_agents_score_nobody_and_see_no_draft(workspace: Workspace, client: TestClient, employee: str) -> None:
    evaluation = person(workspace, client).begin(CALL)
    agent = person(workspace, client, employee)
    refused = agent.post("begin", {"call": CALL})
    assert (refused.status_code, refused.json()["error"]) == (403, "not_allowed")
    assert agent.get(CALL).json() == {"phase": "none", "progress": None, "form": None, "by": None}
    for kind in ("answer", "clear", "undo", "second-opinion", "submit"):
        answer = agent.send(evaluation, kind, question="greeted", values=["yes"], reason=None)
        assert (answer.status_code, answer.json()["error"]) == (404, "evaluation_unknown"), kind


def test_nobody_touches_a_draft_of_another_reviewer(workspace: Workspace, client: TestClient) -> None:
    evaluation = person(workspace, client, "q1").begin(CALL)
    head = person(workspace, client, "h1")
    for kind in ("answer", "clear", "undo", "second-opinion", "submit"):
        answer = head.send(evaluation, kind, question="greeted", values=["yes"], reason=None)
        assert (answer.status_code, answer.json()["error"]) == (404, "evaluation_unknown"), kind
    assert head.get(CALL).json()["progress"] is None


def test_nobody_scores_their_own_call(workspace: Workspace, client: TestClient) -> None:
    workspace.store.write(Statement("update calls set manager_id = 'q1' where call_id = ?", (CALL,)))
    refused = person(workspace, client).post("begin", {"call": CALL})
    assert (refused.status_code, refused.json()["error"]) == (403, "not_allowed")


def test_whoever_loses_the_role_answers_no_more(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    workspace.store.write(Statement("delete from person_roles where person_id = 'account-q1'"))
    assert qc.send(evaluation, "answer", question="greeted", values=["yes"]).status_code == 403


def test_a_second_reviewer_sees_the_first_answers_only_after_their_own(
    workspace: Workspace, client: TestClient
) -> None:
    qc, head = person(workspace, client, "q1"), person(workspace, client, "h1")
    begun = qc.post("begin", {"call": CALL}).json()
    evaluation = begun["progress"]["evaluation"]
    qc.fill(evaluation, begun["form"])
    assert head.get(CALL).json()["phase"] == "open"  # nothing is submitted yet
    assert qc.send(evaluation, "second-opinion", reason=" спорно ").json()["progress"]["second_opinion"] == "спорно"
    qc.send(evaluation, "submit")
    asked = head.get(CALL).json()
    assert (asked["phase"], asked["progress"]) == ("asked", None)
    mine = head.post("begin", {"call": CALL}).json()
    assert mine["progress"]["answers"] == {}
    assert head.get(CALL).json()["progress"]["evaluation"] == mine["progress"]["evaluation"]
    head.fill(mine["progress"]["evaluation"], mine["form"])
    head.send(mine["progress"]["evaluation"], "submit")
    with workspace.store.reading() as reader:
        purposes = [item.purpose for item in scoring.evaluations_of_call(reader, CALL)]
    assert purposes == [Purpose.SCORE, Purpose.SECOND_LOOK]  # the agent keeps one score
    qc.send(evaluation, "second-opinion", reason=None)
    owner_sees = person(workspace, client, "m2").get(CALL).json()
    assert (owner_sees["phase"], owner_sees["by"]) == ("theirs", "Глеб Слушатель")  # the agent sees the score
    assert person(workspace, client, "m1").get(CALL).json()["phase"] == "none"


def test_of_two_who_score_a_call_at_once_the_first_gives_the_score_and_the_other_one_checks_it(
    workspace: Workspace, client: TestClient
) -> None:
    qc, head = person(workspace, client, "q1"), person(workspace, client, "h1")
    drafts = [(who, who.post("begin", {"call": CALL}).json()) for who in (qc, head)]
    names = []
    for employee in ("q1", "h1"):
        viewer = accounts.viewer_of(workspace, company.token(workspace, employee), datetime.now(UTC))
        assert viewer is not None
        names.append(scoring_view(workspace, viewer, CALL).also)
    assert names == ["Вера Главная", "Глеб Слушатель"]  # each is told who else is at it
    for who, begun in drafts:
        who.fill(begun["progress"]["evaluation"], begun["form"])
    for who, begun in reversed(drafts):
        assert who.send(begun["progress"]["evaluation"], "submit").json()["progress"]["state"] == "submitted"
    with workspace.store.reading() as reader:
        found = {item.reviewer: item.purpose for item in scoring.evaluations_of_call(reader, CALL)}
    assert found == {"account-h1": Purpose.SCORE, "account-q1": Purpose.SECOND_LOOK}


def test_a_call_served_again_shows_nothing_of_the_first_time(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    begun = qc.post("begin", {"call": CALL}).json()
    qc.fill(begun["progress"]["evaluation"], begun["form"])
    qc.send(begun["progress"]["evaluation"], "submit")
    workspace.store.write(Statement("update sample set status = 'waiting' where call_id = ?", (CALL,)))
    assert qc.get(CALL).json()["phase"] == "open"
    again = qc.post("begin", {"call": CALL}).json()["progress"]
    assert again["answers"] == {}
    assert again["evaluation"] != begun["progress"]["evaluation"]


def test_an_answer_beside_a_suggestion_says_whether_the_machine_was_right(
    workspace: Workspace, client: TestClient
) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    machine = AutoAnswer(AutoQuestion.GREETED, Answer.YES)
    sign = suggestion_sign(workspace.home, CALL, machine)
    qc.answer(evaluation, "greeted", "no", suggested={"machine": "yes", "sign": sign})
    forged = {"machine": "no", "sign": sign}
    qc.answer(evaluation, "introduced", "no", suggested=forged)
    with workspace.store.reading() as reader:
        checks = auto_answers.checks_of_call(reader, CALL)
    assert {question: (check.machine, check.human, check.by) for question, check in checks.items()} == {
        AutoQuestion.GREETED: (Answer.YES, Answer.NO, "Глеб Слушатель")
    }


def test_an_unfinished_evaluation_is_not_submitted(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    begun = qc.post("begin", {"call": CALL}).json()
    evaluation = begun["progress"]["evaluation"]
    qc.answer(evaluation, "greeted", "yes")
    assert qc.send(evaluation, "submit").json()["error"] == "evaluation_unfinished"
    qc.fill(evaluation, begun["form"])
    qc.answer(evaluation, "asked_before_price", "no")
    refused = qc.send(evaluation, "submit")
    assert (refused.status_code, refused.json()["error"]) == (422, "evaluation_cause_missing")
    assert count(workspace, "select count(*) from audit where action = 'evaluation_submitted'") == 0


def test_a_form_that_was_replaced_meanwhile_is_not_begun(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    with workspace.store.reading() as reader:
        old = next(item for item in forms.form_versions(reader) if item.form.code == "inbound_lead")
    workspace.store.apply(forms.new_draft(old.form, "Вера Главная", datetime.now(UTC)))
    with workspace.store.reading() as reader:
        draft = next(item for item in forms.form_versions(reader) if item.form.code == "inbound_lead")
    workspace.store.apply(forms.publish(draft, "Вера Главная", datetime.now(UTC)))
    refused = qc.post("begin", {"call": CALL, "form": "inbound_lead", "version": 1})
    assert (refused.status_code, refused.json()["error"]) == (409, "form_not_published")
    assert qc.post("begin", {"call": CALL, "form": "inbound_lead"}).json()["form"]["version"] == 2


def test_a_page_can_not_claim_more_time_than_has_passed(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    evaluation = qc.begin(CALL)
    assert qc.answer(evaluation, "greeted", "yes", spent_s=50_000)["spent_s"] < 120
    assert qc.answer(evaluation, "greeted", "no", spent_s=1)["spent_s"] > 1  # and it never runs back


def test_texts_come_in_the_language_of_the_page(workspace: Workspace, client: TestClient) -> None:
    qc = person(workspace, client)
    qc.begin(CALL)
    assert qc.get(CALL, "ru").json()["form"]["title"] == "Входящая заявка"
    assert qc.get(CALL, "en").json()["form"]["title"] == "Inbound lead"
