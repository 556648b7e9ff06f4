"""What is done to forms from the page. Everything here wants ``Action.EDIT_FORM`` and says who did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from pipelines.starter_forms import publish_starter_set
from qc_workbench.domain.access import Action
from qc_workbench.domain.form_rules import problems_of
from qc_workbench.domain.forms import Form, FormState, FormVersion, Kind, Question, Section, Text
from qc_workbench.errors import ImportFailed, Phrase, UsageError, WriteRefused
from qc_workbench.review.form_editing import new_code
from qc_workbench.sources.form_files import LONGEST_FORM, form_problems, form_text, read_draft
from qc_workbench.sources.form_places import written
from qc_workbench.store import forms
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Write
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Changes of others that a change may have to wait for before it is made on top of them.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made: the draft it was made in, which others may have changed meanwhile, and after it."""

    before: FormVersion
    after: Form


def change(
    workspace: Workspace, viewer: Viewer, code: str, version: int, made: Callable[[Form], Form], now: datetime
) -> Changed:
    """Make a change in the draft as it is now; what others wrote meanwhile stays. One undo takes it back.

    Raises :class:`UsageError` ``not_allowed``, ``form_draft_gone``, and what ``made`` raises.
    """
    viewer.require(Action.EDIT_FORM)
    for _ in range(_TRIES):
        draft = _draft(workspace, code, version)
        after = made(draft.form)
        if after == draft.form:
            return Changed(draft, after)
        try:
            workspace.store.apply(forms.save_draft(draft, after, viewer.name, now))
        except WriteRefused:
            continue
        return Changed(draft, after)
    raise UsageError("form_draft_busy", form=code)


def undo(workspace: Workspace, viewer: Viewer, code: str, version: int, place: int, now: datetime) -> Form:
    """Take the last change of a draft back, whoever made it; the draft after that.

    Raises :class:`UsageError` ``not_allowed``, ``form_draft_gone``, ``form_draft_newer`` where the last change is no
    longer the one of number ``place``.
    """
    viewer.require(Action.EDIT_FORM)
    draft = _draft(workspace, code, version)
    with workspace.store.reading() as reader:
        step = forms.last_step(reader, code, version)
    if step is None or step.place != place:
        raise UsageError("form_draft_newer", form=code)
    _apply(workspace, forms.undo(draft, step, now), "form_draft_newer", form=code)
    return step.form


def begin_draft(workspace: Workspace, viewer: Viewer, code: str, version: int, now: datetime) -> int:
    """A new draft with the text of any version; its number. Raises ``not_allowed``, ``form_has_draft``."""
    viewer.require(Action.EDIT_FORM)
    with workspace.store.reading() as reader:
        source = forms.form_version(reader, code, version)
    if source is None:
        raise UsageError("form_part_gone", part=code)
    return _begin(workspace, viewer, source.form, now, "form_draft_begun", source=version)


def begin_form(workspace: Workspace, viewer: Viewer, title: Text, words: tuple[Text, Text], now: datetime) -> str:
    """A new form of one section and one question (``words``: their texts); its code."""
    viewer.require(Action.EDIT_FORM)
    with workspace.store.reading() as reader:
        taken = {head.form_code for head in forms.version_heads(reader)}
    code = new_code(title.ru, taken, "form")
    question = Question("question_1", Kind.YES_NO, words[1], Decimal(5))
    form = Form(code, title, (Section("section_1", words[0], (question,)),))
    _begin(workspace, viewer, form, now, "form_draft_begun")
    return code


def bring(workspace: Workspace, viewer: Viewer, text: str, file: str, now: datetime) -> str:
    """A form from a text as a draft: of a new form, or the next version of the one with its code; the code.

    Where that form has a draft already its text becomes the draft's, which can be undone. Raises what
    :func:`read_text` raises.
    """
    viewer.require(Action.EDIT_FORM)
    form = read_text(text, file)
    with workspace.store.reading() as reader:
        mine = [head for head in forms.version_heads(reader) if head.form_code == form.code]
    draft = next((head for head in mine if head.state is FormState.DRAFT), None)
    if draft is None:
        _begin(workspace, viewer, form, now, "form_imported")
    else:
        change(workspace, viewer, form.code, draft.version, lambda _: form, now)
    return form.code


def read_text(text: str, file: str, code: str | None = None) -> Form:
    """A form that somebody wrote; it may have problems but those of its codes, by which everything is found.

    Raises :class:`ImportFailed` as ``form_files`` does, :class:`UsageError` ``form_code_other`` for a form with another
    code than ``code``.
    """
    form = read_draft(text, file)
    for line, problem in form_problems(text, file):
        place = problem.path
        of_part = place[:1] == ("form",) or (place[:1] == ("sections",) and len(place) in (3, 5))
        if of_part and problem.code in ("code", "code_twice"):
            said = Phrase(f"form_problem.{problem.code}", problem.params)
            raise ImportFailed("form_wrong", file=file, line=line, place=written(place), problem=said, more="")
    if code is not None and form.code != code:
        raise UsageError("form_code_other", value=form.code, expected=code)
    return form


