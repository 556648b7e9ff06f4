"""Scoring over HTTP: each change of the form on the call page is one small request, apart from the drawing of pages.

Only for whoever is logged in, only from our own pages (``x-qcw``), only their own draft. A change carries a token:
sent again after a lost answer it changes nothing and is answered with what stands now. What is refused for good has a
status of 4xx and is not to be sent again; 401 means log in first, 503 means try again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qc_workbench.domain.auto_answer import Answer
from qc_workbench.domain.evaluation import Reply
from qc_workbench.errors import QcwError, UsageError, WorkspaceError
from qc_workbench.ui import doorway
from qc_workbench.ui.http import body_within, json_object
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.refused import note_refusal
from qc_workbench.ui.scoring_payload import form_payload, progress_payload
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import scoring
from qc_workbench.ui.views.scoring import Progress, Step
from qc_workbench.workspace import Workspace

#: Bytes of a request: an answer and a comment of two pages each, in Cyrillic.
LARGEST: Final = 65_536
#: Longest recording that a comment may point into, seconds.
_LONGEST_CALL_S: Final = 86_400.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_HEADERS: Final = {"cache-control": "no-store"}
#: Refusals that are about something else than a wrong value.
_STATUS: Final[Mapping[str, int]] = {
    "not_allowed": 403,
    "scored_call_unknown": 404,
    "evaluation_unknown": 404,
    "evaluation_submitted": 409,
    "evaluation_changed": 409,
    "form_not_published": 409,
    "form_none": 409,
}

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered: who asks, in which language, what."""

    workspace: Workspace
    viewer: Viewer
    t: Translator
    body: Body
    now: datetime
    evaluation_id: str

    @property
    def step(self) -> Step:
        token = _text(self.body, "token")
        if not _TOKEN.fullmatch(token):
            raise UsageError("request_wrong", field="token")
        return Step(token, _seconds(self.body, "spent_s", scoring.LONGEST_S) or 0.0)


Handler = Callable[[Asked], Mapping[str, Any]]


def routes() -> list[Route]:
    return [
        Route("/scoring", _answering(_state)),
        Route("/scoring/begin", _answering(_begin), methods=["POST"]),
        *(
            Route(f"/scoring/{{evaluation_id}}/{name}", _answering(handler), methods=["POST"])
            for name, handler in _CHANGES.items()
        ),
    ]


def _answering(handler: Handler) -> Callable[[Request], object]:
    """Reads the body, then works in a thread: the store is waited for."""

    async def answer(request: Request) -> Response:
        if request.method == "POST" and not doorway.own_request(request):
            return Response(status_code=403)
        body = await body_within(request, LARGEST)
        if body is None:
            return Response(status_code=413)
        return await run_in_threadpool(_handled, handler, request, body)

    return answer


def _handled(handler: Handler, request: Request, body: bytes) -> Response:
    t = Translator(request.query_params.get("lang", "ru"))
    found, asked = None, None
    try:
        found = doorway.signed_in(request)
        if found is None:
            return _refused(UsageError("session_ended"), t, 401)
        workspace, viewer = found
        given = dict(request.query_params) if request.method == "GET" else _read(body)
        asked = Asked(workspace, viewer, t, given, datetime.now(UTC), request.path_params.get("evaluation_id", ""))
        return JSONResponse(handler(asked), headers=_HEADERS)
    except UsageError as error:
        if found is not None and asked is not None and error.code == "not_allowed":
            note_refusal(*found, "score", asked.evaluation_id or str(asked.body.get("call")))
        return _refused(error, t, _STATUS.get(error.code, 422))
    except QcwError as error:
        return _refused(error, t, 503)


def _refused(error: QcwError, t: Translator, status: int) -> Response:
    if isinstance(error, WorkspaceError):  # where the file lies is no business of a browser
        return JSONResponse({"error": error.code}, status, headers=_HEADERS)
    return JSONResponse({"error": error.code, "text": t.error(error)}, status, headers=_HEADERS)


