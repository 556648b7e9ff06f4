"""What the first visitor would wait for is done when the server starts: pages' modules and the models behind a call."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from threading import Thread
from time import perf_counter
from typing import Final

from qc_workbench.config import AutoAnswers
from qc_workbench.detection.auto_answers import CallFacts, answers_of
from qc_workbench.detection.segments import time_line_of
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word
from qc_workbench.logs import event
from qc_workbench.ui import components, views
from qc_workbench.ui.views.judged import judged

#: What Streamlit itself loads with the first page, table and picture.
_STREAMLITS: Final = ("pandas", "PIL.PngImagePlugin", "streamlit.emojis", "streamlit.material_icon_names")
_SAID: Final = ("добрый день чем могу помочь", "здравствуйте мне нужен замер в четверг")
_TURN_S: Final = 3.0


def begin() -> Thread:
    """In a thread of its own: the server answers meanwhile. What fails here fails again where it is needed."""
    thread = Thread(target=_warm, name="warming", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    begun = perf_counter()
    try:
        load_pages()
        judge_a_made_up_call()
    except Exception as error:
        event("serve.warming_failed", logging.WARNING, exception=error)
        return
    event("serve.warm", duration_s=perf_counter() - begun)


def load_pages() -> int:
    """Import everything that pages are made of; how many modules that is."""
    names = [
        f"{package.__name__}.{module.name}"
        for package in (views, components)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    for name in (*names, *_STREAMLITS):
        importlib.import_module(name)
    return len(names)


def judge_a_made_up_call() -> int:
    """Lexicons and models are read when a call is judged for the first time; the answers it got."""
    turns = tuple(_turn(place, text) for place, text in enumerate(_SAID))
    sounds = tuple(Sound(turn.channel, turn.start_s, turn.end_s, SoundKind.VOICE) for turn in turns)
    speech = tuple(((sound.start_s, sound.end_s),) for sound in sounds)
    duration_s = _TURN_S * len(turns)
    acoustics = Acoustics("-", "-", duration_s, len(turns), sounds, ((), ()), speech)
    recording = Recording("-", RecordingState.READY, "-", None, None, "wav", "pcm", 8000, 2, duration_s, 0)
    transcript = Transcript("-", "-", "-", "ru", "-", "-", turns)
    found = judged(recording, acoustics, transcript, ())
    assert found is not None
    time_line_of(found.heard, found.answering)
    return len(answers_of(found.heard, found.answering, transcript, CallFacts("-", "-"), AutoAnswers()))


def _turn(channel: int, text: str) -> Turn:
    start_s, words = _TURN_S * channel, text.split()
    each_s = (_TURN_S - 0.2) / len(words)
    timed = tuple(Word(start_s + at * each_s, start_s + (at + 1) * each_s, word, 0.9) for at, word in enumerate(words))
    party = (Party.AGENT, Party.CUSTOMER)[channel]
    return Turn(party, channel, start_s, start_s + _TURN_S - 0.2, text, 0.9, timed)
