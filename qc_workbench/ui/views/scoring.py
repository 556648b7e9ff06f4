"""Scoring a call: what a reviewer sees of it, and each thing they may do to it. Rules are in ``review.evaluating``.

A step is one read and one write. It reads neither the transcript nor anything else of the call but whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.auto_answer import Answer
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply, Result, SavedReply
from qc_workbench.domain.forms import Form, FormState, FormVersion
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.review import evaluating
from qc_workbench.review.scoring import is_bad, score, shown_questions
from qc_workbench.store import calls as calls_store
from qc_workbench.store import forms as forms_store
from qc_workbench.store import open_calls, people
from qc_workbench.store import scoring as store
from qc_workbench.store.browsing import deals_of_phones
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, Write
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.errand import Errand, errand_of
from qc_workbench.ui.views.queue import begin_listening, next_call
from qc_workbench.ui.views.suggested import check_of_reply
from qc_workbench.workspace import Workspace

#: A day at work on one call is no time anybody spent: what a page claims beyond it is left out.
LONGEST_S: Final = 86_400.0


class Phase(StrEnum):
    """How a reviewer stands to a call."""

    NONE = "none"  # nothing to see and nothing to do
    OPEN = "open"  # may begin
    DRAFT = "draft"  # has begun
    MINE = "mine"  # has submitted
    THEIRS = "theirs"  # somebody else has, and this person may see it
    ASKED = "asked"  # somebody else asks for a second opinion, which this person may give without seeing the first


@dataclass(frozen=True, slots=True)
class Progress:
    """An evaluation with its answers now. ``steps``: those that were not taken back, in order."""

    evaluation: Evaluation
    form: Form
    steps: tuple[SavedReply, ...]

    @property
    def replies(self) -> dict[str, Reply]:
        return evaluating.standing_replies(self.steps)

    @property
    def result(self) -> Result:
        return score(self.form, self.replies)

    @property
    def shown(self) -> frozenset[str]:
        return shown_questions(self.form, self.replies)

    @property
    def bad(self) -> tuple[str, ...]:
        """Questions with a bad answer."""
        replies, shown = self.replies, self.shown
        return tuple(
            question.code
            for question in self.form.questions
            if is_bad(question, replies.get(question.code), question.code in shown)
        )

    def next_after(self, question: str | None) -> str | None:
        return evaluating.next_question(self.form, self.replies, question)


@dataclass(frozen=True, slots=True)
class ScoringView:
    """``forms``: those the call may be scored on, the best first. ``by``: who scored it, where somebody else did.
    ``lacks_form``: nobody scored it, this person may, and no published form fits. ``also``: who else is
    scoring it now."""

    phase: Phase
    progress: Progress | None = None
    forms: tuple[FormVersion, ...] = ()
    by: str | None = None
    reason: str | None = None
    lacks_form: bool = False
    also: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What the page sends with each change: a token of its own, and the seconds at work so far."""

    token: str
    spent_s: float


# What is seen ----------------------------------------------------------------


def scoring_view(workspace: Workspace, viewer: Viewer, call_id: str, stage: str | None = None) -> ScoringView:
    """How this person stands to the call. ``stage``: of the client's deal, for the choice of a form.

    Somebody else's answers are shown only to whoever may see scores, and never while one's own draft is open or the
    call waits in one's own queue.
    """
    with workspace.store.reading() as reader:
        call = calls_store.call(reader, call_id)
        if call is None:
            return ScoringView(Phase.NONE)
        may_score = viewer.may(Action.SCORE_CALL, call.manager_id)
        may_see = viewer.may(Action.SEE_SCORE, call.manager_id)
        if not may_score and not may_see:
            return ScoringView(Phase.NONE)
        every = store.evaluations_of_call(reader, call_id)
        errand = errand_of(reader, viewer, call_id, every)
        known = [item for item in every if errand.covers(item)]
        mine = [item for item in known if item.reviewer == viewer.person_id]
        draft = next((item for item in reversed(mine) if item.state is EvaluationState.DRAFT), None)
        if draft is not None and may_score:
            return ScoringView(Phase.DRAFT, _progress(reader, draft), also=_also_at_it(reader, known, viewer))
        is_given = may_score and errand.is_given
        sent = _sent(mine)
        if sent is not None and may_see and not is_given:
            return ScoringView(Phase.MINE, _progress(reader, sent))
        fitting = _fitting(reader, errand, call, stage) if may_score else ()
        other = _sent([item for item in known if item.purpose is Purpose.SCORE])
        if other is None or is_given:
            if not fitting:
                return ScoringView(Phase.NONE, lacks_form=may_score)
            return ScoringView(Phase.OPEN, forms=fitting, also=_also_at_it(reader, known, viewer))
        by = _name(reader, other.reviewer)
        if other.second_opinion is not None and fitting and other.reviewer != viewer.person_id:
            return ScoringView(Phase.ASKED, forms=fitting, by=by, reason=other.second_opinion)
        return ScoringView(Phase.THEIRS, _progress(reader, other), by=by) if may_see else ScoringView(Phase.NONE)


