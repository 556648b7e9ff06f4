"""Was the client told that the call is recorded: phrases, who said them, when, and when nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.evaluate_consent import OPENINGS, Opening, judged, quality, read_openings, transcript_of
from qc_workbench.detection.consent import consent_line
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentVerdict
from qc_workbench.domain.transcript import Party

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
TOLD, NOT_TOLD, UNSURE = ConsentVerdict.TOLD, ConsentVerdict.NOT_TOLD, ConsentVerdict.UNSURE
WORDY = "добрый день, компания «Пример», меня зовут Олег, чем могу вам помочь сегодня?"


def line(direction: Direction, *lines: tuple[Party | None, str]) -> ConsentLine:
    call = Call("c1", datetime(2026, 10, 5, 9, tzinfo=UTC), direction, "m1", None, 60.0, Outcome.ANSWERED)
    return consent_line(call, transcript_of(Opening(TOLD, direction, "test", lines)), 20.0)


@pytest.mark.parametrize(
    "said",
    [
        "разговор записывается", "разговор записываются", "все разговоры записываются", "ведётся запись разговора",
        "записываем разговоры", "в целях контроля качества обслуживания", "раз говор записывается",
        "разгавор записываеться",
        "this call may be recorded", "calls are recorded for quality purposes", "you are on a recorded line",
    ],
)  # fmt: skip
def test_the_line_is_known_in_its_wordings_and_as_it_is_misheard(said: str) -> None:
    found = line(OUT, (Party.AGENT, said), (Party.CUSTOMER, "да, хорошо"))
    assert (found.verdict, found.reason, found.start_s) == (TOLD, ConsentReason.BY_AGENT, pytest.approx(1.0, abs=3))


@pytest.mark.parametrize(
    "said", ["записываю ваш адрес и номер", "разговор не записывается", "наш контроль качества проверил мебель"]
)
def test_words_about_other_records_tell_nothing(said: str) -> None:
    assert line(OUT, (Party.AGENT, f"{WORDY} {said}"), (Party.CUSTOMER, "да")).verdict is NOT_TOLD


def test_a_clients_question_tells_nobody() -> None:
    assert line(IN, (Party.AGENT, WORDY), (Party.CUSTOMER, "этот разговор записывается?")).verdict is NOT_TOLD


def test_the_machine_of_a_called_company_tells_our_agent_and_not_the_client() -> None:
    said = (Party.MACHINE, "все разговоры записываются")
    assert line(IN, said, (Party.AGENT, WORDY)).reason is ConsentReason.BY_MACHINE
    assert line(OUT, said, (Party.AGENT, WORDY)).verdict is NOT_TOLD


def test_told_after_the_first_seconds_or_after_the_substance_is_late() -> None:
    after = line(OUT, (Party.AGENT, WORDY), (None, "25"), (Party.AGENT, "разговор записывается"))
    assert (after.verdict, after.reason) == (NOT_TOLD, ConsentReason.LATE)
    asked = "нужны пять белых дверей с коробкой и доставкой в область, когда привезут, сколько стоит "
    asked += "и кто их ставит у нас в городе"
    begun = line(IN, (Party.AGENT, "слушаю"), (Party.CUSTOMER, asked), (Party.AGENT, "разговор записывается"))
    assert begun.reason is ConsentReason.LATE
    assert begun.start_s is not None


def test_where_nobody_can_tell_it_abstains_and_says_why() -> None:
    assert line(IN, (Party.AGENT, f"{WORDY} … … …")).reason is ConsentReason.NOT_UNDERSTOOD
    assert line(IN, (Party.UNKNOWN, "разговор записывается")).reason is ConsentReason.WHO_UNKNOWN
    assert line(IN, (None, "30"), (Party.AGENT, WORDY)).reason is ConsentReason.NO_OPENING
    assert line(IN, (Party.AGENT, "алло"), (Party.CUSTOMER, "да")).reason is ConsentReason.NO_OPENING
    assert line(IN).verdict is UNSURE


def test_openings_that_the_rules_were_not_made_with_are_judged_well() -> None:
    openings = read_openings(OPENINGS)
    held = [item for item in openings if item.part == "held"]
    assert len(openings) >= 80
    pairs = [(item.label, judged(item)) for item in held]
    for verdict in (TOLD, NOT_TOLD):
        found = quality(pairs, verdict)
        assert found.right / found.given >= 0.95
        assert found.right / found.there >= 0.9
