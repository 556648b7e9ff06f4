"""What the player tells the server: comments at their seconds, heard seconds, time at work.

Addresses beside Streamlit's, so that a comment is saved without the page being drawn again, and what was heard arrives
although the page is being left. Every report has a token: sent twice, it counts once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.domain.coaching import Passage
from qc_workbench.errors import QcwError, UsageError, WriteRefused
from qc_workbench.review.coaching import CommentedCall, comment
from qc_workbench.review.hearing import heard_more, told
from qc_workbench.store import calls as calls_store
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.coaching import comment_row, comments_of_calls
from qc_workbench.store.database import Reader, insert
from qc_workbench.store.hearing import heard_by, heard_written
from qc_workbench.ui.doorway import own_request, signed_in
from qc_workbench.ui.http import body_within, json_object
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.refused import note_refusal
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.desk import shown_comment
from qc_workbench.workspace import Workspace

#: Bytes of a report: a comment of the greatest length, or a thousand ranges.
_LARGEST: Final = 65_536
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
#: Codes of questions.
_QUESTION: Final = re.compile(r"[\w.-]{1,80}")
#: How often a report of heard seconds is tried when another window of the same call tells its own.
_TRIES: Final = 5

Body = Mapping[str, Any]
Answer = Callable[[Workspace, Viewer, Request, Body], Response]


def routes() -> list[Route]:
    return [
        Route("/calls/{call_id}/comments", _answering(_comment), methods=["POST"]),
        Route("/calls/{call_id}/comments/{comment_id}/withdraw", _answering(_withdraw), methods=["POST"]),
        Route("/calls/{call_id}/heard", _answering(_heard), methods=["POST"]),
    ]


def comments_address(call_id: str) -> str:
    return f"/calls/{call_id}/comments"


def heard_address(call_id: str) -> str:
    return f"/calls/{call_id}/heard"


def _answering(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Reads the report, asks whose it is, and says a refusal in the language of the page."""

    async def respond(request: Request) -> Response:
        if not own_request(request):
            return Response(status_code=403)
        text = await body_within(request, _LARGEST)
        if text is None:
            return Response(status_code=413)
        return await run_in_threadpool(_answered, answer, request, text)

    return respond


def _answered(answer: Answer, request: Request, text: bytes) -> Response:
    body: Body = {}
    found = None
    try:
        found = signed_in(request)
        if found is None:
            return Response(status_code=401)
        workspace, viewer = found
        body = json_object(text) or {}
        if not _TOKEN.fullmatch(str(body.get("token", ""))):
            return Response(status_code=400)
        return answer(workspace, viewer, request, body)
    except UsageError as error:
        if found is not None and error.code == "not_allowed":
            note_refusal(*found, "call", request.path_params["call_id"])
        says = Translator(str(body.get("lang", ""))).error(error)
        return JSONResponse({"code": error.code, "says": says}, 403 if error.code == "not_allowed" else 422)
    except (TypeError, ValueError):
        return Response(status_code=400)
    except QcwError:
        return Response(status_code=503)  # the player sends it again


def _about(reader: Reader, viewer: Viewer, request: Request, action: Action) -> tuple[Call, CommentedCall]:
    """The call of the address. A call that is not there is refused like one that is not this person's."""
    call = calls_store.call(reader, request.path_params["call_id"])
    viewer.require(action, call.manager_id if call else None)
    assert call is not None
    recording = calls_store.recording(reader, call.call_id)
    recorded_s = (recording.duration_s if recording else None) or 0.0
    return call, CommentedCall(call.call_id, call.manager_id, max(recorded_s, float(call.talk_s or 0)))


def _comment(workspace: Workspace, viewer: Viewer, request: Request, body: Body) -> Response:
    now = datetime.now(UTC)
    with workspace.store.reading() as reader:
        _, about = _about(reader, viewer, request, Action.COMMENT_CALL)
    begins, ends = body.get("from_s"), body.get("to_s")
    text, question = body.get("text", ""), body.get("question") or None
    if not isinstance(text, str) or not (question is None or _QUESTION.fullmatch(question)):
        return Response(status_code=400)
    made = comment(
        about,
        text,
        viewer.person_id,
        now,
        passage=None if begins is None else Passage(float(begins), None if ends is None else float(ends)),
        for_coaching=body.get("for_coaching") is True,
        question=question,
        token=str(body["token"]),
    )
    line = audit_entry(now, viewer.name, "call_commented", about.call_id, comment_id=made.comment_id)
    workspace.store.write(insert("comments", comment_row(made)), line, key=f"comment:{made.comment_id}")
    t = Translator(str(body.get("lang", "")), workspace.settings.company.zone)
    return JSONResponse(as_sent(asdict(shown_comment(made, viewer.name, viewer.person_id, t))), 201)


def _withdraw(workspace: Workspace, viewer: Viewer, request: Request, body: Body) -> Response:
    """The comment goes by one more that says nothing: rows are only added."""
    now, comment_id = datetime.now(UTC), request.path_params["comment_id"]
    with workspace.store.reading() as reader:
        _, about = _about(reader, viewer, request, Action.COMMENT_CALL)
        every = comments_of_calls(reader, [about.call_id])
    old = next((item for item in every if item.comment_id == comment_id), None)
    if old is None:
        raise UsageError("comment_unknown")
    gone = comment(about, "", viewer.person_id, now, edits=old, token=str(body["token"]))
    line = audit_entry(now, viewer.name, "comment_withdrawn", about.call_id, comment_id=comment_id)
    workspace.store.write(insert("comments", comment_row(gone)), line, key=f"comment withdrawn:{comment_id}")
    return JSONResponse({"id": comment_id})


def _heard(workspace: Workspace, viewer: Viewer, request: Request, body: Body) -> Response:
    with workspace.store.reading() as reader:
        _, about = _about(reader, viewer, request, Action.HEAR_CALL)
    ranges, spent_s = told(body.get("ranges", []), float(body.get("spent_s", 0)), about.duration_s or float("inf"))
    for left in reversed(range(_TRIES)):
        with workspace.store.reading() as reader:
            before = heard_by(reader, about.call_id, viewer.person_id)
        at = datetime.now(UTC)
        now = heard_more(before, about.call_id, viewer.person_id, ranges, spent_s, at, str(body["token"]))
        if now is before:
            break
        try:
            workspace.store.apply(heard_written(now, before))
        except WriteRefused:
            if not left:
                raise
        else:
            break
    return Response(status_code=204)


def as_sent(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A comment in the words of the player's files."""
    names = {"comment_id": "id", "from_s": "from", "to_s": "to", "for_coaching": "coaching", "is_own": "own"}
    return {names.get(name, name): value for name, value in shown.items()}
