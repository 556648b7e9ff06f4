"""The file of one case: what speaks for the agent, what would change the verdict, what the agent's calls look like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from qc_workbench.detection import effective
from qc_workbench.detection.counterfactuals import Counterfactual, counterfactuals
from qc_workbench.detection.heard import hear
from qc_workbench.detection.intent import PatternKind, PatternLine, agent_pattern
from qc_workbench.domain.flag import Flag, Side, Verdict
from qc_workbench.review.casefile import Circumstances, LaterCall, Point, defence_points
from qc_workbench.store import calls as calls_store
from qc_workbench.store import listening
from qc_workbench.store.agent_answers import rulings_replaced
from qc_workbench.store.browsing import acoustics_of_recording, call_span, following_calls
from qc_workbench.store.cases import Case
from qc_workbench.store.patterns import duration_tallies, heard_in, repeat_tallies, verified_tallies
from qc_workbench.ui.views.call import CallSound
from qc_workbench.ui.views.client import client_context
from qc_workbench.ui.views.greetings import known_in
from qc_workbench.workspace import Workspace

#: Calls with the client after the case that are looked at.
_LATER = 12
#: Patterns are counted over months: within this time nothing of them changes that anybody would see.
_PATTERN_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Trial:
    """What today's rule says when it is asked again. ``verdict``: on the call as it is; ``changes``: see
    :class:`~qc_workbench.detection.counterfactuals.Counterfactual`; ``untold_s``: voice whose words are unknown."""

    verdict: Verdict | None
    changes: tuple[Counterfactual, ...]
    untold_s: float


@dataclass(frozen=True, slots=True)
class CaseFile:
    """``points`` speak for the agent. ``changes`` are empty where today's rule no longer says what the flag says."""

    points: tuple[Point, ...]
    changes: tuple[Counterfactual, ...]
    pattern: tuple[PatternLine, ...]

    @property
    def flips(self) -> tuple[Counterfactual, ...]:
        return tuple(item for item in self.changes if item.flips)

    @property
    def steady(self) -> tuple[Counterfactual, ...]:
        """What was supposed in vain."""
        return tuple(item for item in self.changes if not item.flips)


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """Evidence of one kind; stretches without words are told together: ``count`` of them, ``seconds`` in all."""

    kind: str
    start_s: float
    end_s: float
    quote: str | None
    count: int
    seconds: float


def evidence_lines(flag: Flag, side: Side) -> tuple[EvidenceLine, ...]:
    """The evidence of one side in order of time, whatever kinds there are."""
    lines: dict[object, EvidenceLine] = {}
    for number, item in enumerate(entry for entry in flag.evidence if entry.side is side):
        key: object = number if item.quote else item.kind
        before = lines.get(key)
        length_s = item.end_s - item.start_s
        if before is None:
            lines[key] = EvidenceLine(item.kind, item.start_s, item.end_s, item.quote, 1, length_s)
        else:
            lines[key] = EvidenceLine(
                item.kind, before.start_s, item.end_s, None, before.count + 1, before.seconds + length_s
            )
    return tuple(sorted(lines.values(), key=lambda line: (line.quote is None, line.start_s)))


def case_file(workspace: Workspace, case: Case, sound: CallSound, confirmed: int, now: datetime) -> CaseFile:
    """``confirmed``: how many cases of this agent people confirmed."""
    call, flag = case.call, case.flag
    trial = _trial(workspace, case, sound)
    pattern = agents_pattern(workspace, call.manager_id, now)
    with workspace.store.reading() as reader:
        later = following_calls(reader, [call], _LATER).get(call.call_id, [])
        heard = heard_in(reader, [call.call_id, *(item.call_id for item in later)])
        client = client_context(reader, call) if call.client_phone else None
        earlier = rulings_replaced(reader, flag)
    rules = workspace.settings.effective
    examined = next((line.of for line in pattern if line.kind is PatternKind.VERIFIED), 0)
    points = defence_points(
        Circumstances(
            call=call,
            flag=flag,
            counted_from_s=rules.counted_from_s,
            conversation_from_s=rules.conversation_from_s,
            conversation=heard.get(call.call_id),
            recording=sound.recording,
            transcript=sound.transcript,
            untold_s=trial.untold_s if trial else 0.0,
            later=tuple(
                LaterCall(item, heard[item.call_id].verified_effective if item.call_id in heard else None)
                for item in later
            ),
            notes=client.notes if client else (),
            activities=tuple(step.activity for step in client.steps) if client else (),
            confirmed=confirmed,
            examined=int(examined),
            earlier=tuple(earlier),
        )
    )
    is_current = trial is not None and trial.verdict is flag.verdict
    return CaseFile(points, trial.changes if trial and is_current else (), pattern)


def agents_pattern(workspace: Workspace, manager_id: str, now: datetime) -> tuple[PatternLine, ...]:
    """The five lines about an agent, over the days of the settings up to the last call."""
    return _pattern(workspace, manager_id, int(now.timestamp() // _PATTERN_FOR.total_seconds()))


@lru_cache(maxsize=64)
def _pattern(workspace: Workspace, manager_id: str, _moment: int) -> tuple[PatternLine, ...]:
    counted_from_s = workspace.settings.effective.counted_from_s
    with workspace.store.reading() as reader:
        span = call_span(reader)
        if span is None:
            return ()
        since = span[1] - timedelta(days=workspace.settings.detectors.pattern_days)
        durations = duration_tallies(reader, manager_id, since, counted_from_s)
        repeats = repeat_tallies(reader, manager_id, since, counted_from_s)
        verified = verified_tallies(reader, manager_id, since, counted_from_s)
    return agent_pattern(manager_id, durations, repeats, verified)


def _trial(workspace: Workspace, case: Case, sound: CallSound) -> Trial | None:
    """The flag is part of what is remembered: it changes with greetings that were heard elsewhere."""
    if sound.recording is None or sound.acoustics is None:
        return None
    transcript = sound.transcript
    if transcript is not None and transcript.content_hash != sound.recording.content_hash:
        transcript = None
    print_ = effective.fingerprint(sound.acoustics, transcript, workspace.settings.effective)
    about = (print_, case.flag.flag_id, str(case.call.talk_s), str(sound.recording.agent_channel))
    return _tried(workspace, case.call.call_id, about)


@lru_cache(maxsize=64)
def _tried(workspace: Workspace, call_id: str, _about: tuple[str, ...]) -> Trial | None:
    """Asking the rule several times takes half a second; a page is drawn anew at every key."""
    with workspace.store.reading() as reader:
        call, recording = calls_store.call(reader, call_id), calls_store.recording(reader, call_id)
        acoustics = acoustics_of_recording(reader, recording)
        transcript = listening.transcript(reader, call_id)
        known = known_in(reader, call_id)
    if call is None or recording is None or acoustics is None:
        return None
    if transcript is not None and transcript.content_hash != recording.content_hash:
        transcript = None
    settings = workspace.settings.effective
    found = effective.examine(call, recording, acoustics, transcript, settings, known=known)
    return Trial(
        found.flag.verdict if found.flag else None,
        counterfactuals(call, recording, acoustics, transcript, settings, known),
        hear(recording, acoustics, transcript).untold_s,
    )
