"""The time line as the player gets it: names, lengths that add up, breaths within talk, the summary in words."""

from __future__ import annotations

import pytest

from qc_workbench.detection.segments import SegmentKind, time_line
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.ui.components.player import player_data
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.playback import playback
from qc_workbench.ui.views.time_line import ShownTimeLine, shown_time_line
from tests.answering_cases import CUSTOMER, Story


def story() -> Story:
    told = Story().sound(SoundKind.RINGBACK, 5.0, 425.0)
    for _ in range(4):
        told.far("да я слушаю вас", 2.0).agent("расскажите какая дверь нужна", 2.5)
    return told.silence(2)


def shown(told: Story, language: str = "ru", connected_s: float | None = None) -> ShownTimeLine:
    line = time_line(told.recording(), told.acoustics(), told.transcript())
    return shown_time_line(line, connected_s, Translator(language))


def test_the_summary_compares_conversation_with_connected_time_in_both_languages() -> None:
    assert shown(story(), "ru", 52).summary == "Живой разговор: 0:18 из 0:52 соединения"
    assert shown(story(), "en", 52).summary == "Live conversation: 0:18 of 0:52 connected"


def test_the_legend_adds_up_to_the_recording_and_names_what_was_heard() -> None:
    told = story()
    kinds = shown(told).kinds
    assert sum(item.seconds for item in kinds) == pytest.approx(told.at, abs=0.2)
    assert {item.label for item in kinds} == {"менеджер", "клиент", "длинные гудки", "тишина"}


@pytest.mark.parametrize("kind", SegmentKind)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_kind_has_a_name(kind: SegmentKind, language: str) -> None:
    name = Translator(language)(f"segment.{kind.value}")
    assert "segment." not in name
    assert name.isascii() == (language == "en")


def test_a_breath_within_talk_is_no_gap_but_a_pause_is_one() -> None:
    told = Story().far("здравствуйте", 1.0).far("у меня вопрос", 1.0, gap_s=0.5).far("по двери", 1.0, gap_s=2.0)
    drawn = [item for item in shown(told.agent("слушаю вас")).segments if item.channel == CUSTOMER]
    assert [round(item.end_s - item.start_s, 1) for item in drawn] == [2.5, 1.0]


def test_the_player_gets_the_strips_and_a_call_without_measured_sound_has_none() -> None:
    told = story()
    made = playback(
        "c", None, told.recording(), told.acoustics(), told.transcript(), (), (), Translator("en"), connected_s=40
    )
    data = player_data(made, Translator("en"), 0.0, False)["line"]
    assert data["summary"].endswith("of 0:40 connected")
    assert {entry[3] for entry in data["segments"]} == {"agent", "customer", "ringback"}
    assert (
        player_data(playback("c", None, None, None, None, (), (), Translator("en")), Translator("en"), 0, False)["line"]
        is None
    )


def test_a_call_without_a_recording_promises_neither_a_waveform_nor_a_transcript() -> None:
    t = Translator("en")
    labels = player_data(playback("c", None, None, None, None, (), (), t), t, 0, False)["labels"]
    assert labels["no_wave"] == t("player.no_sound")
    assert labels["no_transcript"] == "No transcript: there is no recording."
