"""What a person has before them with the player: comments on the call and what they heard of it before."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.domain.coaching import Comment
from qc_workbench.domain.evaluation import Purpose
from qc_workbench.domain.hearing import Range
from qc_workbench.review.coaching import standing_comments
from qc_workbench.store.coaching import comments_of_calls
from qc_workbench.store.database import Reader
from qc_workbench.store.hearing import heard_by
from qc_workbench.store.people import names_of
from qc_workbench.store.scoring import evaluations_of_call
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.errand import errand_of
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ShownComment:
    """``from_s`` None: about the whole call; ``to_s`` None: about a second. ``is_own``: of the person who looks."""

    comment_id: str
    from_s: float | None
    to_s: float | None
    text: str
    author: str
    when: str
    for_coaching: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """``listener``: the account that looks. ``heard``: what it heard before, disjoint ranges in order."""

    listener: str
    comments: tuple[ShownComment, ...]
    heard: tuple[Range, ...]
    may_comment: bool
    may_hear: bool


def desk(workspace: Workspace, viewer: Viewer, call: Call, t: Translator) -> Desk:
    """Comments that stand, for those who may see them, and this person's heard seconds.

    Whoever was given the call to score it without knowing what others say of it sees their own only.
    """
    sees = viewer.may(Action.SEE_COACHING, call.manager_id)
    with workspace.store.reading() as reader:
        comments = standing_comments(comments_of_calls(reader, [call.call_id])) if sees else ()
        if any(item.by != viewer.person_id for item in comments) and _is_blind(reader, viewer, call):
            comments = tuple(item for item in comments if item.by == viewer.person_id)
        names = names_of(reader, {item.by for item in comments})
        before = heard_by(reader, call.call_id, viewer.person_id)
    return Desk(
        listener=viewer.person_id,
        comments=tuple(shown_comment(item, names.get(item.by, ""), viewer.person_id, t) for item in comments),
        heard=before.ranges if before else (),
        may_comment=viewer.may(Action.COMMENT_CALL, call.manager_id),
        may_hear=viewer.may(Action.HEAR_CALL, call.manager_id),
    )


def _is_blind(reader: Reader, viewer: Viewer, call: Call) -> bool:
    if not viewer.may(Action.SCORE_CALL, call.manager_id):
        return False
    errand = errand_of(reader, viewer, call.call_id, evaluations_of_call(reader, call.call_id))
    return errand.is_given and errand.purpose is not Purpose.SCORE


def shown_comment(comment: Comment, author: str, person_id: str, t: Translator) -> ShownComment:
    passage = comment.passage
    return ShownComment(
        comment_id=comment.comment_id,
        from_s=passage.from_s if passage else None,
        to_s=passage.to_s if passage else None,
        text=comment.text,
        author=author,
        when=t.moment(comment.at),
        for_coaching=comment.for_coaching,
        is_own=comment.by == person_id,
    )