def text_of(data: bytes, file: str) -> str:
    """The text of an uploaded file. Raises :class:`ImportFailed` ``form_too_long``, ``form_not_text``."""
    if len(data) > 4 * LONGEST_FORM:
        raise ImportFailed("form_too_long", file=file, length=len(data), most=LONGEST_FORM)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFailed("form_not_text", file=file, place=error.start + 1) from error


def form_file(workspace: Workspace, viewer: Viewer, version: FormVersion) -> Callable[[], str]:
    """Makes the YAML of a version, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> str:
        entry = audit_entry(
            datetime.now(UTC), viewer.name, "form_exported", version.form.code, version=version.version, format="yaml"
        )
        workspace.store.write(entry)
        return form_text(version.form)

    return make


def publish(workspace: Workspace, viewer: Viewer, code: str, version: int, content_hash: str, now: datetime) -> None:
    """Put the draft in force as it was read (``content_hash``).

    Raises :class:`UsageError` ``not_allowed``, ``form_draft_gone``, ``form_draft_newer``, ``form_has_problems``.
    """
    viewer.require(Action.EDIT_FORM)
    draft = _draft(workspace, code, version)
    if draft.content_hash != content_hash:
        raise UsageError("form_draft_newer", form=code)
    if problems := problems_of(draft.form):
        raise UsageError("form_has_problems", n=len(problems))
    write = forms.publish(draft, viewer.name, now)
    _apply(workspace, _told(write, viewer, now, "form_published", draft), "form_draft_newer", form=code)


def retire(workspace: Workspace, viewer: Viewer, code: str, version: int, now: datetime) -> None:
    """Raises :class:`UsageError` ``not_allowed``, ``form_state_other``."""
    viewer.require(Action.EDIT_FORM)
    found = _version(workspace, code, version)
    write = _told(forms.retire(found, now), viewer, now, "form_retired", found)
    _apply(workspace, write, "form_state_other", form=code, version=version)


def restore(workspace: Workspace, viewer: Viewer, code: str, version: int, now: datetime) -> None:
    """A retired version back in force, where none is. Raises ``not_allowed``, ``form_state_other``."""
    viewer.require(Action.EDIT_FORM)
    found = _version(workspace, code, version)
    write = _told(forms.restore(found), viewer, now, "form_restored", found)
    _apply(workspace, write, "form_state_other", form=code, version=version)


def drop(workspace: Workspace, viewer: Viewer, code: str, version: int, content_hash: str, now: datetime) -> Form:
    """Throw a draft away; what it was, for :func:`bring_back`. Raises ``not_allowed``, ``form_draft_newer``."""
    viewer.require(Action.EDIT_FORM)
    draft = _draft(workspace, code, version)
    if draft.content_hash != content_hash:
        raise UsageError("form_draft_newer", form=code)
    write = _told(forms.drop_draft(draft), viewer, now, "form_draft_dropped", draft)
    _apply(workspace, write, "form_draft_newer", form=code)
    return draft.form


def bring_back(workspace: Workspace, viewer: Viewer, form: Form, now: datetime) -> None:
    """The draft that was thrown away. Raises ``not_allowed``, ``form_has_draft``."""
    viewer.require(Action.EDIT_FORM)
    _begin(workspace, viewer, form, now, "form_draft_begun")


def take_starter_set(workspace: Workspace, viewer: Viewer, now: datetime) -> int:
    """Publish the starter forms that are missing; how many."""
    viewer.require(Action.EDIT_FORM)
    return len(publish_starter_set(workspace, viewer.name, now))


def _begin(workspace: Workspace, viewer: Viewer, form: Form, now: datetime, action: str, **detail: object) -> int:
    write = forms.new_draft(form, viewer.name, now)
    entry = audit_entry(now, viewer.name, action, form.code, **detail)
    _apply(workspace, replace(write, statements=(*write.statements, entry)), "form_has_draft", form=form.code)
    with workspace.store.reading() as reader:
        return next(head.version for head in forms.version_heads(reader) if head.form_code == form.code)


def _told(write: Write, viewer: Viewer, now: datetime, action: str, version: FormVersion) -> Write:
    entry = audit_entry(now, viewer.name, action, version.form.code, version=version.version)
    return replace(write, statements=(*write.statements, entry))


def _apply(workspace: Workspace, write: Write, refused: str, **params: object) -> None:
    try:
        workspace.store.apply(write)
    except WriteRefused as error:
        raise UsageError(refused, **params) from error


def _version(workspace: Workspace, code: str, version: int) -> FormVersion:
    with workspace.store.reading() as reader:
        found = forms.form_version(reader, code, version)
    if found is None:
        raise UsageError("form_part_gone", part=code)
    return found


def _draft(workspace: Workspace, code: str, version: int) -> FormVersion:
    with workspace.store.reading() as reader:
        found = forms.form_version(reader, code, version)
    if found is None or found.state is not FormState.DRAFT:
        raise UsageError("form_draft_gone", form=code, version=version)
    return found
