"""Who answered: a person, a voicemail, the operator's announcement, a voice assistant, a menu, or nobody.

A machine speaks first and does not take turns. So machine speech is looked for from the start of the far
end's speech and as far as its phrases reach (models/lexicons/answering.toml), and the search stops at the
first live exchange: a phrase of the far end without machine wording that the agent answers at some length.
Later talk *about* voicemail, or a quoted greeting, is therefore never machine speech. In mono the sides are
not told apart; there only an unbroken row from the start is taken for a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from rapidfuzz import fuzz

from qc_workbench.detection.heard import Heard, Piece, Side, hear
from qc_workbench.detection.phrases import family_scores
from qc_workbench.detection.prompts import (
    LONGEST_MONO_S,
    ONE_SENTENCE_S,
    SAME_PITCH,
    comes_twice,
    is_far_apart,
    is_one_voice_apart,
    joined_text,
)
from qc_workbench.detection.sound_classes import overlap_s
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.transcript import Party, Transcript

_FAMILIES: Final = {
    "voicemail": AnsweredBy.VOICEMAIL,
    "operator_announcement": AnsweredBy.OPERATOR_ANNOUNCEMENT,
    "voice_assistant": AnsweredBy.VOICE_ASSISTANT,
    "ivr": AnsweredBy.IVR,
}
#: One sure phrase, or two that are likely: see the weights in the lexicon.
_SURE: Final = 0.7
#: After a sure phrase, a single likely one keeps the machine speaking.
_LIKELY: Final = 0.45
#: Talk about machines, such as "you left us a voicemail": then neither voicemail nor assistant speaks.
_ABOUT: Final = 0.5
#: Mono: a "beep" that runs into a voice within this time is the beginning of that voice.
_INTO_VOICE_S: Final = 0.12
#: A beep belongs to the speech that ended at most this long before it.
_BEEP_AFTER_S: Final = 4.0
#: Words that make an agent's piece a reply and not a sigh.
_REPLY_WORDS: Final = 3
_REPLY_S: Final = 0.9
#: A machine's first sure phrase comes within this much speech of the far end.
_FIRST_SPEECH_S: Final = 22.0
_FEWEST_ANSWERS: Final = 3
_SECOND_VOICE_S: Final = 5.0
_WORD_OR_TWO_S: Final = 3.0
#: An agent who says no more than this, and no reply in it, has not taken part.
_TOOK_NO_PART_S: Final = 3.0
_SAID_NOTHING_S: Final = 1.5
#: Hold music of this length and share, heard by an agent who says nothing: a queue, whatever was said in between.
_HOLD_MUSIC_S: Final = 8.0
_MUSIC_SHARE: Final = 0.25
#: Mono: a queue is mostly music, with the prompts in between.
_MOSTLY_MUSIC: Final = 0.4
#: Prompts fill at most this share of a call; a voice that goes on beyond it tells something to somebody.
_PROMPTS_SHARE: Final = 0.6
#: Mono: one voice may read so many pieces (an extension digit by digit) before its first telling phrase.
_PIECES_OF_ONE_VOICE: Final = 4
#: The sentences of one greeting differ more, and there a beep speaks for a machine as well.
_ONE_GREETING: Final = 0.25


@dataclass(frozen=True, slots=True)
class Answering:
    """``machine``: the pieces a machine spoke, in time order. ``human``: those of a person at the far end (in
    mono: all that is not the machine's). ``beep_s``: end of the voicemail's beep. ``certainty``: 0..1."""

    answered_by: AnsweredBy
    machine: tuple[Piece, ...]
    human: tuple[Piece, ...]
    beep_s: float | None
    certainty: float

    @property
    def machine_end_s(self) -> float:
        ends = [piece.end_s for piece in self.machine]
        return max([*ends, self.beep_s or 0.0], default=0.0)


def listen(recording: Recording, acoustics: Acoustics, transcript: Transcript | None) -> Answering:
    """Decide who answered. Without words (``transcript`` None) only sure signs of the sound count."""
    return answering_of(hear(recording, acoustics, transcript))


def machine_spans(answering: Answering) -> tuple[tuple[int, float, float], ...]:
    """(channel, start, end) of machine speech."""
    return tuple((piece.channel, piece.start_s, piece.end_s) for piece in answering.machine)


def with_machine_parties(transcript: Transcript, answering: Answering) -> Transcript:
    """The transcript with the turns that a machine spoke (for most of their length) as ``Party.MACHINE``."""
    spans = machine_spans(answering)

    def is_machine(channel: int, start_s: float, end_s: float) -> bool:
        covered = overlap_s((start_s, end_s), [(a, b) for where, a, b in spans if where == channel])
        return covered > 0.5 * max(end_s - start_s, 0.1)

    return replace(
        transcript,
        turns=tuple(
            replace(turn, party=Party.MACHINE)
            if turn.party is not Party.MACHINE and is_machine(turn.channel, turn.start_s, turn.end_s)
            else turn
            for turn in transcript.turns
        ),
    )


def answering_of(heard: Heard) -> Answering:
    """The rule itself, on what was heard."""
    far = heard.of(Side.CUSTOMER)
    machine = _machine_pieces(heard, far)
    beep_s = _beep_after_speech(heard, far, machine)
    if beep_s is not None:  # what came before the beep and was not answered is the greeting, whatever its words
        before = tuple(piece for piece in far if piece.end_s <= beep_s + 0.2)
        if machine or not _answered(heard, before):
            machine = tuple(piece for piece in far if piece in machine or piece in before)
    alone = _prompts_to_nobody(heard, far)
    if alone is not None:
        spoken = _audible(far)
        kind, certainty = _kind(spoken, beep_s) if alone >= _SURE or beep_s is not None else (AnsweredBy.IVR, 0.6)
        return Answering(kind, spoken, (), beep_s, max(certainty, 0.6))
    human = _audible(tuple(piece for piece in far if piece not in machine))
    if machine:
        persons = _without_same_machine(heard, machine, human)
        machine = tuple(piece for piece in far if piece in machine or (piece in human and piece not in persons))
        human = persons
        kind, certainty = _kind(machine, beep_s)
        if _is_live(heard, machine, human, beep_s):
            return Answering(AnsweredBy.HUMAN, machine, human, beep_s, certainty)
        return Answering(kind, machine, human, beep_s, certainty)
    if any(piece.speech_s >= 0.3 for piece in human):
        told = any(piece.text and piece.quotable for piece in human) or _takes_turns(heard, human)
        return Answering(AnsweredBy.HUMAN if told else AnsweredBy.UNKNOWN, (), human, beep_s, 0.7 if told else 0.2)
    return Answering(AnsweredBy.NOBODY, (), human, beep_s, 0.8)


def _prompts_to_nobody(heard: Heard, far: Sequence[Piece]) -> float | None:
    """How much the far end sounds like a machine when no turn was ever taken with it; None when one was, or when
    neither music nor the words tell a machine from a person whom the agent does not answer."""
    if not _audible(tuple(far)):
        return None
    speech_s = sum(piece.speech_s for piece in far)
    if speech_s > _PROMPTS_SHARE * heard.duration_s:
        return None
    score = _score(joined_text(far))
    music_s = sum(sound.duration_s for sound in heard.far_sounds(SoundKind.MUSIC))
    if heard.mono:
        queue = music_s >= _MOSTLY_MUSIC * heard.duration_s and speech_s <= music_s
        return score if score >= (_LIKELY if queue else _SURE) and is_one_voice_apart(far) else None
    agent_s = sum(piece.speech_s for piece in heard.pieces if piece.side is Side.AGENT)
    if agent_s > _TOOK_NO_PART_S or _replies(heard, 0.0, heard.duration_s) or heard.is_unrecorded(heard.agent_channel):
        return None
    # without the words only an agent who says nothing and music in earnest (no radio in the room) will do
    held = agent_s <= _SAID_NOTHING_S and music_s >= max(_HOLD_MUSIC_S, _MUSIC_SHARE * heard.duration_s)
    return score if score >= _SURE or held else None


def _audible(human: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A person's pieces; nothing when all there is is less than a second without a recognised word (a rustle)."""
    if sum(piece.speech_s for piece in human) < 1.0 and not any(piece.text for piece in human):
        return ()
    return human


def _takes_turns(heard: Heard, human: Sequence[Piece]) -> bool:
    """Whether the far end spoke again and again after the agent did: a person, even when no word was recognised."""
    answers = [piece for piece in human if _replies(heard, piece.start_s - 8.0, piece.start_s)]
    return not heard.mono and len(answers) >= _FEWEST_ANSWERS


def _score(text: str) -> float:
    scores = family_scores(text)
    if scores["about_machines"] >= _ABOUT:
        return max(scores["operator_announcement"], scores["ivr"])
    return max(scores[name] for name in _FAMILIES)


def _machine_pieces(heard: Heard, far: Sequence[Piece]) -> tuple[Piece, ...]:
    machine: list[Piece] = []
    pending: list[Piece] = []
    spoken_s = 0.0
    for index, piece in enumerate(far):
        if heard.mono and piece.speech_s > LONGEST_MONO_S and not comes_twice(piece, far):
            break
        score = _score(piece.text)
        following = far[index + 1] if index + 1 < len(far) else None
        if score < _SURE and following is not None and following.start_s - piece.end_s < ONE_SENTENCE_S:
            # a sentence cut in two by a pause: "please leave your name … and number after the tone"
            together = _score(f"{piece.text} {following.text}")
            if together >= _SURE > _score(following.text):
                score = together
        if score < _SURE and _is_repeat(piece, far[:index]) and _is_alone(heard, far[: index + 1]):
            score = _SURE  # people do not repeat a sentence word for word; announcements do
        if score >= _SURE or (machine and score >= _LIKELY):
            if _exchange(heard, machine, pending, piece):
                break
            machine.extend([*pending, piece])
            pending = []
        else:
            pending.append(piece)
        spoken_s += piece.speech_s
        if not machine and spoken_s > _FIRST_SPEECH_S:
            break
    return tuple(machine)


def _is_repeat(piece: Piece, earlier: Sequence[Piece]) -> bool:
    return piece.words >= 5 and any(
        other.words >= 5 and fuzz.partial_ratio(other.text.lower(), piece.text.lower()) >= 90 for other in earlier
    )


def _is_alone(heard: Heard, row: Sequence[Piece], apart: float = SAME_PITCH) -> bool:
    """Whether a row of pieces is one voice that nobody answered."""
    if not heard.mono:
        return not _replies(heard, row[0].start_s, row[-1].start_s)
    pitches = [piece.pitch_hz for piece in row]
    return min(pitches) > 0 and max(pitches) - min(pitches) <= apart * min(pitches)


def _replies(heard: Heard, start_s: float, end_s: float) -> list[Piece]:
    """What the agent said at some length between two moments (stereo only)."""
    return [
        piece
        for piece in heard.pieces
        if piece.side is Side.AGENT
        and start_s - 0.5 <= piece.start_s <= end_s
        and piece.speech_s >= _REPLY_S
        and (not piece.text or piece.words >= _REPLY_WORDS)
    ]


def _exchange(heard: Heard, machine: Sequence[Piece], pending: Sequence[Piece], piece: Piece) -> bool:
    """Whether the far end's speech since the last machine phrase was part of a live exchange."""
    if not pending:
        return False
    if heard.mono:
        # sides unknown: before the first phrase at most one piece of greeting may stand, later ones a few
        seconds = sum(item.speech_s for item in pending)
        parties = {item.party for item in pending} & {Party.AGENT, Party.CUSTOMER}
        if machine:
            return seconds > 9.0
        beeped = bool(heard.far_sounds(SoundKind.BEEP))  # proves a greeting, so that more of it may precede its phrase
        most = 2 if beeped else 1
        if len(parties) <= 1 and _is_alone(heard, [*pending, piece]):
            most = _PIECES_OF_ONE_VOICE
        return seconds > (8.0 if beeped else 6.0) or len(pending) > most or len(parties) > 1
    replies = _replies(heard, pending[0].end_s, piece.start_s)
    return len(replies) >= 1 if not machine else len(replies) >= 2 and len(pending) >= 2


def _answered(heard: Heard, before: Sequence[Piece]) -> bool:
    return bool(before) and not heard.mono and bool(_replies(heard, before[0].end_s, before[-1].end_s))


def _beep_after_speech(heard: Heard, far: Sequence[Piece], machine: Sequence[Piece]) -> float | None:
    """End of the first beep that follows speech of the far end, with no exchange before it."""
    for beep in heard.far_sounds(SoundKind.BEEP):
        spoken = [piece for piece in far if piece.end_s <= beep.start_s + 0.4]
        if not spoken or beep.start_s - spoken[-1].end_s > _BEEP_AFTER_S:
            continue
        if heard.mono and not machine and not _proves_mono_greeting(heard, spoken, beep):
            continue
        if _answered(heard, spoken) and not (machine and machine[-1].end_s <= beep.start_s):
            continue
        return beep.end_s
    return None


def _proves_mono_greeting(heard: Heard, spoken: Sequence[Piece], beep: Sound) -> bool:
    """Whether a beep alone tells a greeting in mono: one voice spoke before it, for no longer than greetings do,
    and the beep stands for itself (the first vowel of an answer sounds like one)."""
    runs_on = any(0 <= start - beep.end_s < _INTO_VOICE_S for start, _ in heard.all_voice())
    return not runs_on and sum(piece.speech_s for piece in spoken) <= 15 and _is_alone(heard, spoken, _ONE_GREETING)


def _kind(machine: Sequence[Piece], beep_s: float | None) -> tuple[AnsweredBy, float]:
    """The family whose phrases weigh most over the whole machine speech; the beep speaks for a voicemail."""
    joined = joined_text(machine)
    scores = dict(family_scores(joined))
    each = {name: sum(family_scores(piece.text)[name] for piece in machine) for name in _FAMILIES}
    if scores["voice_assistant"] >= 0.95 and each["voice_assistant"] >= each["ivr"]:
        best = "voice_assistant"
    elif (
        scores["ivr"] >= 0.9
        and each["ivr"] >= each["operator_announcement"]
        and (each["ivr"] > each["voicemail"] or (beep_s is None and each["ivr"] == each["voicemail"]))
    ):
        best = "ivr"
    elif scores["voicemail"] >= 0.95:  # an invitation to leave a message: also after «абонент не может ответить»
        best = "voicemail"
    elif scores["operator_announcement"] >= _SURE:
        best = "operator_announcement"
    else:
        best = max(each, key=lambda name: each[name])
        if beep_s is None and each[best] < _LIKELY:
            best = "operator_announcement"  # known by its repetition alone
        elif each[best] < _LIKELY or (beep_s is not None and scores[best] < _SURE):
            best = "voicemail"  # known by the beep alone
    return _FAMILIES[best], round(max(scores[best], 0.6 if beep_s is not None else 0.0), 2)


def _without_same_machine(heard: Heard, machine: Sequence[Piece], human: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """What a person said, without sentences in which the machine goes on in words the lexicon lacks.

    They are the machine's when the agent hardly speaks after the machine began (a person would have been
    answered) and, in mono, when they are sparse and have the machine's pitch.
    """
    last = max(piece.end_s for piece in machine)
    if heard.mono:
        pitches = sorted(piece.pitch_hz for piece in machine if piece.pitch_hz)
        pitch = pitches[len(pitches) // 2] if pitches else 0.0
        seconds = sum(piece.speech_s for piece in human)
        room_s = max(heard.duration_s - machine[0].start_s, 1.0)
        sparse = (seconds + sum(piece.speech_s for piece in machine)) / room_s < 0.65
        if not (sparse and pitch and _family_sure(machine, "voice_assistant", "ivr") and is_far_apart(heard)):
            return human
        others = tuple(
            piece
            for piece in human
            if piece.start_s < machine[0].start_s or abs(piece.pitch_hz - pitch) > SAME_PITCH * pitch
        )
        # a second voice that says more than a word or two is somebody who talks with the first one
        return human if sum(piece.speech_s for piece in others) > _WORD_OR_TWO_S else others
    replies_s = sum(piece.speech_s for piece in _replies(heard, last, heard.duration_s))
    if replies_s < 1.5 and _family_sure(machine, "voice_assistant", "ivr", "operator_announcement"):
        return ()
    return human


def _family_sure(machine: Sequence[Piece], *names: str) -> bool:
    scores = family_scores(" ".join(piece.text for piece in machine))
    return any(scores[name] >= _SURE for name in names)


def _is_live(heard: Heard, machine: Sequence[Piece], human: Sequence[Piece], beep_s: float | None) -> bool:
    """Whether a person came to the line after (or in spite of) the machine."""
    if heard.mono:
        later = [piece for piece in human if piece.end_s > machine[-1].end_s]
        if beep_s is None and not _family_sure(machine, "voicemail", "operator_announcement"):
            return sum(piece.speech_s for piece in later) >= 10.0
        return _two_voices(later)
    seconds = sum(piece.speech_s for piece in human)
    return seconds >= 1.0 and bool(_replies(heard, human[0].start_s - 6.0, human[-1].end_s + 6.0))


def _two_voices(pieces: Sequence[Piece]) -> bool:
    """Mono, after a voicemail's beep: whether two people speak. The transcript's parties alone do not prove it
    (one voice is often split in two): the two must also differ in pitch."""
    sides = [[piece for piece in pieces if piece.party is party] for party in (Party.AGENT, Party.CUSTOMER)]
    if min(sum(piece.speech_s for piece in side) for side in sides) < _SECOND_VOICE_S:
        return False
    pitches = [median([piece.pitch_hz for piece in side if piece.pitch_hz] or [0.0]) for side in sides]
    return min(pitches) > 0 and max(pitches) > (1 + SAME_PITCH) * min(pitches)
