"""Padded calls: counted as effective by the CRM although nobody talked with the client.

Live two-way conversation, ``conversation_s``: seconds of speech (voice activity, without music, tones and
echo) of both sides, machines excluded, that belong to an exchange. An agent's piece belongs to one when a
person at the far end speaks at most ``_NEAR_S`` before its start or after its end; a customer's piece, when the
agent does. The agent's speech after the customer's last word counts for at most ``_TAIL_S``: talking on to a
dead line is no conversation. In mono, where the sides cannot be told apart, all speech that is not a
machine's counts once a person has answered.

A call is flagged only when it was counted (``counted_from_s``), the conversation stayed clearly under
``conversation_from_s``, what filled the time instead is known, and no message was left. Otherwise the detector
says ``unsure`` with the reason, or nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from qc_workbench.config import Effective
from qc_workbench.detection.answering import Answering, answering_of
from qc_workbench.detection.evidence import SHORT_HUMAN_S, evidence_of, explained_s
from qc_workbench.detection.heard import Beside, Heard, Piece, Side, hear
from qc_workbench.detection.machine_voice_features import voice_changes
from qc_workbench.detection.monologue import Monologue, Reading, read_monologue
from qc_workbench.detection.supposing import Supposition, supposed
from qc_workbench.detection.triage import looks_padded
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.call import Call, Outcome, Recording
from qc_workbench.domain.flag import AnsweredBy, Conversation, Evidence, Flag, FlagKind, Verdict
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Party, Transcript

DETECTOR: Final = "padded_calls"
VERSION: Final = "8"

_NEAR_S: Final = 7.0
_TAIL_S: Final = 3.0
#: Between this share of ``conversation_from_s`` and the whole of it lies measurement error: the detector abstains.
_CLEARLY_UNDER: Final = 0.8
#: A recording shorter than this share of the connected seconds misses too much to accuse anybody.
_WHOLE_FROM: Final = 0.8
#: A voice whose words were not recognised is a person's when it comes back so often between the agent's lines.
_TURNS_OF_A_PERSON: Final = 4
#: All that an agent who only held the line may have said: a cough, a "hello".
_WORD_S: Final = 1.5
#: Voice whose words were not recognised beyond this: the transcript failed, not the agent.
_UNTOLD_S: Final = 6.0
#: At least this share of the call must be explained by machines, tones, music or silence.
_EXPLAINED_SHARE: Final = 0.6
#: Who answered an agent that said nothing is named from this probability on; the verdict does not hang on it.
_LIKELY_MACHINE: Final = 0.8
#: Phrases and model agree on a machine from this probability on; people who sounded like one for a sentence reached
#: 0.91 (tests/unit/test_answering_variety.py).
_AGREED: Final = 0.95
#: Under this probability a machine known by words alone is doubted. In labelled recordings such machines had 0.59 and
#: more, invented people with a machine's wording at most 0.29.
_DOUBTED_BELOW: Final = 0.3
#: A greeting is shorter; a beep that comes later proves none.
_LONGEST_GREETING_S: Final = 30.0
#: Music this long comes from a machine, whatever the words before it.
_PROVING_MUSIC_S: Final = 8.0
#: Mono: voices that change so often after a machine's sentence are people who take turns.
_SEVERAL_CHANGES: Final = 3
_MACHINES: Final = frozenset(
    {AnsweredBy.VOICEMAIL, AnsweredBy.OPERATOR_ANNOUNCEMENT, AnsweredBy.VOICE_ASSISTANT, AnsweredBy.IVR}
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What the detector found: the measured conversation, and a flag (or an ``unsure``) where there is cause."""

    conversation: Conversation
    flag: Flag | None
    answering: Answering