def _also_at_it(reader: Reader, known: list[Evaluation], viewer: Viewer) -> str | None:
    """Whoever has begun to score the call and not submitted; who looks at it for another reason is not named."""
    begun = [item for item in known if item.state is EvaluationState.DRAFT and item.purpose is Purpose.SCORE]
    other = next((item for item in reversed(begun) if item.reviewer != viewer.person_id), None)
    return _name(reader, other.reviewer) if other else None


def _fitting(reader: Reader, errand: Errand, call: Call, stage: str | None) -> tuple[FormVersion, ...]:
    """Forms to choose from, the best first; the one of a calibration is not the reviewer's to choose."""
    if errand.form is not None:
        version = forms_store.form_version(reader, *errand.form)
        return (version,) if version is not None else ()
    published = forms_store.form_versions(reader, FormState.PUBLISHED)
    return tuple(evaluating.forms_for(published, call.direction, stage))


def _sent(evaluations: list[Evaluation]) -> Evaluation | None:
    """The last one submitted; of a call's scores there is one."""
    return next((item for item in reversed(evaluations) if item.state is EvaluationState.SUBMITTED), None)


def _name(reader: Reader, person_id: str) -> str:
    account = people.account_with_id(reader, person_id)
    return account.name if account else person_id


def _progress(reader: Reader, evaluation: Evaluation) -> Progress:
    version = forms_store.form_version(reader, evaluation.form_code, evaluation.version)
    if version is None:
        raise UsageError("evaluation_form_gone", form=evaluation.form_code, version=evaluation.version)
    steps = store.steps_of(reader, evaluation.evaluation_id)
    return Progress(evaluation, version.form, tuple(evaluating.kept_steps(steps)))


def example_recordings(
    workspace: Workspace, viewer: Viewer, forms: Iterable[Form], call_id: str
) -> dict[str, Recording]:
    """Recordings of other calls that the forms give as examples, of those this person may hear."""
    named = {example.call_id for form in forms for question in form.questions for example in question.examples}
    found: dict[str, Recording] = {}
    if not named - {call_id}:
        return found
    with workspace.store.reading() as reader:
        for name in sorted(named - {call_id}):
            recording = calls_store.recording(reader, name)
            if recording is not None and viewer.may(Action.HEAR_CALL, store.agent_of(reader, name)):
                found[name] = recording
    return found


# What is done ----------------------------------------------------------------


def begin(
    workspace: Workspace, viewer: Viewer, call_id: str, form_code: str | None, version: int | None, now: datetime
) -> Progress:
    """The person's draft of a call: the one they left, or a new one on this form (none named: the best that fits).

    Raises :class:`UsageError` ``not_allowed``, ``scored_call_unknown``, ``form_not_published``, ``form_none``,
    ``evaluation_submitted`` where they have scored it and it was not given to them again.
    """
    with workspace.store.reading() as reader:
        call = calls_store.call(reader, call_id)
        if call is None and viewer.agents(Action.SCORE_CALL) is None:
            raise UsageError("scored_call_unknown", call=call_id)
        # Whoever may not score everybody's calls is told the same of one that is not there and of one of others.
        viewer.require(Action.SCORE_CALL, call.manager_id if call else None)
        assert call is not None
        every = store.evaluations_of_call(reader, call_id)
        errand = errand_of(reader, viewer, call_id, every)
        mine = [item for item in every if errand.covers(item) and item.reviewer == viewer.person_id]
        draft = next((item for item in reversed(mine) if item.state is EvaluationState.DRAFT), None)
        if draft is not None:
            return _progress(reader, draft)
        if mine and not errand.is_given:
            raise UsageError("evaluation_submitted", call=call_id, by=viewer.name)
        chosen = _chosen(reader, call, *(errand.form or (form_code, version)))
    made = evaluating.begun(call_id, chosen, viewer.person_id, now, errand.purpose)
    try:
        workspace.store.apply(store.begin(made))
    except WriteRefused:  # begun in another window, or the form was retired, since we looked
        with workspace.store.reading() as reader:
            there = store.open_evaluation(reader, call_id, viewer.person_id)
            if there is None:
                raise UsageError("form_not_published", form=chosen.form.code, version=chosen.version) from None
            return _progress(reader, there)
    return Progress(made, chosen.form, ())


