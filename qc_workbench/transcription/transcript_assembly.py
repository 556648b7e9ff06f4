"""From recognised passages to the transcript of a call: whose words, which turns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.transcript import Party, Transcript, Word
from qc_workbench.transcription.agent_voice import AgentVoice, voice_lean
from qc_workbench.transcription.recognised import ENGINE, ChannelSpeech, Recognised, Recogniser
from qc_workbench.transcription.roles import Role, assign_roles
from qc_workbench.transcription.speakers import Separation, separate, speaker_of_words
from qc_workbench.transcription.turns import Doubts, HeardWord, turns_of

#: Version of the rules after recognition (turns, phantoms, speakers, roles); part of the fingerprint.
RULES_VERSION: Final = 2


def fingerprint_of(recogniser: Recogniser) -> str:
    """Names everything that decides a transcript besides the sound."""
    return f"{recogniser.fingerprint}-{RULES_VERSION}"


def assemble(
    call: Call,
    recording: Recording,
    channels: Sequence[ChannelSpeech],
    recognised: Recognised,
    recogniser: Recogniser,
    voice: AgentVoice | None = None,
) -> Transcript:
    """The transcript of one call.

    In stereo the agent is on the recording's agent channel. In mono the voices are separated by
    sound; which one is the agent's is told by ``voice`` (the agent's, from stereo calls) and by the words.
    Where that is not certain the party stays UNKNOWN.
    """
    settings = dict(recogniser.settings)
    if len(channels) == 1:
        heard, separation = _mono(call, channels[0], recognised, voice)
        settings["speakers"] = separation
    else:
        heard = _stereo(recording, recognised)
    turns = turns_of(heard, {channel.channel: channel.speech for channel in channels})
    return Transcript(
        call_id=call.call_id,
        content_hash=recording.content_hash or "",
        fingerprint=fingerprint_of(recogniser),
        language=recognised.language if turns else None,
        engine=ENGINE,
        model=recogniser.model_name,
        turns=turns,
        settings=settings,
    )


def _stereo(recording: Recording, recognised: Recognised) -> list[HeardWord]:
    agent = recording.agent_channel or 0
    return [
        HeardWord(
            word,
            passage.channel,
            Party.AGENT if passage.channel == agent else Party.CUSTOMER,
            Doubts(passage.no_speech, passage.mean_log_probability),
        )
        for passage in recognised.passages
        for word in passage.words
    ]


def _mono(
    call: Call, channel: ChannelSpeech, recognised: Recognised, voice: AgentVoice | None
) -> tuple[list[HeardWord], str]:
    words: list[tuple[Word, Doubts]] = [
        (word, Doubts(passage.no_speech, passage.mean_log_probability))
        for passage in recognised.passages
        for word in passage.words
    ]
    words.sort(key=lambda item: item[0].start_s)
    spoken = [word for word, _ in words]
    separation = separate(channel.samples, channel.speech)
    speakers = speaker_of_words(spoken, separation)
    lean = voice_lean(channel.samples, separation, voice) if voice and separation.is_certain else 0.0
    roles = assign_roles(_said_by(spoken, speakers), call.direction, lean)
    parties = {Role.AGENT: Party.AGENT, Role.CUSTOMER: Party.CUSTOMER, Role.UNKNOWN: Party.UNKNOWN}
    heard = [
        HeardWord(word, channel.channel, parties[roles.get(speaker, Role.UNKNOWN)], doubts)
        for (word, doubts), speaker in zip(words, speakers, strict=True)
    ]
    known = {role for role in roles.values() if role is not Role.UNKNOWN}
    return heard, _how_separated(separation, bool(known))


def _said_by(words: Sequence[Word], speakers: Sequence[int]) -> list[tuple[int, str, float]]:
    """Runs of one speaker: (speaker, text, start)."""
    runs: list[tuple[int, str, float]] = []
    for word, speaker in zip(words, speakers, strict=True):
        if runs and runs[-1][0] == speaker:
            runs[-1] = (speaker, runs[-1][1] + word.text, runs[-1][2])
        else:
            runs.append((speaker, word.text, word.start_s))
    return runs


def _how_separated(separation: Separation, roles_known: bool) -> str:
    if not separation.is_certain:
        return "not_separated"
    return "separated" if roles_known else "separated_without_roles"