def examine(
    call: Call,
    recording: Recording,
    acoustics: Acoustics,
    transcript: Transcript | None,
    settings: Effective,
    *,
    suppose: Supposition | None = None,
    known: Sequence[KnownGreeting] = (),
) -> Examination:
    """Judge one call. Deterministic; raises nothing. ``transcript`` None means "not transcribed" or "failed".

    ``known``: recordings of known machines played in it (see ``known_greetings.py``).

    ``suppose``: judge it as if this were so, for telling what would change the verdict (``counterfactuals.py``).
    """
    heard = hear(recording, acoustics, transcript)
    answering = answering_of(heard, known)
    if answering.answered_by in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN) and _held_without_a_word(heard):
        answering = _named_by_model(answering)
    if suppose is not None:
        heard, answering = supposed(suppose, heard, answering)
    agent, human = sides(heard, answering)
    conversation_s = sum(seconds for _, seconds in live_pieces(heard, answering))
    monologue = read_monologue(_to_nobody(heard, answering, agent), mono=heard.mono)
    addressed = answering.answered_by in (AnsweredBy.VOICEMAIL, AnsweredBy.VOICE_ASSISTANT)
    message_left = addressed and (monologue.kind is Monologue.MESSAGE or suppose is Supposition.MESSAGE_WAS_LEFT)
    counted = call.outcome is Outcome.ANSWERED and call.talk_s >= settings.counted_from_s
    suspicious = looks_padded(call, acoustics, settings)
    verdict, reasons = _verdict(
        call, heard, answering, transcript, conversation_s, monologue, human, message_left, suspicious, settings
    )
    evidence = evidence_of(heard, answering, agent, human, monologue, message_left)
    flag = None
    if counted and verdict is not None:
        score = _score(verdict, answering, conversation_s, evidence, heard, settings)
        flag = _flag(call.call_id, verdict, score, evidence, reasons)
    told = transcript is not None and heard.untold_s <= max(_UNTOLD_S, 0.5 * _voice_s(heard))
    verified: bool | None
    if (verdict is Verdict.UNSURE and counted) or (not told and _voice_s(heard) > 1.0):
        verified = None
    else:
        verified = counted and conversation_s >= settings.conversation_from_s
    return Examination(
        Conversation(
            call_id=call.call_id,
            fingerprint=fingerprint(acoustics, transcript, settings),
            answered_by=answering.answered_by,
            message_left=message_left,
            conversation_s=round(conversation_s, 2),
            agent_speech_s=round(sum(piece.speech_s for piece in agent), 2),
            customer_speech_s=round(sum(piece.speech_s for piece in human), 2),
            verified_effective=verified,
        ),
        flag,
        answering,
    )