def _chosen(reader: Reader, call: Call, form_code: str | None, version: int | None) -> FormVersion:
    if form_code is not None and version is not None:  # a calibration keeps its version, also when a newer one is out
        kept = forms_store.form_version(reader, form_code, version)
        if kept is not None:
            return kept
    published = forms_store.form_versions(reader, FormState.PUBLISHED)
    if form_code is not None:
        found = next((item for item in published if item.form.code == form_code), None)
        if found is None or version not in (None, found.version):
            raise UsageError("form_not_published", form=form_code, version=version or "-")
        return found
    deals = deals_of_phones(reader, [call.client_phone] if call.client_phone else [])
    fitting = evaluating.forms_for(published, call.direction, deals[0].stage if deals else None)
    if not fitting:
        raise UsageError("form_none", call=call.call_id)
    return fitting[0]


def answer(
    workspace: Workspace,
    viewer: Viewer,
    evaluation_id: str,
    reply: Reply,
    step: Step,
    now: datetime,
    suggested: tuple[Answer, str] | None = None,
) -> Progress:
    """Keep an answer. ``suggested``: what the machine said beside the question, with our signature of it.

    Raises :class:`UsageError` ``evaluation_unknown``, ``not_allowed``, ``evaluation_submitted`` and those of
    ``review.evaluating.checked``.
    """
    before = _mine(workspace, viewer, evaluation_id)
    kept = evaluating.checked(before.form, reply)
    check = check_of_reply(workspace.home, before.evaluation, before.form, kept, suggested, now)
    named = replace(check, by=viewer.name) if check else None
    write = store.save_reply(before.evaluation, kept, _token(before, step), now, named)
    return _applied(workspace, before, write, step, SavedReply(0, kept.question, kept, viewer.person_id, now))


def clear(
    workspace: Workspace, viewer: Viewer, evaluation_id: str, question: str, step: Step, now: datetime
) -> Progress:
    """Leave a question unanswered again. Raises as :func:`answer`, and ``reply_question``."""
    before = _mine(workspace, viewer, evaluation_id)
    if before.form.question(question) is None:
        raise UsageError("reply_question", question=question, form=before.form.code)
    write = store.clear_reply(before.evaluation, question, _token(before, step), now)
    return _applied(workspace, before, write, step, SavedReply(0, question, None, viewer.person_id, now))


def undo(workspace: Workspace, viewer: Viewer, evaluation_id: str, step: Step, now: datetime) -> Progress:
    """Take the last step back; nothing happens where there is none. Raises as :func:`answer`."""
    before = _mine(workspace, viewer, evaluation_id)
    last = evaluating.step_to_undo(before.steps)
    if last is None:
        return before
    write = store.undo(before.evaluation, last, _token(before, step), now)
    return _applied(workspace, before, write, step, None)


def second_opinion(workspace: Workspace, viewer: Viewer, evaluation_id: str, reason: str | None) -> Progress:
    """Ask somebody else to look, and why; None takes it back. After the submission too."""
    before = _mine(workspace, viewer, evaluation_id, is_open=False)
    said = None if reason is None else reason.strip()
    if said is not None and len(said) > evaluating.LONGEST_REPLY:
        raise UsageError("reply_too_long", question="-", length=len(said), most=evaluating.LONGEST_REPLY)
    workspace.store.apply(store.ask_second_opinion(before.evaluation, said))
    return replace(before, evaluation=replace(before.evaluation, second_opinion=said))


