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
from typing import Final

from rapidfuzz import fuzz

from qc_workbench.detection.heard import Heard, Piece, Side, hear
from qc_workbench.detection.known_greetings import pieces_played, player_of
from qc_workbench.detection.machine_kind import FAMILIES, LIKELY, SURE, family_sure, kind_of
from qc_workbench.detection.machine_voice import Judgement, judge
from qc_workbench.detection.phrases import family_scores
from qc_workbench.detection.prompts import (
    LONGEST_MONO_S,
    ONE_SENTENCE_S,
    SAME_PITCH,
    alternate,
    are_two_voices,
    comes_twice,
    is_far_apart,
    is_one_voice_apart,
    joined_text,
    without_the_caller,
)
from qc_workbench.detection.sound_classes import overlap_s
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Party, Transcript

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
#: The model's word counts alone from this many recognised words on: two words say little.
_FEWEST_MODEL_WORDS: Final = 5
#: An announcement follows its special information tones within this time.
_ANNOUNCED_WITHIN_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Answering:
    """``machine``: the pieces a machine spoke, in time order. ``human``: those of a person at the far end (in
    mono: all that is not the machine's). ``beep_s``: end of the voicemail's beep. ``certainty``: 0..1.
    ``judgement``: the trained model's opinion on the opening, None when the far end said nothing.
    ``by_model``: the machine is known by that opinion alone, not by a phrase, a beep or a repetition.
    ``known``: recordings of known machines that were played (see ``known_greetings.py``)."""

    answered_by: AnsweredBy
    machine: tuple[Piece, ...]
    human: tuple[Piece, ...]
    beep_s: float | None
    certainty: float
    judgement: Judgement | None = None
    by_model: bool = False
    known: tuple[KnownGreeting, ...] = ()

    @property
    def machine_end_s(self) -> float:
        ends = [piece.end_s for piece in self.machine]
        return max([*ends, self.beep_s or 0.0], default=0.0)


def listen(
    recording: Recording, acoustics: Acoustics, transcript: Transcript | None, known: Sequence[KnownGreeting] = ()
) -> Answering:
    """Decide who answered. Without words (``transcript`` None) only sure signs of the sound count.

    ``known``: recordings of known machines played in it (see ``known_greetings.py``).
    """
    return answering_of(hear(recording, acoustics, transcript), known)


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


def answering_of(heard: Heard, known: Sequence[KnownGreeting] = ()) -> Answering:
    """The rule itself, on what was heard, with the trained model's opinion beside it.

    ``known``: stretches in which a machine's recording is played that was heard in other calls too. They are a
    machine's whatever was recognised there, unless a person came to the line: then only words tell which part was
    the machine's, so that no clip that found its way into two calls takes a person's words away.
    """
    judgement = judge(heard)
    opening = _from_the_start(heard, known)
    found = _answering(heard, judgement, opening)
    if opening and found.answered_by is AnsweredBy.HUMAN:
        found, opening = _answering(heard, judgement), ()
    return replace(found, judgement=judgement, known=opening)


def _from_the_start(heard: Heard, known: Sequence[KnownGreeting]) -> tuple[KnownGreeting, ...]:
    """Known greetings that begin before the agent replied to anything: later ones are no greetings."""
    far = heard.of(Side.CUSTOMER)
    if heard.mono or not far:
        return tuple(known)
    return tuple(item for item in known if not _replies(heard, far[0].end_s, item.start_s))


def _answering(heard: Heard, judgement: Judgement | None, known: Sequence[KnownGreeting] = ()) -> Answering:
    far = heard.of(Side.CUSTOMER)
    machine = _machine_pieces(heard, far)
    beep_s = _beep_after_speech(heard, far, machine)
    if beep_s is not None:  # what came before the beep and was not answered is the greeting, whatever its words
        before = tuple(piece for piece in far if piece.end_s <= beep_s + 0.2)
        if machine or not _answered(heard, before):
            machine = tuple(piece for piece in far if piece in machine or piece in before)
        machine = without_the_caller(heard, machine, beep_s, _ONE_GREETING)
    played = pieces_played(far, known)
    machine = tuple(piece for piece in far if piece in machine or piece in played)
    alone = _prompts_to_nobody(heard, far)
    if alone is not None:
        spoken = _audible(far)
        kind, certainty = kind_of(spoken, beep_s) if alone >= SURE or beep_s is not None else (AnsweredBy.IVR, 0.6)
        if _announced_by_tones(heard, spoken):
            kind = AnsweredBy.OPERATOR_ANNOUNCEMENT
        return Answering(kind, spoken, (), beep_s, max(certainty, 0.6))
    by_model = not machine and judgement is not None and _told_by_model(heard, judgement)
    if by_model and judgement is not None:
        machine = judgement.opening.pieces
    human = _audible(tuple(piece for piece in far if piece not in machine))
    if machine:
        persons = _without_same_machine(heard, machine, human)
        machine = tuple(piece for piece in far if piece in machine or (piece in human and piece not in persons))
        human = persons
        kind, certainty = kind_of(machine, beep_s)
        if by_model and judgement is not None:
            kind, certainty = judgement.kind, min(judgement.probability, 0.8)
        elif _announced_by_tones(heard, machine):
            kind, certainty = AnsweredBy.OPERATOR_ANNOUNCEMENT, 1.0
        elif played:
            kind, certainty = player_of(known, kind if certainty >= LIKELY else None, beep_s is not None), 0.95
        if _is_live(heard, machine, human, beep_s):
            return Answering(AnsweredBy.HUMAN, machine, human, beep_s, certainty)
        return Answering(kind, machine, human, beep_s, certainty, by_model=by_model)
    if any(piece.speech_s >= 0.3 for piece in human):
        told = any(piece.text and piece.quotable for piece in human) or _takes_turns(heard, human)
        return Answering(AnsweredBy.HUMAN if told else AnsweredBy.UNKNOWN, (), human, beep_s, 0.7 if told else 0.2)
    return Answering(AnsweredBy.NOBODY, (), human, beep_s, 0.8)


