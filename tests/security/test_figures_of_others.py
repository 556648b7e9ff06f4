"""Lists, counts and links of rooms where people are compared: what somebody may not see is not told by the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.errors import UsageError
from qc_workbench.ui.navigation import ROOMS, may_enter
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import calibration as views
from qc_workbench.ui.views.calibration_calling import Calling, call_for_chosen
from qc_workbench.workspace import Workspace
from tests.calibration_cases import kept, published, session_of
from tests.ui import sample_company as company
from tests.ui.test_calibration_room import AT, HEAD, OTHER
from tests.ui.test_pages_open import enter, read, start

#: Of the whole company, also for a head who leads one team (docs/access.md).
WHOLE_COMPANY = {"overview", "month", "quality", "bonus", "import_files", "forms", "data"}


def test_no_room_tells_a_head_of_an_agent_of_another_team(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Нина leads Борис (m2); she tries the addresses that the head of Алла (m1) would send."""
    app = start(workspace.home, "ru", monkeypatch, "n1")
    viewer = company.viewer(workspace, "n1")
    asked = {"id": company.PADDED, "at": "5", "agent": "m1", "call": company.PADDED, "clip_of": company.PADDED,
             "q": "квартира", "score": "1", "session": "1", "team": "south"}  # fmt: skip
    for room in sorted(set(ROOMS) - WHOLE_COMPANY):
        if not may_enter(viewer, room):
            continue
        page = read(enter(app, room, **asked)).replace("\xa0", " ")
        for secret in ("Алла", company.UNSURE):
            assert secret not in page, room


@pytest.fixture(scope="module", autouse=True)
def _form(workspace: Workspace) -> None:
    published(workspace.store)


@pytest.fixture
def both(workspace: Workspace) -> Viewer:
    """A specialist who also sells: Борис's calls (m2) are the own ones."""
    account = Account(Person("both", frozenset({AccessRole.AGENT, AccessRole.QC}), "m2"), "both", "Оба", company.AS_OF)
    return Viewer(account, {})


def test_nobody_leads_a_calibration_about_the_own_call(workspace: Workspace, both: Viewer) -> None:
    """Its leader writes what was right."""
    asked = session_of(company.TALK, participants=(HEAD, OTHER), at=AT)
    with pytest.raises(UsageError, match="calibration_no_call"):
        call_for_chosen(
            workspace, both, Calling("talk", 1, asked.participants, asked.due.date(), asked.blindness), company.TALK, AT
        )
    session = kept(workspace.store, replace(asked, session_id="own", led_by="both"))
    for step in (views.open_answers, views.close, views.reopen):
        with pytest.raises(UsageError, match="calibration_not_leader"):
            step(workspace, both, session.session_id, AT)
    assert views.session_view(workspace, both, session.session_id) is None


@pytest.mark.parametrize("part", ["leader", "participant"])
def test_a_session_is_no_more_there_for_whose_team_the_agent_left(workspace: Workspace, part: str) -> None:
    head = Account(
        Person("moved", frozenset({AccessRole.HEAD}), None, frozenset({"north"})), "mv", "Мария", company.AS_OF
    )
    call = company.PROMISE if part == "leader" else company.REFUSED
    session = session_of(call, participants=("moved" if part == "participant" else HEAD, OTHER), at=AT)
    session = kept(workspace.store, replace(session, session_id=part, led_by="moved" if part == "leader" else HEAD))
    before, after = Viewer(head, {"m2": "north"}), Viewer(head, {"m2": "south"})
    assert views.session_view(workspace, before, session.session_id) is not None
    assert views.session_view(workspace, after, session.session_id) is None
    assert session.session_id not in {line.session.session_id for line in views.session_list(workspace, after).lines}
