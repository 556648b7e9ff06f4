"""A person's calls leave calibration without their words; who took part, the answers and the draw stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipelines.erasure import erase
from qc_workbench.domain.calibration import CalibrationStep, StepKind
from qc_workbench.domain.evaluation import Reply
from qc_workbench.review.calibration_draws import draw, drawn
from qc_workbench.store import calibration as store
from tests.calibration_cases import AT, HEAD, OTHER, QC, answers, evaluate, named, published, session_of
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PADDED, PHONE, REFUSED

SECRET = "Ирина искала паспорт"


def test_sessions_about_the_persons_calls_stay_under_ids_of_chance_without_words(tmp_path: Path) -> None:
    company = kept_company(tmp_path / "company")
    version = published(company.store)
    passport = draw([PADDED, REFUSED], 2, "seed", (AT.date(), AT.date()), HEAD, AT)
    order = drawn(passport)
    sessions = [session_of(PADDED), session_of(REFUSED)]
    company.store.apply(store.called(sessions, passport))
    given = answers(greeting="yes", needs="4", next_step="no")
    given["greeting"] = named(given["greeting"], comment=SECRET)
    for person in (QC, OTHER):
        evaluate(company.store, version, PADDED, person, given, AT + timedelta(minutes=1))
    for session in sessions:
        steps = [
            CalibrationStep(session.session_id, 1, StepKind.OPENED, None, None, "", HEAD, AT),
            CalibrationStep(session.session_id, 2, StepKind.AGREED, "needs", Reply("needs", ("4",)), SECRET, HEAD, AT),
            CalibrationStep(session.session_id, 3, StepKind.AGREED, "said", Reply("said", (SECRET,)), "", HEAD, AT),
        ]
        company.store.apply(store.written(steps))

    erase(company, [PHONE], by="Вера Главная", now=AT + timedelta(days=9))

    with company.store.reading() as reader:
        gone, other = sorted(store.sessions_of_person(reader, QC, 9), key=lambda item: item.call_id == REFUSED)
        steps = store.steps_of_sessions(reader, [gone.session_id, other.session_id])
        assert gone.call_id not in (PADDED, REFUSED)
        assert gone.session_id != sessions[0].session_id
        assert gone.participants == sessions[0].participants
        assert [(item.note, item.reply.values if item.reply else None) for item in steps[gone.session_id]] == [
            ("", None), ("", ("4",)), ("", ("",)),
        ]  # fmt: skip
        assert [item.note for item in steps[other.session_id]] == ["", SECRET, ""]
        made = store.evaluations_for_calibration(reader, [gone.call_id])
        assert {item.reviewer for item in made} == {QC, OTHER}
        kept = store.draw(reader, passport.draw_id)
    assert kept is not None
    assert drawn(kept) == tuple(gone.call_id if call_id == PADDED else call_id for call_id in order)
    assert PADDED not in str(kept)