def fingerprint(acoustics: Acoustics, transcript: Transcript | None, settings: Effective) -> str:
    """Names everything a verdict depends on: two examinations with the same fingerprint are the same."""
    parts = (
        DETECTOR,
        VERSION,
        acoustics.content_hash,
        acoustics.fingerprint,
        transcript.fingerprint if transcript else "",
        settings.model_dump_json(),
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def sides(heard: Heard, answering: Answering) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The agent's pieces and those of a person at the far end; in mono by the parties of the transcript."""
    if not heard.mono:
        return tuple(piece for piece in heard.pieces if piece.side is Side.AGENT), answering.human
    rest = answering.human
    if answering.answered_by is not AnsweredBy.HUMAN:  # nobody but the agent is left
        return rest, ()
    return (
        tuple(piece for piece in rest if piece.party is not Party.CUSTOMER),
        tuple(piece for piece in rest if piece.party is Party.CUSTOMER),
    )


def _to_nobody(heard: Heard, answering: Answering, agent: Sequence[Piece]) -> list[Piece]:
    """What the agent said to the machine and after it."""
    if not answering.machine and answering.beep_s is None:
        return []
    start = answering.beep_s or (answering.machine[0].end_s if answering.machine else 0.0)
    if heard.mono:
        start = answering.machine_end_s
    return [piece for piece in agent if piece.start_s >= start - 1.0]


def live_pieces(heard: Heard, answering: Answering) -> tuple[tuple[Piece, float], ...]:
    """The pieces of speech that belong to an exchange, with the seconds of each that count (see above)."""
    agent, human = sides(heard, answering)
    if heard.mono:
        is_person = answering.answered_by is AnsweredBy.HUMAN
        return tuple((piece, piece.speech_s) for piece in answering.human) if is_person else ()
    last_word = max((piece.end_s for piece in human), default=0.0)
    agents, people = Beside(agent), Beside(human)
    theirs = [(piece, piece.speech_s) for piece in human if _near(piece, agents)]
    ours = [
        (piece, min(piece.speech_s, _TAIL_S) if piece.start_s > last_word else piece.speech_s)
        for piece in agent
        if _near(piece, people)
    ]
    return tuple(sorted([*theirs, *ours], key=lambda item: item[0].start_s))


def _near(piece: Piece, others: Beside) -> bool:
    return any(
        other.start_s - piece.end_s <= _NEAR_S and piece.start_s - other.end_s <= _NEAR_S
        for other in others.about(piece.start_s - _NEAR_S, piece.end_s + _NEAR_S)
    )


def _voice_s(heard: Heard) -> float:
    return sum(end - start for start, end in heard.all_voice())


def _verdict(
    call: Call,
    heard: Heard,
    answering: Answering,
    transcript: Transcript | None,
    conversation_s: float,
    monologue: Reading,
    human: Sequence[Piece],
    message_left: bool,
    suspicious: bool,
    settings: Effective,
) -> tuple[Verdict | None, tuple[str, ...]]:
    """The verdict and the codes of its reasons; None where there is no cause for suspicion."""
    voice_s = _voice_s(heard)
    if transcript is None and voice_s > 1.0 and not suspicious:
        return None, ()  # not examined yet, and nothing in the sound asks for it
    unknown_few = answering.answered_by is AnsweredBy.UNKNOWN and len(human) < _TURNS_OF_A_PERSON
    if transcript is not None and unknown_few and conversation_s > 0:
        return Verdict.UNSURE, ("words_not_recognised",)  # a greeting and a monologue would sound the same
    if conversation_s >= settings.conversation_from_s or message_left:
        return None, ()
    if heard.duration_s < _WHOLE_FROM * call.talk_s:
        return Verdict.UNSURE, ("recording_too_short",)
    if all(heard.is_unrecorded(channel) for channel in range(len(heard.voices))):
        return Verdict.UNSURE, ("nothing_recorded",)
    if transcript is None and voice_s > 1.0:
        return Verdict.UNSURE, ("no_transcript",)
    if _held_without_a_word(heard):
        return Verdict.FLAG, (*_named(answering), "line_held")
    machine_s = sum(piece.speech_s for piece in answering.machine if not piece.quotable)
    if heard.untold_s - machine_s > max(_UNTOLD_S, 0.4 * voice_s):
        return Verdict.UNSURE, ("words_not_recognised",)
    if conversation_s >= _CLEARLY_UNDER * settings.conversation_from_s:
        return Verdict.UNSURE, ("conversation_borderline",)
    if explained_s(heard, answering, monologue) < _EXPLAINED_SHARE * heard.duration_s:
        return Verdict.UNSURE, ("not_explained",)
    who = answering.answered_by
    if who in _MACHINES:
        return with_the_model(heard, answering, *_machine_verdict(heard, answering, monologue, human))
    if who is AnsweredBy.NOBODY:
        if monologue.speech_s or _agent_s(heard) > 6.0:
            return Verdict.UNSURE, ("customer_not_heard",)
        if heard.far_sounds(SoundKind.RINGBACK):
            return Verdict.FLAG, ("only_ringback",)
        if heard.far_sounds(SoundKind.BUSY, SoundKind.SIT):
            return Verdict.FLAG, ("only_busy",)
        return Verdict.FLAG, ("music_only",) if heard.far_sounds(SoundKind.MUSIC) else ("silent_line",)
    if who is AnsweredBy.HUMAN:
        if sum(piece.speech_s for piece in human) > SHORT_HUMAN_S:
            return Verdict.UNSURE, ("one_sided",)
        if heard.far_sounds(SoundKind.BUSY, SoundKind.SIT):
            return Verdict.FLAG, ("hung_up_busy",)
        return Verdict.FLAG, ("hung_up_silence",)
    return Verdict.UNSURE, ("not_understood",)


def _named_by_model(answering: Answering) -> Answering:
    """Who answered an agent that said nothing at all: what the words and the pauses make likely. Long speech that
    they leave open is a machine's more likely than a person's, but nobody knows."""
    judgement = answering.judgement
    if judgement is not None and judgement.probability >= _LIKELY_MACHINE and not answering.machine:
        pieces = (*judgement.opening.pieces, *judgement.opening.later)
        return replace(answering, answered_by=judgement.kind, machine=pieces, human=(), by_model=True)
    if sum(piece.speech_s for piece in answering.human) > SHORT_HUMAN_S:
        return replace(answering, answered_by=AnsweredBy.UNKNOWN)
    return answering


def with_the_model(
    heard: Heard, answering: Answering, verdict: Verdict, reasons: tuple[str, ...]
) -> tuple[Verdict, tuple[str, ...]]:
    """The rules' verdict with the trained model's opinion: where only words tell the machine and the model takes the
    opening for a person's, the rules accuse nobody; where the model alone told the machine, its reasons are named."""
    judgement = answering.judgement
    if judgement is None or verdict is not Verdict.FLAG:
        return verdict, reasons
    if answering.by_model:
        return verdict, (*reasons, *judgement.why)
    music_s = sum(sound.duration_s for sound in heard.far_sounds(SoundKind.MUSIC))
    beeped = (
        answering.beep_s is not None and answering.beep_s - judgement.opening.pieces[0].start_s <= _LONGEST_GREETING_S
    )
    proven = beeped or music_s >= _PROVING_MUSIC_S or bool(heard.far_sounds(SoundKind.SIT))
    if (judgement.protects or judgement.probability < _DOUBTED_BELOW) and not proven:
        return Verdict.UNSURE, ("machine_doubtful", *judgement.why)
    if heard.mono and not proven and voice_changes(answering.machine, answering.human) >= _SEVERAL_CHANGES:
        return Verdict.UNSURE, ("machine_doubtful", "person_voices_alternate")
    return verdict, reasons


def _machine_verdict(
    heard: Heard, answering: Answering, monologue: Reading, human: Sequence[Piece]
) -> tuple[Verdict, tuple[str, ...]]:
    if sum(piece.speech_s for piece in human) > SHORT_HUMAN_S:
        return Verdict.UNSURE, ("one_sided",)
    if monologue.kind is Monologue.ACTED and heard.mono and not _is_proven_voicemail(answering):
        # the same voices with the same pauses could be two people after a sentence that only sounds like a machine's
        return Verdict.UNSURE, (answering.answered_by.value, "monologue_unclear")
    if monologue.kind is Monologue.ACTED:
        return Verdict.FLAG, (answering.answered_by.value, "acted_conversation")
    if monologue.kind is Monologue.TRIFLE:
        return Verdict.FLAG, (answering.answered_by.value, "line_held")
    if answering.answered_by in (AnsweredBy.OPERATOR_ANNOUNCEMENT, AnsweredBy.IVR) and monologue.speech_s < 12:
        return Verdict.FLAG, (answering.answered_by.value, "line_held")
    return Verdict.UNSURE, (answering.answered_by.value, "monologue_unclear")


def _is_proven_voicemail(answering: Answering) -> bool:
    """Mono: a voicemail known by more than a phrase: by its beep, its recording, or by the trained model as well."""
    if answering.answered_by is not AnsweredBy.VOICEMAIL:
        return False
    agreed = answering.judgement is not None and answering.judgement.probability >= _AGREED
    return answering.beep_s is not None or bool(answering.known) or agreed


def _named(answering: Answering) -> tuple[str, ...]:
    return (answering.answered_by.value,) if answering.answered_by in _MACHINES else ()


def _held_without_a_word(heard: Heard) -> bool:
    """The far end spoke at the beginning only, the agent said nothing at all, and then nobody spoke for most of
    the call. Whatever the words were, that was no conversation. Stereo only, and not when the agent's channel
    was not recorded."""
    if heard.mono or _agent_s(heard) > _WORD_S:
        return False
    if heard.is_unrecorded(heard.agent_channel):
        return False
    far = [piece for piece in heard.pieces if piece.side is Side.CUSTOMER]
    if not far or sum(piece.speech_s for piece in far) > 0.4 * heard.duration_s:
        return False
    return heard.duration_s - far[-1].end_s >= 0.5 * heard.duration_s


def _agent_s(heard: Heard) -> float:
    return sum(piece.speech_s for piece in heard.pieces if piece.side is Side.AGENT)


def _score(
    verdict: Verdict,
    answering: Answering,
    conversation_s: float,
    evidence: Sequence[Evidence],
    heard: Heard,
    settings: Effective,
) -> float:
    """0..1: how sure the answer is, less what speaks for the agent; an abstention stays under one half."""
    certainty = max(answering.certainty, 0.6)
    talk = conversation_s / settings.conversation_from_s
    against = sum(item.end_s - item.start_s for item in evidence if item.side.value == "against")
    covered = min(1.0, against / max(heard.duration_s, 1.0))
    score = certainty * (1 - 0.4 * min(talk, 1.0)) * (0.6 + 0.4 * covered)
    return round(min(score, 0.49) if verdict is Verdict.UNSURE else max(0.5, min(score, 0.99)), 2)


def _flag(
    call_id: str, verdict: Verdict, score: float, evidence: tuple[Evidence, ...], reasons: tuple[str, ...]
) -> Flag:
    body = [[item.channel, item.start_s, item.end_s, item.kind, item.quote, item.side.value] for item in evidence]
    key = json.dumps(
        [call_id, FlagKind.FAKE_EFFECTIVE.value, DETECTOR, VERSION, verdict.value, body], ensure_ascii=False
    )
    return Flag(
        flag_id=hashlib.sha256(key.encode()).hexdigest()[:16],
        call_id=call_id,
        kind=FlagKind.FAKE_EFFECTIVE,
        verdict=verdict,
        score=score,
        evidence=evidence,
        detector=DETECTOR,
        version=VERSION,
        reasons=reasons,
    )
