"""Text that the speech model may have invented. Pure: words and measurements in, a suspicion out.

Whisper was trained on subtitles; over silence, music and noise it writes what subtitles end
with («Продолжение следует…»), repeats itself, or guesses. Suspect text stays visible to
a reviewer where a voice was heard, marked, and is never quoted as evidence; text without
any voice under it is dropped.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Final

from qc_workbench.domain.transcript import Suspicion, Word

#: Words with less of their time voiced than this, and under this many seconds of voice, were not said.
VOICED_SHARE: Final = 0.3
VOICED_S: Final = 0.15
#: Mean probability of a turn's words below which it is a guess (measured in docs/transcription.md).
IMPROBABLE_BELOW: Final = 0.3
#: Whisper's own limits (Radford et al. 2022, section 4.5) for a window that is probably silence.
SILENT_FROM: Final = 0.6
LOG_PROBABILITY_BELOW: Final = -1.0
#: Whisper's limit of looping text, applied to turns long enough for the ratio to mean something.
LOOPING_FROM: Final = 2.4
_LOOPING_LENGTH: Final = 80
#: As many repetitions in a row of two or more words nobody says; one word («да, да, да») more often.
_PHRASE_REPEATS: Final = 4
_WORD_REPEATS: Final = 10

#: Subtitle texts known from public reports of Whisper's inventions. Nobody says these on a
#: sales call, so they are suspect whatever their probability.
_SUBTITLES: Final = re.compile(
    r"""
    .*\bсубтитр\w*\s+(сделал\w*|создавал\w*|подготов\w*|делал\w*|добавил\w*|предоставил\w*).*
    | .*\b(редактор|корректор)\s+субтитров\b.*
    | .*\bdimatorzok\b.* | .*\bамара\s*орг\b.* | .*\bamara\s*org\b.*
    | (продолжение\s+следует\s*)+
    | (спасибо\s+за\s+(просмотр|внимание)\s*)+ | .*\bспасибо\s+за\s+просмотр\b.*
    | .*\bподпис(ывайтесь|аться)\s+на\s+(мой\s+|наш\s+|этот\s+)?канал\b.*
    | .*\bставьте\s+лайк\w*.* | до\s+новых\s+встреч
    | (динамичная|веселая|грустная|спокойная|тревожная|напряженная|лирическая)\s+музыка
    | (звонок|звук|шум|стук|гудки|музыка|аплодисменты|смех|тишина|телефонный\s+звонок)(\s+(в\s+дверь|телефона|мотора))?
    | .*\bthank(s|\s+you)\s+(so\s+much\s+|very\s+much\s+)?for\s+watching\b.*
    | .*\b(please\s+)?(like\s+and\s+)?subscribe(\s+to)?\s+(my|our|the)\s+channel\b.*
    | .*\bsubtitles?\s+(by|made|created|provided)\b.* | .*\btranscri(bed|ption)\s+by\b.*
    | .*\bcaptions?\s+by\b.* | to\s+be\s+continued | (music|applause|laughter|silence)(\s+playing)?
    """,
    re.VERBOSE,
)
#: Said in calls too, so suspect only when hardly any voice is under them or the model doubts.
_ALSO_SAID: Final = frozenset(
    (
        "спасибо",
        "пока",
        "пока пока",
        "до свидания",
        "спасибо за внимание",
        "thank you",
        "thanks",
        "bye",
        "bye bye",
        "you",
        "okay",
    )
)
_ALSO_SAID_BELOW: Final = 0.5


def suspicion(
    words: Sequence[Word], voiced_s: float, *, no_speech: float = 0.0, mean_log_probability: float = 0.0
) -> Suspicion | None:
    """Why a turn's text may be invented, or None.

    ``voiced_s``: seconds of voice activity under the words. ``no_speech`` and
    ``mean_log_probability``: the speech model's own doubts about the window the turn came from.
    """
    if not words:
        return Suspicion.NO_VOICE
    spoken_s = sum(word.end_s - word.start_s for word in words)
    if voiced_s < VOICED_S and voiced_s < VOICED_SHARE * max(spoken_s, 0.01):
        return Suspicion.NO_VOICE
    text = plain("".join(word.text for word in words))
    if not text:
        return Suspicion.LOW_PROBABILITY
    if _SUBTITLES.fullmatch(text):
        return Suspicion.PHANTOM_PHRASE
    if is_looping(text):
        return Suspicion.REPETITIVE
    probability = sum(word.probability for word in words) / len(words)
    if text in _ALSO_SAID and probability < _ALSO_SAID_BELOW:
        return Suspicion.PHANTOM_PHRASE
    silent_window = no_speech > SILENT_FROM and mean_log_probability < LOG_PROBABILITY_BELOW
    if probability < IMPROBABLE_BELOW or silent_window:
        return Suspicion.LOW_PROBABILITY
    return None


def is_looping(text: str) -> bool:
    """Whether the text repeats itself as no speaker does."""
    data = text.encode()
    if len(text) >= _LOOPING_LENGTH and len(data) / len(zlib.compress(data)) > LOOPING_FROM:
        return True
    words = text.split()
    for size in range(1, 7):
        needed = _WORD_REPEATS if size == 1 else _PHRASE_REPEATS
        for start in range(len(words) - size * needed + 1):
            phrase = words[start : start + size]
            if all(words[start + n * size : start + (n + 1) * size] == phrase for n in range(1, needed)):
                return True
    return False


def plain(text: str) -> str:
    """Lower case, ё as е, words parted by single spaces, no punctuation."""
    return " ".join(re.sub(r"[^\w]+", " ", text.lower().replace("ё", "е")).split())
