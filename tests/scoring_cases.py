"""Published forms, and someone who scores on them over HTTP as the form on the call page does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from qc_workbench.domain.forms import Form
from qc_workbench.sources.form_files import starter_forms
from qc_workbench.store import forms
from qc_workbench.workspace import Workspace

AT = datetime(2026, 10, 20, 9, tzinfo=UTC)


def published(workspace: Workspace, *wanted: Form) -> None:
    """Publish these forms; the starter set where none is given."""
    for form in wanted or starter_forms().values():
        workspace.store.apply(forms.new_draft(form, "Вера Главная", AT))
        with workspace.store.reading() as reader:
            draft = next(item for item in forms.form_versions(reader) if item.form.code == form.code)
        workspace.store.apply(forms.publish(draft, "Вера Главная", AT))


class Answered(Protocol):
    """An answer of httpx, of the test client or of a real server."""

    status_code: int

    def json(self) -> Any: ...


class Client(Protocol):
    def get(self, url: str, /, **more: Any) -> Answered: ...
    def post(self, url: str, /, **more: Any) -> Answered: ...


@dataclass
class Reviewer:
    """A browser that is logged in: ``client`` sends the cookie of a session."""

    client: Client
    cookie: str
    token: str

    @property
    def _headers(self) -> dict[str, str]:
        return {"cookie": f"{self.cookie}={self.token}", "x-qcw": "1"}

    def get(self, call_id: str, language: str = "ru") -> Answered:
        return self.client.get("/scoring", params={"call": call_id, "lang": language}, headers=self._headers)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Answered:
        content = json.dumps(dict(body or {}))
        return self.client.post(f"/scoring/{path}", content=content, headers=self._headers | headers)

    def begin(self, call_id: str, **more: Any) -> str:
        answer = self.post("begin", {"call": call_id, **more})
        assert answer.status_code == 200, answer.json()
        return str(answer.json()["progress"]["evaluation"])

    def send(self, evaluation: str, kind: str, *, token: str | None = None, **body: Any) -> Answered:
        return self.post(f"{evaluation}/{kind}", {"token": token or secrets.token_hex(8), "spent_s": 0, **body})

    def answer(self, evaluation: str, question: str, *values: str, **more: Any) -> dict[str, Any]:
        found = self.send(evaluation, "answer", question=question, values=list(values), **more)
        assert found.status_code == 200, found.json()
        progress: dict[str, Any] = found.json()["progress"]
        return progress

    def fill(self, evaluation: str, form: Mapping[str, Any]) -> dict[str, Any]:
        """The best answer to every question that is asked."""
        kinds = {item["code"]: item for part in form["sections"] for item in part["questions"]}
        progress: dict[str, Any] = {}
        asked: str | None = next(iter(kinds))
        while asked is not None:
            progress = self.answer(evaluation, asked, *good_answer(kinds[asked]))
            asked = progress["next"]
        return progress


def good_answer(question: Mapping[str, Any]) -> list[str]:
    match question["kind"]:
        case "number":
            return [str(int(question["lowest"] or question["highest"] or 1))]
        case "text":
            return ["Спросить о сроке"]
        case "multi_choice":
            return [item["value"] for item in question["answers"]]
        case "scale":
            return [question["answers"][-1]["value"]]
        case _:
            return [question["answers"][0]["value"]]
