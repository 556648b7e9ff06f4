"""What was said, as somebody may read it: names of people and telephone numbers are masked for whoever may not see the
client's name and number, unless the settings say that all is shown as said (``privacy.names_in_transcripts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from qc_workbench.detection.names_said import lemmas, masked, masked_text
from qc_workbench.domain.access import Action
from qc_workbench.domain.auto_answer import AutoAnswer
from qc_workbench.domain.transcript import Transcript, Turn
from qc_workbench.store.browsing import deals_of_phones
from qc_workbench.store.calls import managers
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Names known from the CRM and of the agents are read anew after so many seconds.
_KNOWN_FOR_S = 300


@dataclass(frozen=True, slots=True)
class Reading:
    """How somebody reads a call. ``known``: names that are masked besides those that are found; None: all as said."""

    known: frozenset[str] | None = None

    @property
    def is_masked(self) -> bool:
        return self.known is not None

    def text(self, text: str) -> str:
        return text if self.known is None else masked_text(text, self.known)

    def quote(self, quote: str | None) -> str | None:
        return None if quote is None else self.text(quote)

    def transcript(self, transcript: Transcript) -> Transcript:
        return transcript if self.known is None else masked(transcript, self.known)

    def turns(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        return self.transcript(Transcript("", "", "", None, "", "", tuple(turns))).turns

    def answers(self, answers: Sequence[AutoAnswer]) -> tuple[AutoAnswer, ...]:
        if self.known is None:
            return tuple(answers)
        return tuple(
            replace(item, proofs=tuple(replace(proof, quote=self.quote(proof.quote)) for proof in item.proofs))
            for item in answers
        )


AS_SAID = Reading()


def reading(workspace: Workspace, viewer: Viewer, agent_id: str, client_phone: str | None) -> Reading:
    """How this person reads a call of this agent with this client."""
    if not hides_names(workspace) or viewer.may(Action.SEE_CLIENT, agent_id):
        return AS_SAID
    return Reading(_known(workspace, client_phone, int(datetime.now(UTC).timestamp() // _KNOWN_FOR_S)))


def searches_masked(workspace: Workspace, viewer: Viewer) -> bool:
    """Whether names and numbers are not found for this person: they may not see those of every call they search."""
    return hides_names(workspace) and not viewer.sees_clients


def hides_names(workspace: Workspace) -> bool:
    return workspace.settings.privacy.names_in_transcripts == "by_role"


@lru_cache(maxsize=512)
def _known(workspace: Workspace, phone: str | None, _moment: int) -> frozenset[str]:
    with workspace.store.reading() as reader:
        agents = [person.name for person in managers(reader).values()]
        clients = [deal.client_name for deal in deals_of_phones(reader, [phone])] if phone else []
    return lemmas([*agents, *(name for name in clients if name)])