def submit(
    workspace: Workspace, viewer: Viewer, evaluation_id: str, step: Step, now: datetime
) -> tuple[Progress, str | None]:
    """Send the evaluation: it is the reviewer's word now, the call leaves their queue. Also the call to score next.

    Sent again, it answers as the first time. Raises :class:`UsageError` ``evaluation_unknown``, ``not_allowed``,
    ``evaluation_unfinished``, ``evaluation_cause_missing``, ``evaluation_changed`` (an answer came in from elsewhere).
    """
    with workspace.store.reading() as reader:
        before = _read(reader, viewer, evaluation_id)
        steps = store.steps_of(reader, evaluation_id)
    if before.evaluation.state is EvaluationState.SUBMITTED:
        return before, next_call(workspace, viewer, now)
    sent = evaluating.submitted(before.form, before.evaluation, before.replies, now)
    spent_s = _spent(before, step, now)
    entry = audit_entry(
        now, viewer.name, "evaluation_submitted", sent.call_id, evaluation=evaluation_id, form=sent.form_code
    )
    # A score settles the call for everybody it was drawn for; a look at the side settles nothing.
    settled = (open_calls.heard(sent.call_id),) if sent.purpose is Purpose.SCORE else ()
    write = store.submit(sent, steps, *settled, entry)
    try:
        workspace.store.apply(store.with_time(write, sent, spent_s))
    except WriteRefused as error:
        raise UsageError("evaluation_changed", call=sent.call_id) from error
    after = replace(before, evaluation=replace(sent, spent_s=max(sent.spent_s, spent_s)))
    following = next_call(workspace, viewer, now)
    if following is not None:
        begin_listening(workspace, viewer, following, now)
    return after, following


def _mine(workspace: Workspace, viewer: Viewer, evaluation_id: str, *, is_open: bool = True) -> Progress:
    with workspace.store.reading() as reader:
        found = _read(reader, viewer, evaluation_id)
    evaluation = found.evaluation
    if is_open and evaluation.state is EvaluationState.SUBMITTED:
        raise UsageError("evaluation_submitted", call=evaluation.call_id, by=viewer.name)
    return found


def _read(reader: Reader, viewer: Viewer, evaluation_id: str) -> Progress:
    """One's own evaluation. Another's is as unknown as none: its id says nothing to whoever tries one."""
    found = store.evaluation(reader, evaluation_id)
    if found is None or found.reviewer != viewer.person_id:
        raise UsageError("evaluation_unknown")
    viewer.require(Action.SCORE_CALL, store.agent_of(reader, found.call_id))
    return _progress(reader, found)


def _applied(workspace: Workspace, before: Progress, write: Write, step: Step, added: SavedReply | None) -> Progress:
    """The answers after a write. ``added``: its step, None for an undo.

    A token that was used before changed nothing now, and what it changed then may be younger than what we have read.
    """
    evaluation = before.evaluation
    spent_s = max(evaluation.spent_s, _spent(before, step, added.at if added else None))
    try:
        is_new = workspace.store.apply(store.with_time(write, evaluation, spent_s))
    except WriteRefused:
        is_new = False
        with workspace.store.reading() as reader:
            now = store.evaluation(reader, evaluation.evaluation_id)
        if now is None or now.state is EvaluationState.SUBMITTED:
            raise UsageError("evaluation_submitted", call=evaluation.call_id, by=evaluation.reviewer) from None
    if not is_new:
        with workspace.store.reading() as reader:
            steps = tuple(evaluating.kept_steps(store.steps_of(reader, evaluation.evaluation_id)))
    elif added is None:
        steps = before.steps[:-1]
    else:
        last = before.steps[-1].place if before.steps else 0
        steps = (*before.steps, replace(added, place=last + 1))
    return replace(before, evaluation=replace(evaluation, spent_s=spent_s), steps=steps)


def _spent(before: Progress, step: Step, now: datetime | None) -> float:
    """What the page counted, never more than has passed since the beginning."""
    most = LONGEST_S if now is None else min(LONGEST_S, (now - before.evaluation.begun_at).total_seconds() + 60)
    return max(0.0, min(step.spent_s, most))


def _token(before: Progress, step: Step) -> str:
    """A page's token counts in its own evaluation only: nobody else's can be used up with it."""
    return f"{before.evaluation.evaluation_id}:{step.token}"
