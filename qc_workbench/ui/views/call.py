"""One call: the sound, the words, what was found in it, and what the CRM knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from qc_workbench.config import Settings
from qc_workbench.detection.auto_answers import CallFacts, answers_of
from qc_workbench.domain.access import Action
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.auto_answer import AutoAnswer
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import ClientSaid, Commitment, Refusal
from qc_workbench.domain.flag import Conversation, Finding, Flag
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.domain.transcript import Transcript
from qc_workbench.review.rulings import CaseState, case_state
from qc_workbench.store import calls as calls_store
from qc_workbench.store import listening
from qc_workbench.store.agent_answers import answers_of_calls
from qc_workbench.store.browsing import (
    Failure,
    acoustics_of_recording,
    commitments_of_call,
    conversation_of_call,
    failures_of_call,
    flags_of_call,
    recordings_by_call,
    refusal_of_call,
    sample_of_call,
    standing_findings,
)
from qc_workbench.store.call_lists import Talk, call_search, count_calls, latest_calls, talk_counts
from qc_workbench.store.scoping import Stretch
from qc_workbench.store.standings import downgraded
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.client import ClientContext, client_context, without_client
from qc_workbench.ui.views.greetings import known_in
from qc_workbench.ui.views.judged import Judged, judged
from qc_workbench.ui.views.overview import OPEN_STATUSES
from qc_workbench.ui.views.people import Directory, directory, people_of
from qc_workbench.workspace import Workspace

#: Rows of one page of the list of calls. DuckDB finds up to 50 rows by their keys, and looks through all for more.
PAGE = 50
#: Calls that can be paged through; who wants an older one searches for it.
LISTED = 10_000


@dataclass(frozen=True)  # no slots: what takes long is worked out once for all parts of the page
class CallView:
    call: Call
    people: Directory
    recording: Recording | None
    acoustics: Acoustics | None
    transcript: Transcript | None
    conversation: Conversation | None
    flags: tuple[Flag, ...]
    rulings: dict[str, Finding]
    promises: tuple[Commitment, ...]
    refusal: Refusal | None
    drawn: tuple[SampledCall, ...]
    failures: tuple[Failure, ...]
    client: ClientContext
    settings: Settings
    answers: tuple[AgentAnswer, ...] = ()
    downgraded: Downgraded = NONE_DOWNGRADED
    known: tuple[KnownGreeting, ...] = ()

    @cached_property
    def judged(self) -> Judged | None:
        return judged(self.recording, self.acoustics, self.transcript, self.known)

    @cached_property
    def machine_answers(self) -> tuple[AutoAnswer, ...]:
        """What the machine answers on a form, abstentions too; never older than the rules."""
        if self.judged is None or self.transcript is None:
            return ()
        facts = CallFacts(
            agent_name=self.people.agent(self.call.manager_id),
            company_name=self.settings.company.name,
            promises=tuple(promise.spoken for promise in self.promises),
            client_said=self.refusal.client_said if self.refusal else ClientSaid.NONE,
            known=self.known,
        )
        heard, answering = self.judged.heard, self.judged.answering
        return answers_of(heard, answering, self.transcript, facts, self.settings.auto_answers)

    def answers_to(self, flag: Flag) -> tuple[AgentAnswer, ...]:
        """What agents said about this suspicion, oldest first."""
        return tuple(item for item in self.answers if item.kind is flag.kind)

    def state_of(self, flag: Flag) -> CaseState:
        return case_state(
            flag,
            self.rulings.get(flag.flag_id),
            downgraded=self.downgraded,
            answered_at=max((item.at for item in self.answers_to(flag)), default=None),
        )

    @property
    def waits_for_listening(self) -> bool:
        return any(item.status in OPEN_STATUSES for item in self.drawn)


@dataclass(frozen=True, slots=True)
class CallSound:
    """What the player needs of one call."""

    recording: Recording | None
    acoustics: Acoustics | None
    transcript: Transcript | None
    known: tuple[KnownGreeting, ...] = ()


@dataclass(frozen=True, slots=True)
class CallList:
    """One page. ``total``: calls that can be paged through; ``is_cut``: there are older ones beyond them.

    ``talks``: how many of the time's calls are examined, real, not real; empty where no time was asked about.
    """

    calls: tuple[Call, ...]
    people: Directory
    recordings: dict[str, Recording]
    total: int
    is_cut: bool
    talks: Mapping[Talk, int]


def call_view(workspace: Workspace, viewer: Viewer, call_id: str) -> CallView | None:
    """Everything about a call, or None when there is no such call, or none for this person: nobody learns which."""
    with workspace.store.reading() as reader:
        call = calls_store.call(reader, call_id)
        if call is None or not viewer.may(Action.SEE_CALL, call.manager_id):
            return None
        recording = calls_store.recording(reader, call_id)
        flags = flags_of_call(reader, call_id)
        client = client_context(reader, call)
        people = people_of(reader, client.deals)
        if not viewer.may(Action.SEE_CLIENT, call.manager_id):
            client, people = without_client(client), replace(people, names_clients=False)
        return CallView(
            call=call,
            people=people,
            recording=recording,
            acoustics=acoustics_of_recording(reader, recording),
            transcript=listening.transcript(reader, call_id),
            conversation=conversation_of_call(reader, call_id),
            flags=tuple(flags),
            rulings=standing_findings(reader, [flag.flag_id for flag in flags]),
            promises=tuple(commitments_of_call(reader, call_id)),
            refusal=refusal_of_call(reader, call_id),
            drawn=tuple(sample_of_call(reader, call_id)),
            failures=tuple(failures_of_call(reader, call_id)),
            client=client.only(lambda other: viewer.may(Action.SEE_CALL, other.manager_id)),
            settings=workspace.settings,
            answers=tuple(answers_of_calls(reader, [call_id])),
            downgraded=downgraded(reader, workspace.settings.detectors) if flags else NONE_DOWNGRADED,
            known=known_in(reader, call_id),
        )


def call_sound(workspace: Workspace, call_id: str) -> CallSound:
    with workspace.store.reading() as reader:
        recording = calls_store.recording(reader, call_id)
        return CallSound(
            recording,
            acoustics_of_recording(reader, recording),
            listening.transcript(reader, call_id),
            known_in(reader, call_id),
        )


def call_list(
    workspace: Workspace,
    viewer: Viewer,
    manager_id: str | None,
    text: str,
    page: int = 1,
    within: Stretch | None = None,
    talk: Talk | None = None,
) -> CallList:
    """Page ``page`` (from 1) of the calls of an agent, if given, that fit the text searched; the newest first.

    ``within``: only of this time; ``talk``: only such of its calls.
    """
    counted_from_s = workspace.settings.effective.counted_from_s
    with workspace.store.reading() as reader:
        whose = viewer.among(Action.SEE_CALL, manager_id)
        search = replace(call_search(reader, whose, text, by_client=viewer.sees_clients), within=within)
        talks = talk_counts(reader, search, counted_from_s) if within else {}
        if talk is not None:
            search = replace(search, talk=(talk, counted_from_s))
        total = count_calls(reader, search, LISTED + 1)
        found = latest_calls(reader, search, PAGE, (page - 1) * PAGE)
        people = directory(reader, {call.client_phone for call in found}, viewer)
        recordings = recordings_by_call(reader, {call.call_id for call in found})
    return CallList(tuple(found), people, recordings, min(total, LISTED), total > LISTED, talks)


def agents(workspace: Workspace, viewer: Viewer) -> dict[str, str]:
    """Names of the employees whose calls this person may see, by id, in order of the names."""
    mine = viewer.agents(Action.SEE_CALL)
    with workspace.store.reading() as reader:
        people = calls_store.managers(reader).values()
    return {
        person.manager_id: person.name
        for person in sorted(people, key=lambda person: person.name)
        if mine is None or person.manager_id in mine
    }
