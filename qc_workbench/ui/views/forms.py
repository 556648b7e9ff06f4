"""Forms for the page: the list, and one version on the desk with its problems and what it changes."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.access import Action
from qc_workbench.domain.form_rules import FormProblem, problems_of
from qc_workbench.domain.forms import Form, FormState, FormVersion
from qc_workbench.review.form_differences import FormChange, differences
from qc_workbench.sources.form_files import starter_forms
from qc_workbench.store import forms
from qc_workbench.store.forms import DraftStep, VersionHead
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form in the list. ``form``: as it is in force, else its newest version. ``heads``: the newest first."""

    form: Form
    heads: tuple[VersionHead, ...]

    @property
    def published(self) -> VersionHead | None:
        return next((head for head in self.heads if head.state is FormState.PUBLISHED), None)

    @property
    def draft(self) -> VersionHead | None:
        return next((head for head in self.heads if head.state is FormState.DRAFT), None)

    @property
    def evaluations(self) -> int:
        return sum(head.evaluations for head in self.heads)


@dataclass(frozen=True, slots=True)
class FormsRoom:
    """``starters``: codes of starter forms that the workspace has not got."""

    lines: tuple[FormLine, ...]
    may_edit: bool
    starters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormDesk:
    """One version, opened. ``published``: the version in force, if any. ``step``: what an undo takes back.
    ``settled``: the newest version that was ever published.

    ``changes``: against the version in force; empty for that version itself.
    """

    version: FormVersion
    published: FormVersion | None
    heads: tuple[VersionHead, ...]
    step: DraftStep | None
    problems: tuple[FormProblem, ...]
    changes: tuple[FormChange, ...]
    may_edit: bool
    settled: FormVersion | None = None

    @property
    def form(self) -> Form:
        return self.version.form

    @property
    def is_draft(self) -> bool:
        return self.version.state is FormState.DRAFT

    @property
    def is_writable(self) -> bool:
        return self.may_edit and self.is_draft

    @property
    def draft(self) -> VersionHead | None:
        return next((head for head in self.heads if head.state is FormState.DRAFT), None)


def forms_room(workspace: Workspace, viewer: Viewer) -> FormsRoom:
    """Raises :class:`UsageError` ``not_allowed`` for those who may neither read nor edit forms."""
    _let_in(viewer)
    with workspace.store.reading() as reader:
        heads = forms.version_heads(reader)
        codes = list(dict.fromkeys(head.form_code for head in heads))
        lines = []
        for code in codes:
            mine = tuple(head for head in heads if head.form_code == code)
            shown = next((head for head in mine if head.state is FormState.PUBLISHED), mine[0])
            version = forms.form_version(reader, code, shown.version)
            if version is not None:
                lines.append(FormLine(version.form, mine))
    missing = tuple(code for code in starter_forms() if code not in codes)
    return FormsRoom(tuple(lines), viewer.may(Action.EDIT_FORM), missing)


def form_desk(workspace: Workspace, viewer: Viewer, code: str, version: int | None = None) -> FormDesk | None:
    """A version; without a number the one this person most likely came for. None where there is no such version.

    Raises :class:`UsageError` ``not_allowed``.
    """
    _let_in(viewer)
    may_edit = viewer.may(Action.EDIT_FORM)
    with workspace.store.reading() as reader:
        heads = tuple(head for head in forms.version_heads(reader) if head.form_code == code)
        wanted = version if version is not None else _likely(heads, may_edit)
        found = None if wanted is None else forms.form_version(reader, code, wanted)
        if found is None:
            return None
        in_force = next((head.version for head in heads if head.state is FormState.PUBLISHED), None)
        published = None if in_force is None else forms.form_version(reader, code, in_force)
        last = next((head.version for head in heads if head.state is not FormState.DRAFT), None)
        settled = None if last is None else published if last == in_force else forms.form_version(reader, code, last)
        step = forms.last_step(reader, code, found.version) if found.state is FormState.DRAFT else None
    changes = differences(published.form, found.form) if published else []
    problems = problems_of(found.form) if found.state is FormState.DRAFT else []
    return FormDesk(found, published, heads, step, tuple(problems), tuple(changes), may_edit, settled)


def _likely(heads: tuple[VersionHead, ...], may_edit: bool) -> int | None:
    """The draft for those who write, the version in force for others."""
    order = [FormState.PUBLISHED, FormState.RETIRED, FormState.DRAFT]
    if may_edit:
        order = [FormState.DRAFT, *order[:2]]
    return next((head.version for state in order for head in heads if head.state is state), None)


def _let_in(viewer: Viewer) -> None:
    if not viewer.may(Action.EDIT_FORM):
        viewer.require(Action.SEE_COMPARISON)
