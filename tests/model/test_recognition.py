"""Recognition with the real speech model on short real recordings of the samples."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.bench_transcription import word_errors
from qc_workbench.config import Speech
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Transcript
from qc_workbench.errors import ModelError
from qc_workbench.transcription.audio import RATE_HZ, Audio, decode
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import resolve
from qc_workbench.transcription.phantoms import plain
from qc_workbench.transcription.transcript_assembly import assemble

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

SOME_DAY = datetime(2026, 9, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def engine() -> Whisper:
    try:
        return Whisper(resolve(Speech()), Speech())
    except ModelError as error:
        pytest.skip(f"no speech model here: {error}")


@cache
def truth() -> dict[str, dict[str, Any]]:
    lines = (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {item["id"]: item for item in map(json.loads, lines)}


def sound(call_id: str, until_s: float = 40.0) -> Audio:
    audio = decode(SAMPLES / "recordings" / truth()[call_id]["recording"])
    return Audio(np.ascontiguousarray(audio.samples[:, : round(until_s * RATE_HZ)]))


def said(call_id: str, channel: str, until_s: float = 40.0) -> str:
    spans = [span for span in truth()[call_id]["spans"] if span.get("text") and span["end"] <= until_s]
    return " ".join(span["text"] for span in spans if span["channel"] == channel)


def transcripts(engine: Whisper, *sounds: Audio, direction: Direction = Direction.OUTBOUND) -> list[Transcript]:
    heard = [engine.listen(audio) for audio in sounds]
    found = []
    for channels, result in zip(heard, engine.recognise(heard), strict=True):
        call = Call("c", SOME_DAY, direction, "m", None, 60, Outcome.ANSWERED)
        recording = Recording("c", RecordingState.READY, "hash", agent_channel=0 if len(channels) == 2 else None)
        found.append(assemble(call, recording, channels, result, engine))
    return found


def words_of(transcript: Transcript, party: Party) -> str:
    return " ".join(turn.text for turn in transcript.turns if turn.party is party)


def error_rate(reference: str, heard: str) -> float:
    edits, words = word_errors(reference, heard)
    return edits / words


def test_each_party_is_heard_on_its_own_channel_and_a_swap_is_noticed(engine: Whisper) -> None:
    straight = sound("d-063")
    swapped = Audio(np.ascontiguousarray(straight.samples[::-1]))
    right, reverse = transcripts(engine, straight, swapped)
    agent, customer = said("d-063", "agent"), said("d-063", "customer")
    assert error_rate(agent, words_of(right, Party.AGENT)) < 0.35
    assert error_rate(customer, words_of(right, Party.CUSTOMER)) < 0.35
    assert error_rate(agent, words_of(reverse, Party.CUSTOMER)) < 0.35
    assert error_rate(agent, words_of(right, Party.CUSTOMER)) > 0.7


@pytest.mark.slow
def test_languages_are_told_apart_in_one_batch(engine: Whisper) -> None:
    english, russian = transcripts(engine, sound("d-018", 20), sound("d-047", 20))
    assert (english.language, russian.language) == ("en", "ru")


@pytest.mark.slow
def test_a_voice_leaking_into_the_other_channel_is_not_written_down_twice(engine: Whisper) -> None:
    (leaking,) = transcripts(engine, sound("d-024"))
    assert error_rate(said("d-024", "agent"), words_of(leaking, Party.AGENT)) < 0.5
    assert error_rate(said("d-024", "customer"), words_of(leaking, Party.CUSTOMER)) < 0.5


def test_silence_and_ringback_have_no_words(engine: Whisper) -> None:
    noise = np.random.default_rng(1).normal(0, 0.003, (2, 20 * RATE_HZ)).astype(np.float32)
    for transcript in transcripts(engine, sound("d-006"), sound("d-035"), Audio(noise)):
        assert transcript.turns == ()
        assert transcript.language is None


@pytest.mark.slow
def test_words_lie_where_they_are_spoken(engine: Whisper) -> None:
    (transcript,) = transcripts(engine, sound("d-063"))
    spans = [(span["start"], span["end"]) for span in truth()["d-063"]["spans"] if span.get("text")]
    words = [word for turn in transcript.turns for word in turn.words]
    inside = [
        any(start - 0.3 <= (word.start_s + word.end_s) / 2 <= end + 0.3 for start, end in spans) for word in words
    ]
    assert np.mean(inside) > 0.95


@pytest.mark.slow
def test_a_call_has_the_same_words_alone_and_in_company(engine: Whisper) -> None:
    (alone,) = transcripts(engine, sound("d-018", 25))
    in_company = transcripts(engine, sound("d-047", 25), sound("d-018", 25), sound("d-039", 25))[1]
    edits, words = word_errors(
        plain(" ".join(turn.text for turn in alone.turns)), plain(" ".join(turn.text for turn in in_company.turns))
    )
    assert edits <= words * 0.02


@pytest.mark.slow
def test_a_mono_conversation_is_split_between_its_two_parties(engine: Whisper) -> None:
    (transcript,) = transcripts(engine, sound("d-041", 80), direction=Direction.INBOUND)
    assert error_rate(said("d-041", "agent", 80), words_of(transcript, Party.AGENT)) < 0.5
    assert error_rate(said("d-041", "customer", 80), words_of(transcript, Party.CUSTOMER)) < 0.5


@pytest.mark.slow
def test_a_dictionary_brings_its_own_words_only(engine: Whisper) -> None:
    """A list of words is recited now and then: nothing of it may come but in the place of what sounds like it."""
    speech = Speech(dictionary=("Тихий створ", "Ладопроём", "Руслан", "Quillmarsh"))
    told = Whisper(engine.choice, speech)
    call = "d-041"
    (without,), (found,) = transcripts(engine, sound(call)), transcripts(told, sound(call))
    assert told.fingerprint != engine.fingerprint
    before, after = (plain(" ".join(turn.text for turn in item.turns)).split() for item in (without, found))
    assert set(after) - set(before) <= {"тихий", "створ", "ладопроем", "руслан"}
    assert abs(len(after) - len(before)) <= 3
    times = [word.start_s for turn in found.turns if turn.channel == 0 for word in turn.words]
    assert times == sorted(times)