def _read(body: bytes) -> Body:
    found = json_object(body)
    if found is None:
        raise UsageError("request_wrong", field="-")
    return found


# What is asked -----------------------------------------------------------------------------------------------------


def _state(asked: Asked) -> Mapping[str, Any]:
    """How the person stands to a call; the form with it."""
    view = scoring.scoring_view(asked.workspace, asked.viewer, _text(asked.body, "call"))
    return {
        "phase": view.phase.value,
        "progress": progress_payload(view.progress) if view.progress else None,
        "form": _form(view.progress, asked.t) if view.progress else None,
        "by": view.by,
    }


def _begin(asked: Asked) -> Mapping[str, Any]:
    body = asked.body
    version = body.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise UsageError("request_wrong", field="version")
    call_id, form = _text(body, "call"), _maybe_text(body, "form")
    progress = scoring.begin(asked.workspace, asked.viewer, call_id, form, version, asked.now)
    return {"progress": progress_payload(progress), "form": _form(progress, asked.t)}


def _form(progress: Progress, t: Translator) -> Mapping[str, Any]:
    return form_payload(progress.form, progress.evaluation.version, t)


def _answer(asked: Asked) -> Mapping[str, Any]:
    body = asked.body
    values = body.get("values")
    if not isinstance(values, list) or len(values) > 100 or not all(isinstance(value, str) for value in values):
        raise UsageError("request_wrong", field="values")
    question = _text(body, "question")
    comment, at_s = _maybe_text(body, "comment") or "", _seconds(body, "at_s", _LONGEST_CALL_S)
    reply = Reply(question, tuple(values), _maybe_text(body, "cause"), comment, at_s)
    progress = scoring.answer(
        asked.workspace, asked.viewer, asked.evaluation_id, reply, asked.step, asked.now, _suggested(body)
    )
    return {"progress": progress_payload(progress, question)}


def _suggested(body: Body) -> tuple[Answer, str] | None:
    """What the machine said beside the question; what is no answer of a machine is as none."""
    said = body.get("suggested")
    if not isinstance(said, dict):
        return None
    machine, sign = said.get("machine"), said.get("sign")
    if not isinstance(machine, str) or machine not in set(Answer) or not isinstance(sign, str):
        return None
    return Answer(machine), sign


def _clear(asked: Asked) -> Mapping[str, Any]:
    question = _text(asked.body, "question")
    progress = scoring.clear(asked.workspace, asked.viewer, asked.evaluation_id, question, asked.step, asked.now)
    return {"progress": progress_payload(progress, question)}


def _undo(asked: Asked) -> Mapping[str, Any]:
    progress = scoring.undo(asked.workspace, asked.viewer, asked.evaluation_id, asked.step, asked.now)
    return {"progress": progress_payload(progress)}


def _second_opinion(asked: Asked) -> Mapping[str, Any]:
    reason = _maybe_text(asked.body, "reason")
    progress = scoring.second_opinion(asked.workspace, asked.viewer, asked.evaluation_id, reason)
    return {"progress": progress_payload(progress)}


def _submit(asked: Asked) -> Mapping[str, Any]:
    progress, following = scoring.submit(asked.workspace, asked.viewer, asked.evaluation_id, asked.step, asked.now)
    return {"progress": progress_payload(progress), "next_call": following}


_CHANGES: Final[Mapping[str, Handler]] = {
    "answer": _answer,
    "clear": _clear,
    "undo": _undo,
    "second-opinion": _second_opinion,
    "submit": _submit,
}


# What a body holds -------------------------------------------------------------------------------------------------


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError("request_wrong", field=name)
    return value


def _maybe_text(body: Body, name: str) -> str | None:
    return None if body.get(name) is None else _text_or_blank(body, name)


def _text_or_blank(body: Body, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise UsageError("request_wrong", field=name)
    return value


def _seconds(body: Body, name: str, most: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise UsageError("request_wrong", field=name)
    return min(float(value), most)