def _told_by_model(heard: Heard, judgement: Judgement) -> bool:
    """Whether the model alone may call the opening a machine's: sure enough, words were recognised, nobody took
    turns with it, and (mono) one voice said it, at no greater length than prompts have, and none came later."""
    opening = judgement.opening
    if not judgement.accuses or len(opening.text.split()) < _FEWEST_MODEL_WORDS:
        return False
    later_s = sum(piece.speech_s for piece in opening.later)
    if heard.mono:
        short = all(piece.speech_s <= LONGEST_MONO_S for piece in opening.pieces)
        return short and later_s <= _WORD_OR_TWO_S and _is_alone(heard, opening.pieces)
    return not opening.later or not _replies(heard, opening.end_s - 0.5, opening.later[-1].start_s)


def _announced_by_tones(heard: Heard, machine: Sequence[Piece]) -> bool:
    """Special information tones (ITU-T E.180) right before the first sentence: the network speaks."""
    return any(
        -0.5 <= machine[0].start_s - tone.end_s <= _ANNOUNCED_WITHIN_S for tone in heard.far_sounds(SoundKind.SIT)
    )


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
        return score if score >= (LIKELY if queue else SURE) and is_one_voice_apart(far) else None
    agent_s = sum(piece.speech_s for piece in heard.pieces if piece.side is Side.AGENT)
    if agent_s > _TOOK_NO_PART_S or _replies(heard, 0.0, heard.duration_s) or heard.is_unrecorded(heard.agent_channel):
        return None
    # without the words only an agent who says nothing and music in earnest (no radio in the room) will do
    held = agent_s <= _SAID_NOTHING_S and music_s >= max(_HOLD_MUSIC_S, _MUSIC_SHARE * heard.duration_s)
    return score if score >= SURE or held else None


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
    counted = ("operator_announcement", "ivr") if scores["about_machines"] >= _ABOUT else tuple(FAMILIES)
    if scores["own_phone"] >= _ABOUT:
        counted = tuple(name for name in counted if name != "operator_announcement")
    return max(scores[name] for name in counted)


def _machine_pieces(heard: Heard, far: Sequence[Piece]) -> tuple[Piece, ...]:
    machine: list[Piece] = []
    pending: list[Piece] = []
    spoken_s = 0.0
    for index, piece in enumerate(far):
        if heard.mono and piece.speech_s > LONGEST_MONO_S and not comes_twice(piece, far):
            break
        score = _score(piece.text)
        following = far[index + 1] if index + 1 < len(far) else None
        if score < SURE and following is not None and following.start_s - piece.end_s < ONE_SENTENCE_S:
            # a sentence cut in two by a pause: "please leave your name … and number after the tone"
            together = _score(f"{piece.text} {following.text}")
            if together >= SURE > _score(following.text):
                score = together
        if score < SURE and _is_repeat(piece, far[:index]) and _is_alone(heard, far[: index + 1]):
            score = SURE  # people do not repeat a sentence word for word; announcements do
        if score >= SURE or (machine and score >= LIKELY):
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
        if not (sparse and pitch and family_sure(machine, "voice_assistant", "ivr") and is_far_apart(heard)):
            return human
        others = tuple(
            piece
            for piece in human
            if piece.start_s < machine[0].start_s or abs(piece.pitch_hz - pitch) > SAME_PITCH * pitch
        )
        # a second voice that says more than a word or two is somebody who talks with the first one
        return human if sum(piece.speech_s for piece in others) > _WORD_OR_TWO_S else others
    replies_s = sum(piece.speech_s for piece in _replies(heard, last, heard.duration_s))
    if replies_s < 1.5 and family_sure(machine, "voice_assistant", "ivr", "operator_announcement"):
        return ()
    return human


def _is_live(heard: Heard, machine: Sequence[Piece], human: Sequence[Piece], beep_s: float | None) -> bool:
    """Whether a person came to the line after (or in spite of) the machine."""
    if heard.mono:
        later = [piece for piece in human if piece.end_s > machine[-1].end_s]
        if beep_s is None and not heard.far_sounds(SoundKind.MUSIC, SoundKind.SIT) and alternate(later):
            return True  # two people take turns after a sentence that only sounded like a machine's
        if beep_s is None and not family_sure(machine, "voicemail", "operator_announcement"):
            return sum(piece.speech_s for piece in later) >= 10.0
        return are_two_voices(later)
    seconds = sum(piece.speech_s for piece in human)
    return seconds >= 1.0 and bool(_replies(heard, human[0].start_s - 6.0, human[-1].end_s + 6.0))
