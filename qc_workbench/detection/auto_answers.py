"""Answers to the questions of a form, each with the exact phrase and second; suggestions that a person accepts or not.

Goal: save the reviewer the search, not the judgement. *Yes* needs a phrase or a measure to show; *no* needs enough
understood speech to say that there was none; else the answer is *unknown*. Phrases are data
(``models/lexicons/auto_answers.toml``), borders are settings (``[auto_answers]``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from rapidfuzz import fuzz

from qc_workbench.config import AutoAnswers
from qc_workbench.detection.answering import Answering, answering_of, with_machine_parties
from qc_workbench.detection.heard import Heard, hear
from qc_workbench.detection.spoken_words import Sentence, sentences_of, words_of
from qc_workbench.detection.talk_metrics import TalkMetrics, talk_metrics
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.auto_answer import Answer, AutoAnswer, Proof, Question
from qc_workbench.domain.call import Recording
from qc_workbench.domain.commitment import ClientSaid, SpokenCommitment
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Party, Transcript

#: Kept with each check: a change of the rules starts a new count of agreement.
VERSION: Final = "1"

#: Greeting, name and company belong to the beginning: so many seconds from the first word of a person.
_OPENING_S: Final = 20.0
#: What was said against: answered within the agent's next sentences that begin so soon.
_REPLY_WITHIN_S: Final = 15.0
_REPLY_SENTENCES: Final = 3
#: "There was none" needs so much of the agent's speech, understood at least so well on average.
_ENOUGH_WORDS: Final = 30
_UNDERSTOOD_FROM: Final = 0.55
#: A name that recognition misspelt is taken for the name from this likeness on (0..100).
_NAME_LIKENESS: Final = 80
_MOST_PROOFS: Final = 3


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call beside sound and words."""

    agent_name: str
    company_name: str
    promises: tuple[SpokenCommitment, ...] = ()
    client_said: ClientSaid = ClientSaid.NONE
    #: Recordings of known machines played in it.
    known: tuple[KnownGreeting, ...] = ()


def auto_answers(
    recording: Recording, acoustics: Acoustics, transcript: Transcript | None, facts: CallFacts, settings: AutoAnswers
) -> tuple[AutoAnswer, ...]:
    """An answer to each question, in their order; nothing at all where no person answered or no words are known."""
    if transcript is None:
        return ()
    heard = hear(recording, acoustics, transcript)
    return answers_of(heard, answering_of(heard, facts.known), transcript, facts, settings)


def answers_of(
    heard: Heard, answering: Answering, transcript: Transcript, facts: CallFacts, settings: AutoAnswers
) -> tuple[AutoAnswer, ...]:
    """The same from what was heard and who answered."""
    if answering.answered_by not in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN):
        return ()
    sentences = sentences_of(with_machine_parties(transcript, answering))
    talk = _Talk(sentences, transcript)
    if not talk.agent or not talk.customer:
        return ()
    words = _of_words(talk, facts, settings)
    return (*words, *_of_sound(talk_metrics(heard, answering), settings))


class _Talk:
    """The sentences of both sides; suspect ones are never looked at."""

    def __init__(self, sentences: Sequence[Sentence], transcript: Transcript) -> None:
        quotable = [sentence for sentence in sentences if sentence.quotable]
        self.agent = [sentence for sentence in quotable if sentence.party is Party.AGENT]
        self.customer = [sentence for sentence in quotable if sentence.party is Party.CUSTOMER]
        self.starts_s = min((sentence.start_s for sentence in quotable), default=0.0)
        turns = [turn for turn in transcript.turns if turn.party is Party.AGENT and turn.is_quotable]
        words = [word.probability for turn in turns for word in turn.words]
        confidence = sum(words) / len(words) if words else max((turn.confidence for turn in turns), default=0.0)
        self.is_understood = (
            sum(len(sentence.words) for sentence in self.agent) >= _ENOUGH_WORDS and confidence >= _UNDERSTOOD_FROM
        )

    def opening(self) -> list[Sentence]:
        return [sentence for sentence in self.agent if sentence.start_s <= self.starts_s + _OPENING_S]

    def none_found(self) -> Answer:
        """What it means that nothing was found: *no* only where the agent was understood."""
        return Answer.NO if self.is_understood else Answer.UNKNOWN


