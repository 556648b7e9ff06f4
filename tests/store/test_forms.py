"""Forms and scores in the store: nothing published changes, nothing is saved twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qc_workbench.domain.auto_answer import Answer, AutoAnswer
from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Reply, SavedReply
from qc_workbench.domain.forms import Form, FormState, FormVersion, Kind, Question, Text
from qc_workbench.errors import UsageError, WorkspaceError, WriteRefused
from qc_workbench.review import evaluating
from qc_workbench.store import auto_answers, forms, scoring
from qc_workbench.store.database import Statement, Store
from tests.form_cases import BANDS, form_of, replies, yes_no

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FORM = form_of(yes_no("greeted", 10, auto=AutoQuestion.GREETED), yes_no("asked", 30), bands=BANDS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "qcw.duckdb", tmp_path / "locks")
    store.migrate()
    return store


def versions(store: Store) -> list[FormVersion]:
    with store.reading() as reader:
        return forms.form_versions(reader)


def published(store: Store, form: Form = FORM) -> FormVersion:
    store.apply(forms.new_draft(form, "anna", NOON))
    store.apply(forms.publish(versions(store)[0], "boss", NOON))
    return versions(store)[0]


def begun(store: Store, reviewer: str = "anna", at: datetime = NOON) -> Evaluation:
    draft = evaluating.begun("c1", versions(store)[0], reviewer, at)
    store.apply(scoring.begin(draft))
    return draft


def steps(store: Store, evaluation: Evaluation) -> Sequence[SavedReply]:
    with store.reading() as reader:
        return scoring.steps_of(reader, evaluation.evaluation_id)


def kept(store: Store, evaluation: Evaluation) -> Evaluation:
    with store.reading() as reader:
        found = scoring.evaluation(reader, evaluation.evaluation_id)
    assert found is not None
    return found


def test_a_draft_is_changed_published_and_then_never_again(store: Store) -> None:
    store.apply(forms.new_draft(FORM, "anna", NOON))
    (draft,) = versions(store)
    assert (draft.form, draft.version, draft.state) == (FORM, 1, FormState.DRAFT)
    better = form_of(yes_no("greeted", 20))
    store.apply(forms.save_draft(draft, better, "anna", NOON))
    with pytest.raises(WriteRefused):
        store.apply(forms.save_draft(draft, FORM, "boris", NOON))  # he had read the draft before she changed it
    (changed,) = versions(store)
    store.apply(forms.publish(changed, "boss", NOON + timedelta(hours=1)))
    for write in (
        forms.save_draft(changed, FORM, "anna", NOON),
        forms.publish(changed, "boss", NOON),
        forms.drop_draft(changed),
    ):
        with pytest.raises(WriteRefused):
            store.apply(write)
    (frozen,) = versions(store)
    assert (frozen.form, frozen.state, frozen.published_by) == (better, FormState.PUBLISHED, "boss")
    assert frozen.content_hash == changed.content_hash != draft.content_hash


def test_publishing_retires_the_version_before_and_there_is_one_draft_at_a_time(store: Store) -> None:
    published(store)
    store.apply(forms.new_draft(FORM, "anna", NOON))
    with pytest.raises(WriteRefused):
        store.apply(forms.new_draft(FORM, "boris", NOON))
    store.apply(forms.publish(versions(store)[0], "boss", NOON + timedelta(days=1)))
    assert [(item.version, item.state.value) for item in versions(store)] == [(2, "published"), (1, "retired")]
    with store.reading() as reader:
        assert [item.version for item in forms.form_versions(reader, FormState.PUBLISHED)] == [2]
    store.apply(forms.retire(versions(store)[0], NOON))
    assert {item.state for item in versions(store)} == {FormState.RETIRED}


def test_a_form_changed_behind_the_programs_back_scores_nobody(store: Store) -> None:
    published(store)
    store.write(Statement("update form_versions set content = replace(content, 'points: 10', 'points: 90')"))
    with pytest.raises(WorkspaceError) as error:
        versions(store)
    assert error.value.code == "form_damaged"


def test_an_answer_sent_twice_is_kept_once_and_in_its_order(store: Store) -> None:
    published(store)
    draft = begun(store)
    write = scoring.save_reply(draft, Reply("greeted", ("no",), "hurry", "не расслышал"), "token-1", NOON)
    assert store.apply(write)
    store.apply(scoring.save_reply(draft, Reply("greeted", ("yes",)), "token-2", NOON))
    assert not store.apply(write)  # the connection was lost, the page asks again
    found = steps(store, draft)
    assert [(item.place, item.reply) for item in found] == [
        (1, Reply("greeted", ("no",), "hurry", "не расслышал")),
        (2, Reply("greeted", ("yes",))),
    ]
    assert evaluating.standing_replies(found)["greeted"].values == ("yes",)


def test_undo_and_clearing_come_back_from_the_store_as_they_were(store: Store) -> None:
    published(store)
    draft = begun(store)
    for token, write in enumerate(("no", "yes")):
        store.apply(scoring.save_reply(draft, Reply("asked", (write,)), f"t{token}", NOON))
    last = evaluating.step_to_undo(steps(store, draft))
    assert last is not None
    store.apply(scoring.undo(draft, last, "u1", NOON))
    assert evaluating.standing_replies(steps(store, draft)) == replies(asked="no")
    with pytest.raises(WriteRefused):
        store.apply(scoring.undo(draft, last, "u2", NOON))  # pressed in a second window
    store.apply(scoring.clear_reply(draft, "asked", "c1", NOON))
    assert evaluating.standing_replies(steps(store, draft)) == {}
    assert len(steps(store, draft)) == 4


def test_a_score_belongs_to_the_answers_beside_it_and_stays(store: Store) -> None:
    published(store)
    draft = begun(store)
    store.apply(scoring.save_reply(draft, Reply("greeted", ("yes",)), "t1", NOON))
    store.apply(scoring.save_reply(draft, Reply("asked", ("no",)), "t2", NOON))
    read = steps(store, draft)
    sent = evaluating.submitted(FORM, draft, evaluating.standing_replies(read), NOON + timedelta(minutes=5))
    store.apply(scoring.save_reply(draft, Reply("asked", ("yes",)), "t3", NOON))
    with pytest.raises(WriteRefused):
        store.apply(scoring.submit(sent, read))
    read = steps(store, draft)
    sent = evaluating.submitted(FORM, draft, evaluating.standing_replies(read), NOON + timedelta(minutes=5))
    store.apply(scoring.submit(sent, read))
    assert kept(store, draft) == sent
    with store.reading() as reader:
        assert scoring.submitted_between(reader, NOON, NOON + timedelta(minutes=6)) == [sent]
        assert scoring.submitted_between(reader, NOON, NOON + timedelta(minutes=5)) == []
    assert (sent.score, sent.band, sent.failed) == (Decimal("100.00"), "high", False)
    for write in (scoring.submit(sent, read), scoring.save_reply(draft, Reply("asked", ("no",)), "t4", NOON)):
        with pytest.raises(WriteRefused):
            store.apply(write)
    store.apply(scoring.spend(draft, 900.0))
    assert kept(store, draft).spent_s == 0.0


def test_an_evaluation_stays_with_its_version_when_the_form_moves_on(store: Store) -> None:
    published(store)
    draft = begun(store)
    second = published(store, form_of(yes_no("something_else")))
    assert second.version == 2
    assert kept(store, draft).version == 1
    with store.reading() as reader:
        mine = forms.form_version(reader, draft.form_code, draft.version)
    assert mine is not None
    assert (mine.form, mine.state) == (FORM, FormState.RETIRED)
    store.apply(scoring.save_reply(draft, Reply("greeted", ("yes",)), "t1", NOON))
    assert len(steps(store, draft)) == 1


def test_one_reviewer_has_one_draft_of_a_call_and_only_published_forms_are_begun(store: Store) -> None:
    version = published(store)
    draft = begun(store)
    assert not store.apply(scoring.begin(draft))  # the same page asks again
    with pytest.raises(WriteRefused):
        begun(store, at=NOON + timedelta(seconds=1))
    other = begun(store, "boris")
    store.apply(forms.retire(version, NOON))
    with pytest.raises(WriteRefused):
        store.apply(scoring.begin(replace(draft, evaluation_id="e3", call_id="c2", reviewer="vera")))
    with store.reading() as reader:
        assert scoring.open_evaluation(reader, "c1", "anna") == draft
        assert scoring.evaluations_of_call(reader, "c1") == sorted([draft, other], key=lambda e: e.evaluation_id)


def test_nobody_answers_in_somebody_elses_evaluation(store: Store) -> None:
    published(store)
    draft = begun(store)
    stranger = replace(draft, reviewer="boris")
    for write in (
        scoring.save_reply(stranger, Reply("greeted", ("yes",)), "t1", NOON),
        scoring.ask_second_opinion(stranger, "спорно"),
        scoring.submit(replace(stranger, state=EvaluationState.SUBMITTED), []),
    ):
        with pytest.raises(WriteRefused):
            store.apply(write)
    store.apply(scoring.spend(stranger, 60.0))
    assert (kept(store, draft), steps(store, draft)) == (draft, [])


def test_time_never_runs_back_and_a_second_opinion_is_asked_with_its_reason(store: Store) -> None:
    published(store)
    draft = begun(store)
    for spent_s in (30.0, 75.5, 30.0):
        store.apply(scoring.spend(draft, spent_s))
    store.apply(scoring.ask_second_opinion(draft, "не понял, было ли возражение"))
    found = kept(store, draft)
    assert (found.spent_s, found.second_opinion) == (75.5, "не понял, было ли возражение")
    with store.reading() as reader:
        assert scoring.waiting_for_second_opinion(reader, 10) == [found]
    store.apply(scoring.ask_second_opinion(draft, None))
    with store.reading() as reader:
        assert scoring.waiting_for_second_opinion(reader, 10) == []


def test_what_a_person_said_to_a_suggestion_is_kept_with_the_answer_or_not_at_all(store: Store) -> None:
    published(store)
    draft = begun(store)
    suggestion = evaluating.suggestions(FORM, [AutoAnswer(AutoQuestion.GREETED, Answer.YES)])["greeted"]
    reply = Reply("greeted", ("no",))
    check = evaluating.check_of(draft, reply, suggestion, "1", NOON)
    write = scoring.save_reply(draft, reply, "t1", NOON, check)
    store.apply(write)
    store.apply(write)
    with store.reading() as reader:
        assert auto_answers.checks_of_call(reader, "c1") == {AutoQuestion.GREETED: check}
        assert reader.value("select count(*) from answer_checks") == 1


def test_what_is_missing_is_said_before_anything_is_sent(store: Store) -> None:
    published(store)
    draft = begun(store)
    with pytest.raises(UsageError):
        evaluating.submitted(FORM, draft, evaluating.standing_replies(steps(store, draft)), NOON)
    assert kept(store, draft).state is EvaluationState.DRAFT


def test_every_change_of_a_draft_is_taken_back_one_by_one(store: Store) -> None:
    store.apply(forms.new_draft(FORM, "anna", NOON))
    second, third = form_of(yes_no("greeted", 20)), form_of(Question("greeted", Kind.YES_NO, Text("", "")))
    for form, by in ((second, "anna"), (third, "boris")):
        store.apply(forms.save_draft(versions(store)[0], form, by, NOON))
    with store.reading() as reader:
        last = forms.last_step(reader, "small", 1)
    assert last is not None
    assert (last.form, last.changed_by, last.place) == (second, "boris", 2)
    unfinished = versions(store)[0]
    assert unfinished.form == third  # a draft may break rules
    store.apply(forms.undo(unfinished, last, NOON))
    with pytest.raises(WriteRefused):
        store.apply(forms.undo(versions(store)[0], last, NOON))  # pressed in a second window
    with store.reading() as reader:
        first = forms.last_step(reader, "small", 1)
    assert first is not None
    store.apply(forms.undo(versions(store)[0], first, NOON))
    assert versions(store)[0].form == FORM
    store.apply(forms.save_draft(versions(store)[0], second, "anna", NOON))
    store.apply(forms.publish(versions(store)[0], "boss", NOON))
    with store.reading() as reader:
        assert forms.last_step(reader, "small", 1) is None


def test_a_retired_form_comes_back_unless_another_version_is_in_force(store: Store) -> None:
    first = published(store)
    store.apply(forms.retire(first, NOON))
    store.apply(forms.restore(versions(store)[0]))
    assert [(item.state, item.retired_at) for item in versions(store)] == [(FormState.PUBLISHED, None)]
    published(store)
    with pytest.raises(WriteRefused):
        store.apply(forms.restore(first))


def test_versions_are_listed_with_what_was_scored_on_each(store: Store) -> None:
    published(store)
    begun(store)
    begun(store, "boris")
    published(store)
    with store.reading() as reader:
        heads = forms.version_heads(reader)
    assert [(head.version, head.state.value, head.evaluations) for head in heads] == [
        (2, "published", 0),
        (1, "retired", 2),
    ]
