"""Sessions, draws and steps come back as they were; two steps at once, or two sessions about a call, are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.calibration import Blindness, CalibrationStep, StepKind
from qc_workbench.domain.evaluation import Purpose, Reply
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.review.calibration_draws import draw, drawn
from qc_workbench.review.evaluating import begun, standing_replies
from qc_workbench.store import calibration as store
from qc_workbench.store import scoring
from qc_workbench.store.database import Store
from qc_workbench.store.forms import form_version, new_draft
from qc_workbench.ui.views import calibration as views
from tests.calibration_cases import AT, FORM, HEAD, OTHER, QC, answers, evaluate, kept, published, session_of
from tests.ui import sample_company as company

OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def made(tmp_path: Path) -> Store:
    found = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks")
    found.migrate()
    return found


def step(place: int, kind: StepKind, question: str | None = None, reply: Reply | None = None) -> CalibrationStep:
    return CalibrationStep(
        "session-c1-020900", place, kind, question, reply, "слышно", HEAD, AT + timedelta(minutes=place)
    )


def test_sessions_draws_and_steps_come_back_as_they_were(made: Store) -> None:
    passport = draw(["c1", "c2", "c3"], 2, "seed", (date(2026, 10, 1), date(2026, 10, 31)), HEAD, AT)
    sessions = [
        replace(session_of(call_id, blindness=Blindness.UNKNOWN), draw_id=passport.draw_id)
        for call_id in drawn(passport)
    ]
    made.apply(store.called(sessions, passport))
    with made.reading() as reader:
        assert store.draw(reader, passport.draw_id) == passport
        assert [store.session(reader, item.session_id) for item in sessions] == sessions
        assert {item.session_id for item in store.sessions_of_person(reader, QC, 9)} == {
            item.session_id for item in sessions
        }
        assert store.sessions_of_person(reader, "somebody", 9) == []
        assert len(store.sessions_of_person(reader, HEAD, 0)) == 2  # what is not closed is never cut off
        assert store.sessions_between(reader, AT, AT) == []
        assert len(store.sessions_between(reader, AT, AT + timedelta(seconds=1))) == 2


def test_steps_come_back_in_order_and_of_two_made_at_once_the_second_is_refused(made: Store) -> None:
    kept(made, session_of("c1"))
    given = Reply("needs", ("4",), "hurry")
    steps = [step(1, StepKind.OPENED), step(2, StepKind.AGREED, "needs", given), step(3, StepKind.AGREED, "needs")]
    made.apply(store.written(steps[:1]))
    made.apply(store.written(steps[1:]))
    with pytest.raises(WriteRefused):
        made.apply(store.written([step(3, StepKind.CLOSED)]))
    with made.reading() as reader:
        assert store.steps_of_sessions(reader, ["session-c1-020900"]) == {"session-c1-020900": steps}
        heads = store.steps_of_sessions(reader, ["session-c1-020900"], with_agreed=False)
        assert heads == {"session-c1-020900": steps[:1]}


def test_a_call_has_one_open_session_on_a_form_at_a_time(made: Store) -> None:
    kept(made, session_of("c1"))
    later = session_of("c1", at=AT + timedelta(days=1))
    with pytest.raises(WriteRefused):
        kept(made, later)
    kept(made, session_of("c2"))
    made.apply(store.written([step(1, StepKind.CLOSED)]))
    kept(made, later)
    with made.reading() as reader:
        assert store.sessions_of_call(reader, "c1")[0] == later
        assert [len(store.sessions_of_person(reader, QC, closed)) for closed in (0, 1)] == [2, 3]


def test_an_evaluation_belongs_to_the_session_it_was_begun_in(made: Store) -> None:
    version = published(made)
    session = kept(made, session_of("c1"))
    with made.reading() as reader:
        assert views.session_for(reader, "c1", QC) == session.session_id
        assert views.form_of_session(reader, session.session_id) == ("talk", 1)
        assert views.session_for(reader, "c1", HEAD) is None  # leads, does not score
        assert views.session_for(reader, "c2", QC) is None
    given = answers(greeting="yes", needs="4", next_step="no")
    draft = evaluate(made, version, "c1", QC, given, AT + timedelta(minutes=1), submit=False)
    with made.reading() as reader:
        assert views.session_for(reader, "c1", QC) == session.session_id  # a draft goes on
        found = store.answers_of(reader, [draft.evaluation_id])
        assert standing_replies(found[draft.evaluation_id]) == given
    evaluate(made, version, "c1", OTHER, given, AT + timedelta(minutes=1))
    with made.reading() as reader:
        assert views.session_for(reader, "c1", OTHER) is None
        assert [item.purpose for item in store.evaluations_for_calibration(reader, ["c1"])] == [Purpose.CALIBRATION] * 2
        assert store.who_scored(reader, ["c1", "c2"]) == {"c1": {QC, OTHER}}


def test_a_session_stays_on_its_version_of_the_form_when_a_newer_one_is_published(made: Store) -> None:
    old = published(made)
    kept(made, session_of("c1"))
    newer = replace(FORM, about=FORM.title)
    assert published(made, newer).version == 2
    with made.reading() as reader:
        retired = form_version(reader, "talk", old.version)
    assert retired is not None
    given = answers(greeting="yes", needs="4", next_step="no")
    sent = evaluate(made, retired, "c1", QC, given, AT + timedelta(minutes=1))
    assert sent.version == 1
    with pytest.raises(UsageError, match="form_not_published"):
        begun("c1", retired, QC, AT, Purpose.SCORE)
    with pytest.raises(WriteRefused):  # nor by the store, whatever the rules said
        made.apply(scoring.begin(replace(sent, evaluation_id="another", purpose=Purpose.SCORE)))


def test_the_key_of_the_figures_changes_with_what_they_are_made_of(made: Store) -> None:
    version = published(made)
    span = (AT, AT + timedelta(days=9))

    def key() -> str:
        with made.reading() as reader:
            return store.content_key(reader, *span)

    keys = [key()]
    kept(made, session_of("c1"))
    keys.append(key())
    given = answers(greeting="yes", needs="4", next_step="no")
    evaluate(made, version, "c1", QC, given, AT + timedelta(minutes=1), submit=False)
    assert key() == keys[-1]  # a draft changes nothing
    evaluate(made, version, "c1", OTHER, given, AT + timedelta(minutes=1))
    keys.append(key())
    made.apply(store.written([step(1, StepKind.OPENED)]))
    keys.append(key())
    made.apply(new_draft(FORM, HEAD, AT + timedelta(days=1)))
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == keys[-1]


def test_the_frame_holds_only_calls_that_nobody_concerned_knows(tmp_path: Path) -> None:
    made = company.sample_company(tmp_path / "company").store

    def frame(**changes: object) -> set[str]:
        asked: dict[str, object] = {
            "agents": None, "directions": [], "not_scored_by": [QC, OTHER], "least_talk_s": 30.0,
        }  # fmt: skip
        with made.reading() as reader:
            return set(store.frame(reader, *OCTOBER, **{**asked, **changes}))  # type: ignore[arg-type]

    with made.reading() as reader:
        waiting = {
            row["call_id"]
            for row in reader.rows(
                "select call_id from sample where status in (?, ?)",
                SampleStatus.WAITING.value,
                SampleStatus.IN_PROGRESS.value,
            )
        }
    whole = {company.PADDED, company.UNSURE, company.PROMISE, company.TALK, company.REFUSED} - waiting
    assert frame() == whole
    assert waiting
    assert frame(agents=["m1"]) == whole & {company.PADDED, company.UNSURE}
    assert frame(agents=[]) == set()
    assert frame(directions=["inbound"]) == whole - {company.PADDED, company.UNSURE, company.TALK}
    assert frame(least_talk_s=44.5) == whole - {company.UNSURE, company.PROMISE}
    version = published(made)
    given = answers(greeting="yes", needs="4", next_step="no")
    evaluate(made, version, company.UNSURE, QC, given, AT, Purpose.SCORE)
    assert company.UNSURE in whole
    assert frame() == whole - {company.UNSURE}
    assert frame(not_scored_by=[OTHER]) == whole
    kept(made, session_of(company.REFUSED))
    assert frame(not_scored_by=[]) == whole - {company.REFUSED}
