"""What the player is given: reduced waveforms, the clip to hear first, who is on which channel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.flag import Evidence, Side
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.playback import Playback, clip_of, playback, reduced
from tests.answering_cases import Story


@given(st.lists(st.integers(0, 100), max_size=400), st.integers(1, 100))
def test_a_reduced_waveform_keeps_its_loudest_moment_and_fits(peaks: list[int], most: int) -> None:
    result = reduced(peaks, most)
    assert len(result) == min(len(peaks), most)
    assert max(result, default=None) == max(peaks, default=None)


def test_the_clip_begins_at_the_words_rather_than_at_the_silence_before_them() -> None:
    silence = Evidence(1, 0.0, 20.0, "silence")
    greeting = Evidence(1, 20.0, 24.0, "voicemail_greeting", "оставьте сообщение")
    start, end = clip_of([silence, greeting], 60.0) or (0.0, 0.0)
    assert start == 19.5
    assert end - start >= 10


def test_the_clip_stays_inside_the_recording() -> None:
    assert clip_of([Evidence(1, 38.0, 40.0, "beep")], 40.0) == (37.5, 40.0)


def test_evidence_for_the_agent_alone_makes_no_clip() -> None:
    assert clip_of([Evidence(1, 1.0, 5.0, "live_talk", None, Side.FOR)], 40.0) is None


def shown(agent_channel: int, language: str = "en") -> list[str]:
    recording = Recording("c", RecordingState.READY, "0" * 64, channels=2, agent_channel=agent_channel)
    acoustics = Acoustics("0" * 64, "x", 1.0, 2, (), ((1,), (2,)))
    lanes = playback("c", None, recording, acoustics, None, (), (), Translator(language)).lanes
    return [lane.label for lane in lanes]


def test_the_agent_is_named_on_the_channel_where_the_agent_speaks() -> None:
    assert shown(0) == ["Agent", "Client"]
    assert shown(1) == ["Client", "Agent"]
    assert shown(1, "ru") == ["Клиент", "Менеджер"]


def test_an_invented_turn_says_why_it_is_not_to_be_trusted() -> None:
    turn = Turn(Party.UNKNOWN, 0, 1.0, 2.0, "Субтитры", 0.3, (), Suspicion.PHANTOM_PHRASE)
    transcript = Transcript("c", "0" * 64, "x", "ru", "e", "m", (turn,))
    assert "no evidence" in (
        playback("c", None, None, None, transcript, (), (), Translator("en")).turns[0].suspect or ""
    )


def test_a_voice_that_the_detector_found_to_be_a_recording_is_not_called_the_client() -> None:
    told = Story().far("Это автоответчик, оставьте сообщение после сигнала", 4.0).beep().agent("Да-да, слушаю", 2.0)
    made = playback("c", None, told.recording(), told.acoustics(), told.transcript(), (), (), Translator("en"))
    assert [turn.party for turn in made.turns] == ["machine", "agent"]
    person = Story().far("Алло, слушаю вас", 2.0).agent("Добрый день, удобно говорить", 2.0)
    made = playback("c", None, person.recording(), person.acoustics(), person.transcript(), (), (), Translator("en"))
    assert [turn.party for turn in made.turns] == ["customer", "agent"]


def quiet(made: Playback) -> list[tuple[float, float]]:
    return [(round(start_s, 1), round(end_s, 1)) for start_s, end_s in made.quiet]


def test_silences_that_may_be_skipped_lie_between_all_that_is_said_on_either_channel() -> None:
    words = (Turn(Party.AGENT, 0, 1.0, 4.0, "Алло", 0.9), Turn(Party.CUSTOMER, 1, 4.9, 8.0, "Да", 0.9))
    transcript = Transcript("c", "0" * 64, "x", "ru", "e", "m", words)
    acoustics = Acoustics("0" * 64, "x", 20.0, 2, (), ((1,), (2,)))
    made = playback("c", None, None, acoustics, transcript, (), (), Translator("en"))
    assert quiet(made) == [(8.0, 20.0)]  # a second before the first word and a breath between them are no silence
    made = playback("c", None, None, acoustics, None, (), (), Translator("en"))
    assert quiet(made) == []  # nothing is known: nothing is skipped


def test_the_voice_of_a_machine_is_no_silence() -> None:
    told = (
        Story().far("Это автоответчик, оставьте сообщение после сигнала", 4.0).silence(5.0).agent("Да-да, слушаю", 2.0)
    )
    made = playback("c", None, told.recording(), told.acoustics(), None, (), (), Translator("en"))
    assert len(made.quiet) >= 1
    voices = [sound for sound in told.acoustics().sounds if sound.kind is SoundKind.VOICE]
    assert voices
    for sound in voices:
        assert not [gap for gap in made.quiet if gap[0] < sound.end_s - 0.1 and gap[1] > sound.start_s + 0.1]
