"""Labelled calls read from a file (``truth.jsonl``, one JSON object a line), with the line named where one is wrong.

Everything but the call's id may be left out: what is not labelled is not judged. See docs/evaluation.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qc_workbench.domain.commitment import Action, ClientSaid, CommitmentOutcome, Promiser
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.errors import ImportFailed
from qc_workbench.reporting.quality import TrueCall, TruePromise, TrueSpan


@dataclass(frozen=True, slots=True)
class Truth:
    """The labels of a file. ``digest``: sha256 of its bytes; evaluations of the same one may be compared."""

    name: str
    digest: str
    calls: tuple[TrueCall, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Promise(_Part):
    quote: str = ""
    action: Action | None = None
    by: Promiser | None = None
    due_from: date
    due_to: date

    @model_validator(mode="after")
    def _in_order(self) -> _Promise:
        if self.due_to < self.due_from:
            raise ValueError("due_to is before due_from")
        return self

    def as_promise(self) -> TruePromise:
        action, by = (self.action.value if self.action else ""), (self.by.value if self.by else "")
        return TruePromise(self.quote, action, self.due_from, self.due_to, by)


class _Truth(_Part):
    answered_by: AnsweredBy | None = None
    fake_effective: bool | None = None
    message_left: bool | None = None
    promises: tuple[_Promise, ...] | None = None
    refusal: ClientSaid | None = None


class _Expected(_Part):
    promise_outcome: CommitmentOutcome | None = None
    false_refusal: bool | None = None


class _Span(_Part):
    start: float = Field(ge=0)
    end: float
    channel: Literal["agent", "customer"]
    kind: str = "speech"
    text: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> _Span:
        if self.end < self.start:
            raise ValueError("end is before start")
        return self

    def as_span(self) -> TrueSpan:
        return TrueSpan(self.start, self.end, self.channel, self.kind, self.text or "")


class _Line(_Part):
    id: str = Field(min_length=1)
    scenario: str = ""
    lang: str = ""
    channels: Literal[1, 2] | None = None
    recording: str = ""
    truth: _Truth = _Truth()
    expected: _Expected | None = None
    spans: tuple[_Span, ...] | None = None

    def as_call(self) -> TrueCall:
        expected = self.expected or _Expected()
        # ``expected`` written out and without a false refusal says that there is none; left out, it says nothing.
        false_refusal = bool(expected.false_refusal) if "expected" in self.model_fields_set else None
        return TrueCall(
            call_id=self.id,
            scenario=self.scenario,
            answered_by=self.truth.answered_by.value if self.truth.answered_by else None,
            fake_effective=self.truth.fake_effective,
            promises=None
            if self.truth.promises is None
            else tuple(promise.as_promise() for promise in self.truth.promises),
            refusal=self.truth.refusal.value if self.truth.refusal else None,
            expected_outcome=expected.promise_outcome.value if expected.promise_outcome else None,
            false_refusal=false_refusal,
            message_left=self.truth.message_left,
            spans=None if self.spans is None else tuple(span.as_span() for span in self.spans),
            language=self.lang,
            layout={1: "mono", 2: "stereo", None: ""}[self.channels],
            codec=PurePath(self.recording).suffix.lstrip(".").lower(),
        )


def read_truth(path: Path) -> Truth:
    """Read labelled calls. Raises :class:`ImportFailed`: ``truth_unreadable``; ``truth_line`` with the line and the
    field; ``truth_twice`` for a call that is labelled in two lines; ``truth_empty``.
    """
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed("truth_unreadable", file=str(path), detail=str(error)) from error
    calls: dict[str, tuple[int, TrueCall]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        call = _call_of(path, number, line)
        if call.call_id in calls:
            first = calls[call.call_id][0]
            raise ImportFailed("truth_twice", file=str(path), line=number, first=first, call_id=call.call_id)
        calls[call.call_id] = (number, call)
    if not calls:
        raise ImportFailed("truth_empty", file=str(path))
    return Truth(path.name, hashlib.sha256(content).hexdigest(), tuple(call for _, call in calls.values()))


def _call_of(path: Path, number: int, line: str) -> TrueCall:
    try:
        return _Line.model_validate(json.loads(line)).as_call()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ImportFailed(
            "truth_line", file=str(path), line=number, key=_place(first["loc"]), detail=first["msg"]
        ) from error  # fmt: skip
    except json.JSONDecodeError as error:
        raise ImportFailed("truth_line", file=str(path), line=number, key="JSON", detail=error.msg) from error


def _place(parts: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in parts) or "JSON"
