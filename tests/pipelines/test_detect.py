"""The detection step on a small workspace, with transcripts put in by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.detect import DetectReport, detect
from pipelines.progress import Silent
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Call, Direction, Recording, RecordingState
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.errors import UsageError
from qc_workbench.store import calls, crm, listening, verdicts
from qc_workbench.store.database import Statement, insert
from qc_workbench.workspace import Workspace
from tests.unit.spoken_calls import call_at, dialogue

AS_OF = datetime.fromisoformat("2026-11-01T09:00:00+03:00")
PROMISE = ("C: Алло, слушаю.", "A: Добрый день, это по окнам.", "C: Позвоните в четверг.", "A: Хорошо.", "C: Жду.")
THINKING = ("C: Алло, слушаю.", "A: Добрый день.", "C: Мы пока думаем.", "A: Понял.", "C: До свидания.")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(tmp_path)


def put_call(workspace: Workspace, call: Call, *lines: str) -> None:
    """A call with its recording; with lines, also its transcript."""
    digest = f"hash-{call.call_id}"
    recording = Recording(call.call_id, RecordingState.READY, digest, channels=2, duration_s=60.0, agent_channel=0)
    statements = [
        insert("calls", calls.call_row(call, AS_OF), replace=True),
        insert("recordings", calls.recording_row(recording), replace=True),
    ]
    if lines:
        words = replace(dialogue(*lines, call_id=call.call_id), content_hash=digest, fingerprint=f"words-{hash(lines)}")
        statements += listening.save_transcript(words, datetime.now(UTC))
    workspace.store.write(*statements)


def put_deal(workspace: Workspace, status: DealStatus = DealStatus.OPEN, *phones: str) -> None:
    deal = Deal("d-1", phones or ("+79160000001",), "m1", "Думают", status)
    workspace.store.write(insert("deals", crm.deal_row(deal), replace=True))


def run(workspace: Workspace, as_of: datetime = AS_OF) -> DetectReport:
    return detect(workspace, as_of, Silent())


def outcomes(workspace: Workspace) -> list[CommitmentOutcome]:
    with workspace.store.reading() as reader:
        return [item.outcome for item in verdicts.commitments(reader)]


def test_a_promise_is_kept_with_its_outcome(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    report = run(workspace)
    assert (report.examined, report.promises, report.broken_promises) == (1, 1, 1)
    assert outcomes(workspace) == [CommitmentOutcome.MISSING]


def test_a_second_run_changes_nothing(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    put_deal(workspace, DealStatus.LOST)
    assert run(workspace).changed > 0
    again = run(workspace)
    assert (again.changed, again.examined, again.already, again.retired) == (0, 0, 1, 0)


def test_the_outcome_follows_the_crm_without_hearing_the_call_again(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    run(workspace)
    later = replace(call_at(call_id="k-2"), started_at=datetime.fromisoformat("2026-10-08T15:00:00+03:00"))
    workspace.store.write(insert("calls", calls.call_row(later, AS_OF)))
    report = run(workspace)
    assert report.examined == 0
    assert outcomes(workspace) == [CommitmentOutcome.KEPT_UNLOGGED]
    task = Activity(
        "a-1", "m1", ActivityType.CALL, datetime.fromisoformat("2026-10-06T12:10:00+03:00"),
        client_phone="+79160000001", due_at=datetime.fromisoformat("2026-10-08T12:00:00+03:00"),
    )  # fmt: skip
    workspace.store.write(insert("activities", crm.activity_row(task)))
    run(workspace)
    assert outcomes(workspace) == [CommitmentOutcome.KEPT]


def test_the_moment_of_analysis_decides_what_is_overdue(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    run(workspace, datetime.fromisoformat("2026-10-07T09:00:00+03:00"))
    assert outcomes(workspace) == [CommitmentOutcome.SCHEDULED]
    run(workspace)
    assert outcomes(workspace) == [CommitmentOutcome.MISSING]


def test_any_of_the_clients_numbers_keeps_the_promise(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    put_deal(workspace, DealStatus.OPEN, "+79160000001", "+79160000002")
    other = call_at("2026-10-08T15:00:00+03:00", "k-2", client_phone="+79160000002")
    workspace.store.write(insert("calls", calls.call_row(other, AS_OF)))
    run(workspace)
    assert outcomes(workspace) == [CommitmentOutcome.KEPT_UNLOGGED]


def test_a_call_of_another_client_keeps_nothing(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    other = call_at("2026-10-08T15:00:00+03:00", "k-2", client_phone="+79160000009")
    workspace.store.write(insert("calls", calls.call_row(other, AS_OF)))
    run(workspace)
    assert outcomes(workspace) == [CommitmentOutcome.MISSING]


def test_a_new_transcript_replaces_what_was_heard(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    run(workspace)
    put_call(workspace, call_at(), *THINKING)
    report = run(workspace)
    assert (report.examined, report.promises) == (1, 0)
    assert outcomes(workspace) == []


def standing(workspace: Workspace) -> list[str]:
    with workspace.store.reading() as reader:
        return [f"{flag.kind}/{flag.verdict}" for flag in verdicts.flags(reader)]


def test_a_false_refusal_is_flagged_and_retired_when_the_deal_lives_again(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *THINKING)
    put_deal(workspace, DealStatus.LOST)
    assert run(workspace).false_refusals == 1
    assert standing(workspace) == ["false_refusal/flag"]
    put_deal(workspace, DealStatus.OPEN)
    assert run(workspace).retired == 1
    assert standing(workspace) == []
    with workspace.store.reading() as reader:  # retired, not deleted
        assert reader.value("select count(*) from flags") == 1
    put_deal(workspace, DealStatus.LOST)
    run(workspace)
    assert standing(workspace) == ["false_refusal/flag"]


def ringing(content_hash: str) -> Acoustics:
    sounds = (Sound(1, 0.0, 58.0, SoundKind.RINGBACK, 1.0, 425.0),)
    return Acoustics(content_hash, "acoustics-test", 60.0, 2, sounds, ((0,), (0,)))


def test_a_call_without_words_is_judged_by_its_sound(workspace: Workspace) -> None:
    put_call(workspace, call_at())
    workspace.store.write(insert("acoustics", listening.acoustics_row(ringing("hash-k-1"))))
    report = run(workspace)
    assert (report.examined, report.padded) == (1, 1)
    with workspace.store.reading() as reader:
        conversation = verdicts.conversations(reader)["k-1"]
    assert conversation.verified_effective is False


def test_a_call_with_neither_sound_nor_words_is_not_judged(workspace: Workspace) -> None:
    put_call(workspace, call_at())
    report = run(workspace)
    assert (report.examined, report.silent, standing(workspace)) == (0, 1, [])


def test_what_was_heard_in_a_sound_that_is_gone_is_forgotten(workspace: Workspace) -> None:
    put_call(workspace, call_at())
    workspace.store.write(insert("acoustics", listening.acoustics_row(ringing("hash-k-1"))))
    run(workspace)
    workspace.store.write(Statement("update recordings set content_hash = null, state = 'missing'"))
    assert run(workspace).retired == 1
    with workspace.store.reading() as reader:
        assert verdicts.conversations(reader) == {}
    assert run(workspace).changed == 0


def test_a_call_found_empty_keeps_no_promise(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    put_call(workspace, call_at("2026-10-08T15:00:00+03:00", "k-2"))
    workspace.store.write(insert("acoustics", listening.acoustics_row(ringing("hash-k-2"))))
    run(workspace)
    assert outcomes(workspace) == [CommitmentOutcome.MISSING]


def test_a_call_with_a_hidden_number_has_promises_but_no_crm(workspace: Workspace) -> None:
    put_call(workspace, call_at(client_phone=None, direction=Direction.INBOUND), *PROMISE)
    assert run(workspace).commitments == {"missing": 1}


def test_an_unknown_call_is_refused_by_name(workspace: Workspace) -> None:
    with pytest.raises(UsageError) as caught:
        detect(workspace, AS_OF, Silent(), call_ids=["nobody"])
    assert caught.value.code == "call_unknown"
    assert caught.value.params["call_id"] == "nobody"


def test_only_the_named_calls_are_examined(workspace: Workspace) -> None:
    put_call(workspace, call_at(), *PROMISE)
    put_call(workspace, call_at(call_id="k-2", client_phone="+79160000007"), *PROMISE)
    report = detect(workspace, AS_OF, Silent(), call_ids=["k-2"])
    assert (report.examined, report.promises) == (1, 1)
