"""Speech recognition with faster-whisper: many calls at once, each channel apart, only where a voice is.

How it is faster than ``WhisperModel.transcribe`` file by file, with the same model and threads:

1. Only speech is recognised: the voiced stretches of a channel are packed into windows of
   at most 24 s with short pauses kept (``packing``).
2. The encoder's work grows with the length of its input, so a window is filled up with silence to a
   multiple of ``_LENGTH_STEP_S`` instead of always to 30 s.
3. Windows of the same length, of all channels of many calls, are recognised as one batch.
4. The language is decided on the encoded windows themselves: no extra pass.
5. Decoding stops at a number of words nobody can say in the window, so one loop does not hold up
   a batch; only windows that came out badly are tried again with a wide beam.

Nothing is sampled at random. With the same program, model and processor a call gives
the same words again; in a batch of another composition CTranslate2 may choose another matrix
kernel, and then probabilities may differ in the last digits and very rarely a word.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Any, Final

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens, merge_punctuations
from numpy.typing import NDArray

from qc_workbench.config import Speech
from qc_workbench.domain.transcript import Word
from qc_workbench.errors import ModelError
from qc_workbench.transcription.audio import RATE_HZ, Audio
from qc_workbench.transcription.crosstalk import Intervals, copied_frames, own_speech, silenced
from qc_workbench.transcription.dictionary import in_script_of, known_words, prompt_of, put_in
from qc_workbench.transcription.models import ModelChoice
from qc_workbench.transcription.packing import Window, pack, unread
from qc_workbench.transcription.recognised import ChannelSpeech, Passage, Recognised
from qc_workbench.transcription.voice_activity import levelled

#: The version of this way of recognition changes when its results may change.
VERSION: Final = 2

#: Silence after a window, seconds: the model needs to see that the speech ended.
_TAIL_S: Final = 1.0
#: Windows are filled up to a multiple of this; a length of its own for each would leave no batches.
_LENGTH_STEP_S: Final = 2.5
#: Nobody says more tokens a second for a whole window (fast Russian speech: about 9).
_TOKENS_PER_S: Final = 12
_SPARE_TOKENS: Final = 16
#: Speech at the end of a window without a word, seconds, from which on it is read again by itself: shorter ones are
#: breaths, laughter and words whose time was placed a little early.
_UNREAD_FROM_S: Final = 1.5
#: Whisper's own limits of a failed window (Radford et al. 2022, section 4.5): looping, improbable, silent.
LOOPING_FROM: Final = 2.4
IMPROBABLE_BELOW: Final = -1.0
SILENT_FROM: Final = 0.6
#: Beam of the second try of a failed window.
_RETRY_BEAM: Final = 5
#: A window's own language is taken against the call's from this probability and length.
_OWN_LANGUAGE_FROM: Final = 0.9
_OWN_LANGUAGE_LENGTH_S: Final = 4.0
_MARKS_BEFORE: Final = "\"'“¿([{-«"
_MARKS_AFTER: Final = "\"'.。,，!！?？:：”)]}、»…"


@dataclass
class _Task:
    """A window on its way through the model."""

    call: int
    channel: ChannelSpeech
    window: Window
    features: NDArray[np.float32]
    encoded: NDArray[Any] | None = None
    language: str = ""
    tokens: tuple[int, ...] = ()
    mean_log_probability: float = 0.0
    no_speech: float = 0.0
    text: str = ""

    @property
    def frames(self) -> int:
        return int(self.features.shape[-1])

    @property
    def failed(self) -> bool:
        return compression_ratio(self.text) > LOOPING_FROM or self.mean_log_probability < IMPROBABLE_BELOW


class Whisper:
    """A loaded faster-whisper model. Loading takes seconds and memory: make one and keep it."""

    def __init__(self, choice: ModelChoice, speech: Speech) -> None:
        self._choice = choice
        self._speech = speech

    @property
    def choice(self) -> ModelChoice:
        return self._choice

    @property
    def model_name(self) -> str:
        return self._choice.name

    def load(self) -> None:
        """Load the model now (it is otherwise loaded at first use); raises :class:`ModelError`."""
        _ = self._model

    @cached_property
    def _model(self) -> WhisperModel:
        try:
            return WhisperModel(
                str(self._choice.folder),
                device=self._choice.device,
                compute_type=self._choice.compute_type,
                cpu_threads=self._choice.threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(
                "model_unloadable", name=self._choice.name, folder=str(self._choice.folder), detail=str(error)
            ) from error

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Everything that decides the words; kept with each transcript."""
        chosen = {
            "version": str(VERSION),
            "faster_whisper": metadata.version("faster-whisper"),
            "ctranslate2": ctranslate2.__version__,
            "model": self._choice.name,
            "model_digest": self._choice.digest,
            "device": self._choice.device,
            "compute_type": self._choice.compute_type,
            "beam_size": str(self._speech.beam_size),
            "languages": ",".join(self._speech.languages),
        }
        # Without a dictionary transcripts are what they were before there was one.
        return chosen | ({"dictionary": prompt_of(self._speech.dictionary)} if self._speech.dictionary else {})

    @cached_property
    def fingerprint(self) -> str:
        """Names model, options and version. Threads and batch size are not in it: they do not choose words."""
        return hashlib.sha256(json.dumps(dict(self.settings), sort_keys=True).encode()).hexdigest()[:16]

    def listen(self, audio: Audio, speech: Sequence[Intervals] = ()) -> tuple[ChannelSpeech, ...]:
        """The channels of a recording with their own speech; copies of the other channel are silenced."""
        if len(speech) != audio.channels:
            speech = own_speech(audio.samples)
        if audio.channels == 1:
            return (ChannelSpeech(0, audio.samples[0], speech[0]),)
        return tuple(
            ChannelSpeech(
                this,
                silenced(audio.samples[this], copied_frames(audio.samples[this], audio.samples[1 - this])),
                speech[this],
            )
            for this in (0, 1)
        )

    def recognise(self, calls: Sequence[Sequence[ChannelSpeech]]) -> list[Recognised]:
        """Recognise whole calls together; results in the order of ``calls``.

        Language: the one of ``settings.languages`` that all speech of the call, weighted by
        length, makes likeliest. What the telephone system says about the language is not used: it is
        a property of the line or of the client's card, not of this conversation. A window of some
        length that is clearly in another of the languages (an English announcement in a
        Russian call) is recognised in its own.
        """
        tasks = [
            _Task(index, channel, window, self._features(channel, window))
            for index, channels in enumerate(calls)
            for channel in channels
            for window in pack(channel.channel, channel.speech, channel.length_s)
        ]
        languages = self._encode(tasks, len(calls))
        self._read(tasks)
        passages = self._align(tasks)
        rests = [rest for task, passage in zip(tasks, passages, strict=True) if (rest := self._unread(task, passage))]
        if rests:
            spoken = [rest.language for rest in rests]
            self._encode(rests, len(calls))
            for rest, language in zip(rests, spoken, strict=True):
                rest.language = language
            self._read(rests)
            tasks, passages = [*tasks, *rests], [*passages, *self._align(rests)]
        return [
            Recognised(
                *languages[index],
                tuple(
                    passage
                    for task, passage in zip(tasks, passages, strict=True)
                    if task.call == index and passage.words
                ),
            )
            for index in range(len(calls))
        ]

    def _read(self, tasks: Sequence[_Task]) -> None:
        """The words of encoded windows."""
        for language in sorted({task.language for task in tasks}):
            tokenizer = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
            )
            for batch in self._batches([task for task in tasks if task.language == language]):
                self._decode(batch, tokenizer, self._speech.beam_size, 0)
            # a looping or improbable window gets one more, careful try
            for batch in self._batches([task for task in tasks if task.language == language and task.failed]):
                self._decode(batch, tokenizer, max(_RETRY_BEAM, self._speech.beam_size), 3)
            words = in_script_of(language, self._speech.dictionary)
            if words:
                for batch in self._batches([task for task in tasks if task.language == language and task.tokens]):
                    self._put_in(words, batch, tokenizer)

    def _unread(self, task: _Task, passage: Passage) -> _Task | None:
        """The end of a window in which somebody speaks but nothing was read, to be read by itself."""
        if not passage.words:
            return None
        rest = unread(task.window, passage.words[-1].end_s, task.channel.speech, _UNREAD_FROM_S)
        if rest is None:
            return None
        return _Task(task.call, task.channel, rest, self._features(task.channel, rest), language=task.language)

    def _features(self, channel: ChannelSpeech, window: Window) -> NDArray[np.float32]:
        sound = np.concatenate(
            [channel.samples[round(piece.start_s * RATE_HZ) : round(piece.end_s * RATE_HZ)] for piece in window.pieces]
        )
        features = self._model.feature_extractor(levelled(sound))[..., :-1]
        return np.asarray(features, dtype=np.float32)

    def _padded_frames(self, task: _Task) -> int:
        """Feature frames the window is filled up to. It depends on the window alone, not on its batch."""
        steps = math.ceil((task.window.duration_s + _TAIL_S) / _LENGTH_STEP_S)
        wanted = int(steps * _LENGTH_STEP_S * self._model.frames_per_second)
        longest: int = self._model.feature_extractor.nb_max_frames
        return min(wanted, longest)

    def _batches(self, tasks: Sequence[_Task]) -> list[list[_Task]]:
        """Tasks of equal padded length, at most the batch size together; the order is the tasks' own."""
        by_length: dict[int, list[_Task]] = {}
        for task in sorted(tasks, key=lambda task: -task.frames):
            by_length.setdefault(self._padded_frames(task), []).append(task)
        size = self._speech.batch_size
        return [group[start : start + size] for group in by_length.values() for start in range(0, len(group), size)]

    def _encode(self, tasks: Sequence[_Task], calls: int) -> list[tuple[str | None, float]]:
        """Encode all windows, decide the language of each call and of each window."""
        known = [code for code in self._speech.languages if f"<|{code}|>" in self._model.hf_tokenizer.get_vocab()]
        scores: list[dict[str, float]] = [dict.fromkeys(known, 0.0) for _ in range(calls)]
        weights = [0.0] * calls
        own: dict[int, dict[str, float]] = {}
        for batch in self._batches(tasks):
            encoded = self._model.encode(_stacked([task.features for task in batch], self._padded_frames(batch[0])))
            on_host = np.asarray(encoded.to_device(ctranslate2.Device.cpu) if encoded.device == "cuda" else encoded)
            for row, task in enumerate(batch):
                task.encoded = on_host[row].copy()
            if len(known) > 1 and self._model.model.is_multilingual:
                for task, found in zip(batch, self._model.model.detect_language(encoded), strict=True):
                    chances = {token[2:-2]: chance for token, chance in found}
                    total = sum(chances[code] for code in known) or 1.0
                    own[id(task)] = {code: chances[code] / total for code in known}
                    for code in known:
                        scores[task.call][code] += task.frames * math.log(max(own[id(task)][code], 1e-6))
                    weights[task.call] += task.frames
        default = known[0] if known and self._model.model.is_multilingual else "en"
        languages: list[tuple[str | None, float]] = []
        for score, weight in zip(scores, weights, strict=True):
            if not weight:
                languages.append((default, 1.0))
                continue
            best = max(known, key=lambda code: score[code])
            shares = [math.exp((score[code] - score[best]) / weight) for code in known]
            languages.append((best, 1 / sum(shares)))
        for task in tasks:
            task.language = languages[task.call][0] or default
            chances = own.get(id(task), {})
            if chances and task.window.duration_s >= _OWN_LANGUAGE_LENGTH_S:
                best = max(chances, key=lambda code: chances[code])
                if chances[best] >= _OWN_LANGUAGE_FROM:
                    task.language = best
        heard = {task.call for task in tasks}
        return [language if index in heard else (None, 0.0) for index, language in enumerate(languages)]

    def _decode(self, batch: Sequence[_Task], tokenizer: Tokenizer, beam: int, forbidden_repeats: int) -> None:
        """Fill in text and doubts of the tasks; on a second try the better of both is kept."""
        prompt = self._model.get_prompt(tokenizer, [], without_timestamps=True)
        results = self._generate(batch, prompt, tokenizer, beam, forbidden_repeats)
        for task, result in zip(batch, results, strict=True):
            tokens = tuple(token for token in result.sequences_ids[0] if token < tokenizer.eot)
            length = len(result.sequences_ids[0])
            probability = result.scores[0] * length / (length + 1)
            text = tokenizer.decode(list(tokens)).strip()
            second = bool(forbidden_repeats)
            if second and not (compression_ratio(text), -probability) < (
                compression_ratio(task.text),
                -task.mean_log_probability,
            ):
                continue
            task.tokens, task.text = tokens, text
            task.mean_log_probability, task.no_speech = probability, result.no_speech_prob

    def _put_in(self, words: Sequence[str], batch: Sequence[_Task], tokenizer: Tokenizer) -> None:
        """Read again with the company's words in mind, and take over those of them that sound like what was read."""
        known = known_words(words)
        prompt = self._model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=prompt_of(words))
        results = self._generate(batch, prompt, tokenizer, self._speech.beam_size, 0)
        for task, result in zip(batch, results, strict=True):
            again = tokenizer.decode([token for token in result.sequences_ids[0] if token < tokenizer.eot])
            text = put_in(task.text, again, known)
            if text != put_in(task.text, "", known):
                task.text, task.tokens = text, tuple(tokenizer.encode(" " + text))

    def _generate(
        self, batch: Sequence[_Task], prompt: list[int], tokenizer: Tokenizer, beam: int, forbidden_repeats: int
    ) -> Any:
        longest_s = max(task.window.duration_s for task in batch)
        return self._model.model.generate(
            _encoded(batch),
            [prompt] * len(batch),
            beam_size=beam,
            max_length=min(self._model.max_length, len(prompt) + _SPARE_TOKENS + round(_TOKENS_PER_S * longest_s)),
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            return_scores=True,
            return_no_speech_prob=True,
            no_repeat_ngram_size=forbidden_repeats,
        )

    def _align(self, tasks: Sequence[_Task]) -> list[Passage]:
        """Word times of every task, in the order of ``tasks``."""
        words: dict[int, tuple[Word, ...]] = {}
        for language in sorted({task.language for task in tasks}):
            tokenizer = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
            )
            spoken = [task for task in tasks if task.language == language and task.tokens]
            for batch in self._batches(spoken):
                found = self._model.find_alignment(
                    tokenizer, [list(task.tokens) for task in batch], _encoded(batch), [task.frames for task in batch]
                )
                for task, alignment in zip(batch, found, strict=True):
                    merge_punctuations(alignment, _MARKS_BEFORE, _MARKS_AFTER)
                    words[id(task)] = tuple(_word(task.window, item) for item in alignment if item["word"].strip())
        return [
            Passage(
                task.window.channel,
                words.get(id(task), ()),
                task.mean_log_probability,
                task.no_speech,
                compression_ratio(task.text),
            )
            for task in tasks
        ]


def compression_ratio(text: str) -> float:
    """Size of the text over its zlib size (Whisper's measure of looping); 0 for no text."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _word(window: Window, item: Mapping[str, Any]) -> Word:
    start_s, end_s = window.original(float(item["start"]), float(item["end"]))
    return Word(round(start_s, 2), round(end_s, 2), str(item["word"]), round(float(item["probability"]), 4))


def _stacked(features: Sequence[NDArray[np.float32]], frames: int) -> NDArray[np.float32]:
    """Windows of unequal length as one array; the rest is what the feature extractor gives for silence."""
    stacked = np.zeros((len(features), features[0].shape[0], frames), dtype=np.float32)
    for row, item in enumerate(features):
        width = min(frames, item.shape[-1])
        stacked[row, :, :width] = item[:, :width]
    return stacked


def _encoded(batch: Sequence[_Task]) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.stack([task.encoded for task in batch if task.encoded is not None]))
