"""Fingerprints: the same recording is found again after any line, other speech never is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.landmark_file import load, save
from pipelines.telephone_codecs import LINES, has_gsm
from qc_workbench.detection.fingerprint_index import build
from qc_workbench.detection.fingerprint_matches import PrintedRecording, is_new, look_up, match_at, relation
from qc_workbench.detection.fingerprints import SHORTEST_SPEECH_S, sound_print
from qc_workbench.detection.known_greetings import greeting_count, known_greetings
from qc_workbench.detection.sound_classes import Interval
from qc_workbench.detection.spectrum import Floats
from qc_workbench.domain.flag import AnsweredBy, Ruling
from qc_workbench.domain.sound_print import GreetingCount, Heard, PrintMatch, Relation, Sighting, SoundPrint
from qc_workbench.transcription.audio import RATE_HZ, decode

SAMPLES = Path(__file__).parents[2] / "samples"
#: Recordings whose far end is a machine: the announcement of an operator, two voicemails.
GREETINGS = ("d-003", "d-004", "d-014")
PEOPLE = ("d-010", "d-018", "d-024", "d-036", "d-044", "d-063")


@cache
def far_end(call_id: str) -> tuple[Floats, tuple[Interval, ...]]:
    """The first 25 s of the far end's channel of a sample call, and where it speaks."""
    return channel_of(call_id, "customer")


