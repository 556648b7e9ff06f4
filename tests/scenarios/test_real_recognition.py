"""A few composed calls with their words recognised by the real speech model instead of known beforehand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_workbench.config import Speech
from qc_workbench.domain.flag import Verdict
from qc_workbench.errors import ModelError
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import resolve
from qc_workbench.transcription.transcript_assembly import assemble
from tests.scenarios.stories import PADDED, composed

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(900)]

CALLS = (
    ("voicemail_padding", "ru_water"),
    ("operator_padding", "ru_repair"),
    ("assistant_padding", "en_fleet"),
    ("conversation", "ru_water"),
    ("message_left", "en_garden"),
    ("mentions_voicemail", "ru_repair"),
)


@pytest.fixture(scope="module")
def engine() -> Whisper:
    try:
        return Whisper(resolve(Speech()), Speech())
    except ModelError as error:
        pytest.skip(f"no speech model here: {error}")


@pytest.mark.parametrize(("scenario", "cast"), CALLS)
def test_recognised_words_lead_to_the_same_decision(engine: Whisper, scenario: str, cast: str) -> None:
    call = composed(scenario, 21, cast=cast, mono=False, noise_db=-58.0)
    channels = engine.listen(call.audio)
    (result,) = engine.recognise([channels])
    transcript = assemble(call.call, call.recording, channels, result, engine)
    flag = replace(call, transcript=transcript).examined().flag
    assert (flag.verdict if flag else None) == (Verdict.FLAG if scenario in PADDED else None), transcript.turns