def _of_words(talk: _Talk, facts: CallFacts, settings: AutoAnswers) -> tuple[AutoAnswer, ...]:
    opening = talk.opening()
    name = words_of(facts.agent_name)
    company = [words_of(text) for text in (facts.company_name, *settings.company_names) if text.strip()]
    introduced = [s for s in opening if _says(s, "introduction") or any(_has_word(s, part.low) for part in name)]
    named = [s for s in opening if any(_has_name(s, [word.low for word in words]) for words in company)]
    if not company:  # without a known name only the kind of firm tells, and its absence tells nothing
        named = [s for s in opening if _says(s, "company")]
    needs = [s for s in talk.agent if s.is_question and _says(s, "need_question") and not _is_small_talk(s)]
    forbidden = [s for s in talk.agent if _says(s, "forbidden") or any(word in s.low for word in _added(settings))]
    return (
        _found(Question.GREETED, [s for s in opening if _says(s, "greeting")], talk),
        _found(Question.INTRODUCED, introduced, talk),
        _found(Question.NAMED_COMPANY, named, talk)
        if company or named
        else AutoAnswer(Question.NAMED_COMPANY, Answer.UNKNOWN),
        _found(Question.ASKED_NEEDS, needs, talk),
        _objections(talk),
        _next_step(talk, facts),
        AutoAnswer(Question.NO_FORBIDDEN_WORDS, Answer.NO, _proofs(forbidden), float(len(forbidden)))
        if forbidden
        else AutoAnswer(Question.NO_FORBIDDEN_WORDS, Answer.YES if talk.is_understood else Answer.UNKNOWN),
    )


def _found(question: Question, sentences: Sequence[Sentence], talk: _Talk) -> AutoAnswer:
    if not sentences:
        return AutoAnswer(question, talk.none_found())
    return AutoAnswer(question, Answer.YES, _proofs(sentences), float(len(sentences)))


def _objections(talk: _Talk) -> AutoAnswer:
    """Whether what the client held against it was taken up: *no* where the agent said goodbye instead."""
    question = Question.HANDLED_OBJECTION
    raised = [s for s in talk.customer if _says(s, "objection") and not (s.is_question and len(s.words) > 12)]
    if not raised:
        return AutoAnswer(question, Answer.NOT_APPLICABLE if talk.is_understood else Answer.UNKNOWN)
    handled, dropped = [], []
    for objection in raised:
        replies = [s for s in talk.agent if objection.start_s < s.start_s <= objection.end_s + _REPLY_WITHIN_S][
            :_REPLY_SENTENCES
        ]
        taken_up = next((s for s in replies if _says(s, "objection_handling") and len(s.words) >= 3), None)
        if taken_up is not None:
            handled += [objection, taken_up]
        elif replies and all(_says(s, "giving_up") or len(s.words) < 3 for s in replies):
            dropped += [objection, replies[0]]
    if handled:
        return AutoAnswer(question, Answer.YES, _proofs(handled))
    if dropped and talk.is_understood:
        return AutoAnswer(question, Answer.NO, _proofs(dropped))
    return AutoAnswer(question, Answer.UNKNOWN, _proofs(raised))


