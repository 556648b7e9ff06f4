"""Detector quality: the store against a file of labelled calls (``truth.jsonl``, one JSON object a line)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from qc_workbench.errors import ImportFailed
from qc_workbench.reporting.quality import Quality, TrueCall, TruePromise, measure_quality
from qc_workbench.store import verdicts
from qc_workbench.workspace import Workspace


class _Promise(BaseModel):
    model_config = ConfigDict(extra="ignore")
    quote: str
    action: str
    due_from: date
    due_to: date


class _Truth(BaseModel):
    model_config = ConfigDict(extra="ignore")
    answered_by: str
    fake_effective: bool
    promises: tuple[_Promise, ...] = ()
    refusal: str = "none"


class _Expected(BaseModel):
    model_config = ConfigDict(extra="ignore")
    promise_outcome: str | None = None
    false_refusal: bool | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    scenario: str = ""
    truth: _Truth
    expected: _Expected | None = None

    def as_call(self) -> TrueCall:
        expected = self.expected or _Expected()
        return TrueCall(
            call_id=self.id,
            scenario=self.scenario,
            answered_by=self.truth.answered_by,
            fake_effective=self.truth.fake_effective,
            promises=tuple(TruePromise(p.quote, p.action, p.due_from, p.due_to) for p in self.truth.promises),
            refusal=self.truth.refusal,
            expected_outcome=expected.promise_outcome,
            false_refusal=bool(expected.false_refusal),
        )


def read_truth(path: Path) -> tuple[TrueCall, ...]:
    """Read labelled calls. Raises :class:`ImportFailed` ``truth_unreadable`` or ``truth_line`` with the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed("truth_unreadable", file=str(path), detail=str(error)) from error
    calls = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                calls.append(_Line.model_validate(_object(line)).as_call())
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                raise ImportFailed("truth_line", file=str(path), line=number, key=place, detail=first["msg"]) from error
            except json.JSONDecodeError as error:
                raise ImportFailed("truth_line", file=str(path), line=number, key="JSON", detail=error.msg) from error
    return tuple(calls)


def _object(line: str) -> Any:
    return json.loads(line)


def evaluate(workspace: Workspace, truth: Path) -> Quality:
    """Quality of what the store holds now for the labelled calls."""
    calls = read_truth(truth)
    with workspace.store.reading() as reader:
        flags = verdicts.flags(reader)
        conversations = verdicts.conversations(reader)
        commitments = verdicts.commitments(reader)
        refusals = {refusal.call_id: refusal for refusal in verdicts.refusals(reader)}
    return measure_quality(calls, flags, conversations, commitments, refusals)
