"""Somebody logged in asks for what is a colleague's, by every way an id can be said: they learn not even that it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.coaching import ClipKind
from qc_workbench.domain.search import CallFilters
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_rows
from qc_workbench.store import people
from qc_workbench.ui.views.call import call_list, call_view
from qc_workbench.ui.views.coaching import keep_clip
from qc_workbench.ui.views.promises import board, promise_page
from qc_workbench.ui.views.saved_searches import opened_search, save_search
from qc_workbench.ui.views.search import results, search_room
from qc_workbench.ui.views.suspicious import state_of_call
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
#: Of Борис (m2); Алла (m1) asks.
OTHERS = company.TALK
NOWHERE = "call-that-never-was"


def asked(browser: TestClient, call_id: str, token: int) -> list[tuple[int, Any, int]]:
    """Everything that can be asked about a call beside the pages."""
    said: list[tuple[int, Any, int]] = []
    body = {"token": f"{token:032x}", "text": "?", "ranges": [], "call": call_id, "lang": "ru"}
    for path in (f"/calls/{call_id}/comments", f"/calls/{call_id}/heard", "/scoring/begin",
                 f"/calls/{call_id}/comments/x/withdraw"):  # fmt: skip
        answer = browser.post(path, json=body, headers={"x-qcw": "1"})
        said.append((answer.status_code, answer.json().get("code") or answer.json().get("error"), len(answer.content)))
    answer = browser.get("/scoring", params={"call": call_id})
    return [*said, (answer.status_code, None, len(answer.content))]


@pytest.mark.parametrize("employee", ["m1", "n1"])
def test_a_call_of_others_is_answered_like_one_that_is_not_there(enter: Enter, employee: str) -> None:
    others = OTHERS if employee == "m1" else company.PADDED  # Нина asks for Алла's
    browser = enter(employee)
    assert asked(browser, others, 1) == asked(browser, NOWHERE, 2)


def test_a_clip_of_a_call_of_others_is_refused_like_one_of_no_call(workspace: Workspace) -> None:
    said = []
    for call_id in (company.PADDED, NOWHERE):
        with pytest.raises(UsageError) as refused:
            keep_clip(workspace, company.viewer(workspace, "n1"), call_id, (0, 5), ClipKind.GOOD, "Так", None, NOW)
        said.append(refused.value.code)
    assert said == ["clip_no_call", "clip_no_call"]


def test_after_the_own_promise_no_colleagues_call_with_the_client_is_listed(workspace: Workspace) -> None:
    """The client was called by Алла in the days after Борис had promised to: when is said, by whom is not."""
    later = datetime(2026, 10, 8, 9, tzinfo=UTC)
    call = Call("call-of-alla", later, Direction.OUTBOUND, "m1", company.PHONE, 60, Outcome.ANSWERED)
    workspace.store.insert_many("calls", [call_rows.call_row(call, company.AS_OF)])

    def listed(employee: str) -> set[str]:
        viewer = company.viewer(workspace, employee)
        page = promise_page(workspace, viewer, board(workspace, viewer), None, "m2", 1)
        return {call.manager_id for promise in page.promises for call in promise.next_calls}

    assert listed("h1") == {"m1", "m2"}
    assert listed("m2") == {"m2"}


def test_a_search_finds_counts_and_quotes_the_own_calls_alone(workspace: Workspace) -> None:
    alla, vera = company.viewer(workspace, "m1"), company.viewer(workspace, "h1")
    everybodys = results(workspace, "двери", CallFilters(), None)
    assert {found.call.manager_id for found in everybodys.calls} == {"m2"}
    for question in ("двери", "дверь OR заявку", '"две двери"'):
        mine = results(workspace, question, CallFilters(), alla.agents(Action.SEE_CALL))
        assert (mine.calls, mine.total) == ((), 0), question
    assert set(search_room(workspace, alla.agents(Action.SEE_CALL)).agents) == {"m1"}
    assert call_list(workspace, alla, "m2", "").total == 0  # the list narrowed to a colleague is empty, not everybody's
    assert call_list(workspace, vera, "m2", "").total > 0


def test_a_saved_search_of_others_is_not_there(workspace: Workspace) -> None:
    gleb, alla = company.viewer(workspace, "q1"), company.viewer(workspace, "m1")
    for is_shared in (False, True):
        kept = save_search(workspace, gleb, "Двери", "двери", CallFilters(), NOW, is_shared=is_shared,
                           targeted_a_day=None)  # fmt: skip
        assert opened_search(workspace, alla, kept.search_id, NOW) is None
    assert opened_search(workspace, alla, "none", NOW) is None


def test_a_suspicion_about_a_colleague_is_not_there_by_its_address(workspace: Workspace) -> None:
    viewers = {who: company.viewer(workspace, who) for who in ("h1", "m1", "m2")}
    found = {who: state_of_call(workspace, viewer, company.PADDED, frozenset()) for who, viewer in viewers.items()}
    assert found["h1"] is not None
    assert found["m2"] is None
    assert call_view(workspace, viewers["m2"], company.PADDED) is None


def test_an_administrator_without_another_role_sees_no_call_by_any_way(workspace: Workspace, enter: Enter) -> None:
    viewer = company.viewer(workspace, "a1")
    assert call_view(workspace, viewer, OTHERS) is None
    assert call_list(workspace, viewer, None, "").total == 0
    assert asked(enter("a1"), OTHERS, 3) == asked(enter("a1"), NOWHERE, 4)


def test_a_session_that_ends_while_a_right_is_asked_gives_nothing(workspace: Workspace, enter: Enter) -> None:
    """Every right is of the moment: a minute after somebody left their cookie opens nothing."""
    browser = enter("q1")
    assert browser.get("/queue").status_code == 200
    workspace.store.write(people.sessions_ended("account-q1", NOW + timedelta(seconds=1)))
    for path in ("/queue", "/password"):
        assert browser.get(path).headers["location"].startswith("/login")
    assert browser.get("/scoring", params={"call": OTHERS}).status_code == 401
    assert browser.get("/media/0123.xlsx").status_code == 403