def _next_step(talk: _Talk, facts: CallFacts) -> AutoAnswer:
    question = Question.AGREED_NEXT_STEP
    if facts.promises:
        proofs = tuple(Proof(item.start_s, item.end_s, item.quote) for item in facts.promises[:_MOST_PROOFS])
        return AutoAnswer(question, Answer.YES, proofs, float(len(facts.promises)))
    said = [s for s in talk.agent if not s.is_question and _says(s, "next_step")]
    if said:
        return AutoAnswer(question, Answer.YES, _proofs(said[-_MOST_PROOFS:]))
    if facts.client_said is ClientSaid.EXPLICIT:
        return AutoAnswer(question, Answer.NOT_APPLICABLE)
    return AutoAnswer(question, talk.none_found())


def _of_sound(metrics: TalkMetrics, settings: AutoAnswers) -> tuple[AutoAnswer, ...]:
    rate, monologue, silence = metrics.agent_words_per_min, metrics.monologue, metrics.silence
    cut_in = metrics.interruptions
    return (
        _measured(
            Question.SPEECH_RATE,
            rate,
            rate is not None and settings.slowest_words_per_min <= rate <= settings.fastest_words_per_min,
        ),
        _measured(
            Question.NO_INTERRUPTIONS,
            None if cut_in is None else float(len(cut_in)),
            cut_in is not None and len(cut_in) <= settings.most_interruptions,
            tuple(Proof(start, end) for start, end in (cut_in or ())[:_MOST_PROOFS]),
        ),
        _measured(
            Question.TALK_SHARE,
            metrics.agent_share,
            metrics.agent_share is not None and metrics.agent_share <= settings.largest_talk_share,
        ),
        _measured(
            Question.NO_LONG_MONOLOGUE,
            None if monologue is None else monologue[1] - monologue[0],
            monologue is not None and monologue[1] - monologue[0] <= settings.longest_monologue_s,
            () if monologue is None else (Proof(*monologue),),
        ),
        _measured(
            Question.PATIENCE,
            metrics.patience_s,
            metrics.patience_s is not None and metrics.patience_s >= settings.least_patience_s,
        ),
        _measured(
            Question.NO_LONG_SILENCE,
            None if silence is None else silence[1] - silence[0],
            silence is not None and silence[1] - silence[0] <= settings.longest_silence_s,
            () if silence is None else (Proof(*silence),),
        ),
    )


def _measured(question: Question, value: float | None, good: bool, proofs: tuple[Proof, ...] = ()) -> AutoAnswer:
    if value is None:
        return AutoAnswer(question, Answer.UNKNOWN)
    return AutoAnswer(question, Answer.YES if good else Answer.NO, proofs, round(value, 2))


def _proofs(sentences: Sequence[Sentence]) -> tuple[Proof, ...]:
    return tuple(Proof(s.start_s, s.end_s, s.text) for s in sentences[:_MOST_PROOFS])


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = (resources.files("models") / "lexicons" / "auto_answers.toml").read_text(encoding="utf-8")
    return {
        name: re.compile(rf"\b(?:{'|'.join([*block['ru'], *block['en']])})(?!\w)")
        for name, block in tomllib.loads(text).items()
    }


def _says(sentence: Sentence, what: str) -> bool:
    return bool(_patterns()[what].search(sentence.low))


def _is_small_talk(sentence: Sentence) -> bool:
    """A question of politeness, or a word or two to make sure."""
    return len(sentence.words) < 3 or bool(_patterns()["small_talk"].match(sentence.low))


def _has_word(sentence: Sentence, name: str) -> bool:
    return len(name) >= 3 and any(fuzz.ratio(word.low, name) >= _NAME_LIKENESS for word in sentence.words)


def _has_name(sentence: Sentence, name: Sequence[str]) -> bool:
    """Whether a name of one or more words stands in a sentence, give or take recognition's spelling."""
    text = " ".join(name)
    return len(text) >= 3 and fuzz.partial_ratio(text, sentence.low) >= _NAME_LIKENESS


def _added(settings: AutoAnswers) -> tuple[str, ...]:
    return tuple(" ".join(word.low for word in words_of(text)) for text in settings.forbidden_words if text.strip())