@cache
def channel_of(call_id: str, party: str) -> tuple[Floats, tuple[Interval, ...]]:
    for line in (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        if truth["id"] != call_id:
            continue
        audio = decode(SAMPLES / "recordings" / truth["recording"])
        spans = [
            (span["start"], span["end"])
            for span in truth["spans"]
            if span["channel"] == party and span["kind"] in ("speech", "machine") and span["end"] < 24
        ]
        loudest = max(audio.samples, key=lambda samples: sum(energy(samples, span) for span in spans))
        return loudest[: 25 * RATE_HZ], tuple(spans)
    raise LookupError(call_id)


def energy(samples: Floats, span: Interval) -> float:
    return float(np.square(samples[round(span[0] * RATE_HZ) : round(span[1] * RATE_HZ)]).sum())


@cache
def library() -> tuple[SoundPrint, ...]:
    """The far ends of some calls, those of them that speak enough."""
    found = (sound_print(*far_end(name), name, 0) for name in (*GREETINGS, *PEOPLE))
    return tuple(item for item in found if item.peaks)


def printed(samples: Floats, voices: tuple[Interval, ...], name: str = "a", channel: int = 0) -> SoundPrint:
    return sound_print(samples, voices, name, channel)


def later(samples: Floats, voices: tuple[Interval, ...], shift: int) -> tuple[Floats, tuple[Interval, ...]]:
    """The same sound after ``shift`` more samples of quiet line."""
    line = np.random.default_rng(shift).normal(0, 3e-4, shift).astype(np.float32)
    return np.concatenate([line, samples]), tuple((a + shift / RATE_HZ, b + shift / RATE_HZ) for a, b in voices)


def found_in(item: SoundPrint, *stored: SoundPrint) -> tuple[PrintMatch, ...]:
    return look_up(item, build(stored), lambda numbers: {number: stored[number] for number in numbers})


@pytest.mark.parametrize("line", [pytest.param(name, id=name) for name in LINES])
def test_a_greeting_is_found_again_whatever_line_it_came_through(line: str) -> None:
    if line.startswith("GSM") and not has_gsm():
        pytest.skip("no sox here")
    change: Callable[[Floats], Floats] = LINES[line]
    for number, call_id in enumerate(GREETINGS):
        samples, voices = far_end(call_id)
        moved, moved_voices = later(samples, voices, 9_001 + 1_111 * number)
        heard = printed(change(moved), moved_voices, "b")
        matches = found_in(heard, *library())
        assert [match.found for match in matches] == [(call_id, 0)]
        assert matches[0].matched_s > 0.6 * heard.speech_s
        assert matches[0].offset_s == pytest.approx(-(9_001 + 1_111 * number) / RATE_HZ, abs=0.12)
        assert matches[0].start_s == pytest.approx(moved_voices[0][0], abs=1.2)


@settings(max_examples=12)
@given(shift=st.integers(0, 3 * RATE_HZ), gain_db=st.floats(-30, 0), call_id=st.sampled_from(GREETINGS))
def test_a_recording_always_finds_itself_at_its_offset_and_level(shift: int, gain_db: float, call_id: str) -> None:
    samples, voices = far_end(call_id)
    moved, moved_voices = later(samples, voices, shift)
    louder = (moved * 10 ** (gain_db / 20)).astype(np.float32)
    (match,) = found_in(printed(samples, voices), printed(louder, moved_voices, "b"))
    assert match.offset_s == pytest.approx(shift / RATE_HZ, abs=0.08)
    assert match.matched_s > 0.85 * printed(samples, voices).speech_s


@pytest.mark.slow
def test_speech_of_different_calls_never_matches() -> None:
    prints = [
        printed(*channel_of(call_id, party), call_id, number)
        for call_id in (*GREETINGS, *PEOPLE)
        for number, party in enumerate(("customer", "agent"))
    ]
    spoken = [item for item in prints if item.peaks]
    assert len(spoken) >= 12
    for one, other in combinations(spoken, 2):
        assert found_in(one, other) == (), (one.key, other.key)


def test_a_word_or_two_gives_no_print() -> None:
    samples, voices = far_end("d-003")
    start = voices[0][0]
    assert printed(samples, ((start, start + SHORTEST_SPEECH_S - 0.1),)).peaks == b""
    assert printed(samples, ()).bits == b""


def test_a_tone_music_or_noise_taken_for_speech_matches_nothing() -> None:
    moments = np.arange(15 * RATE_HZ) / RATE_HZ
    line = np.random.default_rng(5).normal(0, 1e-3, (2, moments.size))
    ringing = 0.3 * np.sin(2 * np.pi * 425 * moments) * (moments % 5 < 1)
    voices = ((0.0, 15.0),)
    for sound in (ringing, 0.3 * np.sin(2 * np.pi * 425 * moments), np.zeros_like(moments)):
        one, other = ((sound + noise).astype(np.float32) for noise in line)
        assert found_in(printed(one, voices), printed(other, voices, "b")) == ()


def test_only_the_first_speech_is_printed_and_a_print_stays_small() -> None:
    samples = np.random.default_rng(3).normal(0, 0.1, 100 * RATE_HZ).astype(np.float32)
    item = printed(samples, ((2.0, 30.0), (40.0, 90.0)))
    assert item.speech_s == 20.0
    assert len(item.peaks) + len(item.bits) < 5_000


def test_a_greeting_that_goes_on_in_other_words_is_known_as_far_as_it_is_the_same() -> None:
    samples, voices = far_end("d-003")
    person, spoken = far_end("d-036")
    cut = round((voices[0][1] + 0.1) * RATE_HZ)
    mixed = np.concatenate([samples[:cut], person])
    mixed_voices = (voices[0], *((a + cut / RATE_HZ, b + cut / RATE_HZ) for a, b in spoken))
    item = printed(mixed, mixed_voices, "b")
    (match,) = found_in(item, printed(samples, voices))
    assert match.end_s == pytest.approx(voices[0][1], abs=0.6)
    assert is_new(item, (match,))
    assert not is_new(printed(samples, voices, "c"), found_in(printed(samples, voices, "c"), printed(samples, voices)))


def test_an_index_that_grew_finds_what_one_built_at_once_finds(tmp_path: Path) -> None:
    prints = library()
    at_once, grown = build(prints), build(prints[:2])
    for item in prints[2:]:
        grown.add(item)
    save(tmp_path / "cache" / "landmarks.bin", at_once, [item.key for item in prints])
    saved = load(tmp_path / "cache" / "landmarks.bin")
    assert saved is not None
    assert saved[1] == [item.key for item in prints]
    for item in prints:
        found = at_once.find(item, 8, 3)
        assert found[0].votes > 50
        assert sorted(found, key=repr) == sorted(grown.find(item, 8, 3), key=repr)
        assert found == saved[0].find(item, 8, 3)
    at_once.gone.add(0)
    assert all(candidate.number != 0 for candidate in at_once.find(prints[0], 8, 3))


def test_a_damaged_index_file_is_no_index(tmp_path: Path) -> None:
    path = tmp_path / "landmarks.bin"
    assert load(path) is None
    save(path, build([printed(*far_end("d-003"))]), [("a", 0)])
    path.write_bytes(path.read_bytes()[:-8])
    assert load(path) is None
    path.write_bytes(b"{}\n")
    assert load(path) is None


# --- what two recordings are to each other ---------------------------------------------------------------------------


def recording(name: str, *channels: tuple[Floats, tuple[Interval, ...]], length_s: float = 25.0) -> PrintedRecording:
    prints = tuple(printed(samples, voices, name, number) for number, (samples, voices) in enumerate(channels))
    return PrintedRecording(length_s, prints, tuple(voices for _, voices in channels))


def quiet() -> tuple[Floats, tuple[Interval, ...]]:
    return np.random.default_rng(1).normal(0, 1e-4, 25 * RATE_HZ).astype(np.float32), ()


def test_the_same_two_voices_are_a_duplicate_and_another_agent_is_another_call() -> None:
    agent, other_agent = channel_of("d-036", "agent"), channel_of("d-044", "agent")
    one = recording("a", agent, far_end("d-036"))
    encoded = recording(
        "b", *((LINES["MP3 16 kbit/s"](samples), voices) for samples, voices in (agent, far_end("d-036")))
    )
    assert relation(one, encoded, 0.0) is Relation.DUPLICATE
    assert relation(recording("a", agent, far_end("d-003")), recording("b", other_agent, far_end("d-003")), 0.0) is (
        Relation.GREETING
    )


def test_a_greeting_with_nothing_beside_it_is_another_call_only_when_it_begins_or_ends_elsewhere() -> None:
    one = recording("a", quiet(), far_end("d-003"), length_s=48.0)
    assert relation(one, recording("b", quiet(), far_end("d-003"), length_s=48.1), 0.0) is Relation.UNCLEAR
    assert relation(one, recording("b", quiet(), far_end("d-003"), length_s=51.0), 0.0) is Relation.GREETING
    moved = recording("b", quiet(), later(*far_end("d-003"), 16_000), length_s=48.0)
    assert relation(one, moved, 1.0) is Relation.GREETING


def test_in_mono_a_lone_announcement_proves_neither() -> None:
    one = recording("a", far_end("d-003"), length_s=48.0)
    assert relation(one, recording("b", far_end("d-003"), length_s=48.0), 0.0) is Relation.UNCLEAR
    assert relation(one, recording("b", far_end("d-003"), length_s=60.0), 0.0) is Relation.UNCLEAR


def test_prints_of_other_speech_agree_nowhere() -> None:
    one, other = printed(*far_end("d-036")), printed(*far_end("d-003"), "b")
    assert all(match_at(one, other, steps) is None for steps in range(-200, 200, 4))


# --- what makes a greeting known -------------------------------------------------------------------------------------

MOMENT = datetime(2026, 9, 1, 9, tzinfo=UTC)


def sighting(
    number: int,
    *,
    phone: int | None = None,
    relation_: Relation | None = Relation.GREETING,
    matched_s: float = 6.0,
    is_far: bool | None = True,
    ruling: Ruling | None = None,
    rests_on_it: bool = False,
) -> Sighting:
    """Call ``number``; the sound was stored from call 0."""
    return Sighting(
        ("h0", 1), f"h{number}", 1, f"c{number}", f"+7900000{phone if phone is not None else number:04}",
        MOMENT + timedelta(hours=number), 0.0 if relation_ is None else 2.0, 0.0 if relation_ is None else 8.0, -1.0,
        0.0 if relation_ is None else matched_s, relation_, is_far, ruling, rests_on_it, AnsweredBy.VOICEMAIL,
    )  # fmt: skip


def first(**values: object) -> Sighting:
    return sighting(0, relation_=None, **values)  # type: ignore[arg-type]


def test_a_greeting_of_several_numbers_is_known_in_each_call_at_its_place() -> None:
    known = known_greetings([first(), sighting(1), sighting(2)])
    assert sorted(known) == ["c0", "c1", "c2"]
    assert {item.heard for items in known.values() for item in items} == {Heard.SEVERAL_NUMBERS}
    assert (known["c1"][0].start_s, known["c1"][0].end_s) == (2.0, 8.0)
    assert (known["c0"][0].start_s, known["c0"][0].end_s) == (1.0, 7.0)
    assert greeting_count("c1", [first(), sighting(1), sighting(2)]) == GreetingCount(numbers=2, calls=2)


def test_one_numbers_greeting_is_one_subscribers() -> None:
    known = known_greetings([first(phone=7), sighting(1, phone=7)])
    assert {item.heard for items in known.values() for item in items} == {Heard.ONE_NUMBER}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([first()], "heard once"),
        ([first(), sighting(1, relation_=Relation.DUPLICATE)], "one recording attached twice"),
        ([first(), sighting(1, relation_=Relation.UNCLEAR)], "perhaps one recording attached twice"),
        ([first(), sighting(1, matched_s=3.2)], "a phrase of a synthetic voice"),
        ([first(is_far=False), sighting(1, is_far=False)], "the agents' own channel"),
        ([first(is_far=None), sighting(1, is_far=None)], "mono: it may be the agent"),
        ([first(), sighting(1, ruling=Ruling.REJECTED, rests_on_it=True)], "a person said it is none"),
    ],
)
def test_what_proves_no_machine(said: list[Sighting], why: str) -> None:
    assert known_greetings(said) == {}, why


def test_a_mono_call_is_told_by_what_stereo_calls_know() -> None:
    known = known_greetings([first(), sighting(1), sighting(2, is_far=None)])
    assert known["c2"][0].heard is Heard.SEVERAL_NUMBERS


def test_a_short_announcement_is_known_after_many_numbers_or_a_confirmed_case() -> None:
    few = [first(), *(sighting(number, matched_s=3.2) for number in range(1, 3))]
    assert known_greetings(few) == {}
    assert len(known_greetings([*few, sighting(3, matched_s=3.2), sighting(4, matched_s=3.2)])) == 5
    confirmed = known_greetings([*few[:-1], sighting(2, matched_s=3.2, ruling=Ruling.CONFIRMED)])
    assert confirmed["c1"][0].label is AnsweredBy.VOICEMAIL
    assert confirmed["c1"][0].heard is Heard.CONFIRMED
    assert "c2" not in confirmed  # a case does not prove itself
