"""Versions of forms: rows to domain values and back. What is published is never written again.

A draft may break the rules of forms (``domain.form_rules``) until it is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from qc_workbench.domain.forms import Form, FormState, FormVersion
from qc_workbench.errors import WorkspaceError
from qc_workbench.sources.form_files import content_hash, form_text, read_draft, read_form
from qc_workbench.store.database import Reader, Row, Statement, Write

_DRAFT_AS_READ: Final = (
    "select 1 from form_versions where form_code = ? and version = ? and state = 'draft' and content_hash = ?"
)


@dataclass(frozen=True, slots=True)
class DraftStep:
    """``form``: the draft as it was before the change that ``changed_by`` made. ``place`` counts from 1."""

    version: int
    place: int
    form: Form
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class VersionHead:
    """A version without its text. ``evaluations``: how many were begun on it, for whatever purpose."""

    form_code: str
    version: int
    state: FormState
    changed_by: str
    changed_at: datetime
    published_by: str | None
    published_at: datetime | None
    retired_at: datetime | None
    evaluations: int


def new_draft(form: Form, by: str, at: datetime) -> Write:
    """The next version of a form, as a draft. Refused while the form has another draft."""
    text = form_text(form)
    return Write(
        (
            Statement(
                "insert into form_versions by name select ? as form_code, "
                "coalesce((select max(version) from form_versions where form_code = ?), 0) + 1 as version, "
                "'draft' as state, ? as content, ? as content_hash, ? as changed_by, ?::timestamptz as changed_at",
                (form.code, form.code, text, content_hash(text), by, at),
            ),
        ),
        require=(
            Statement(
                "select 1 where not exists (select 1 from form_versions where form_code = ? and state = 'draft')",
                (form.code,),
            ),
        ),
    )


def save_draft(before: FormVersion, form: Form, by: str, at: datetime) -> Write:
    """The draft with a new content. Refused when it was published or changed by somebody else since it was read.

    The text before is kept as a step that :func:`undo` goes back to.
    """
    if form.code != before.form.code:
        raise ValueError("a draft keeps the code of its form")
    text = form_text(form)
    key = (form.code, before.version)
    return Write(
        (
            Statement(
                "insert into form_draft_steps by name select form_code, version, coalesce((select max(place) from "
                "form_draft_steps where form_code = ? and version = ?), 0) + 1 as place, content, ? as changed_by, "
                "?::timestamptz as changed_at from form_versions where form_code = ? and version = ?",
                (*key, by, at, *key),
            ),
            Statement(
                "update form_versions set content = ?, content_hash = ?, changed_by = ?, changed_at = ? "
                "where form_code = ? and version = ?",
                (text, content_hash(text), by, at, form.code, before.version),
            ),
        ),
        require=(_as_read(before),),
    )


def undo(draft: FormVersion, step: DraftStep, at: datetime) -> Write:
    """The draft as it was before its last step. Refused when it is no longer the draft that was read."""
    key = (draft.form.code, draft.version)
    text = form_text(step.form)
    return Write(
        (
            Statement(
                "update form_versions set content = ?, content_hash = ?, changed_at = ? "
                "where form_code = ? and version = ?",
                (text, content_hash(text), at, *key),
            ),
            Statement(
                "delete from form_draft_steps where form_code = ? and version = ? and place = ?", (*key, step.place)
            ),
        ),
        require=(
            _as_read(draft),
            Statement(
                "select 1 from form_draft_steps where form_code = ? and version = ? having max(place) = ?",
                (*key, step.place),
            ),
        ),
    )


def last_step(reader: Reader, form_code: str, version: int) -> DraftStep | None:
    """What an undo would take back now."""
    row = reader.row(
        "select * from form_draft_steps where form_code = ? and version = ? order by place desc limit 1",
        form_code, version,
    )  # fmt: skip
    return None if row is None else _step_of(row)


def draft_steps(reader: Reader) -> list[DraftStep]:
    """Those of every draft: for an erasure."""
    return [_step_of(row) for row in reader.rows("select * from form_draft_steps order by form_code, version, place")]


def _step_of(row: Row) -> DraftStep:
    form = _form_of(row["content"], f"{row['form_code']} v{row['version']}", True)
    return DraftStep(row["version"], row["place"], form, row["changed_by"], row["changed_at"])


def publish(draft: FormVersion, by: str, at: datetime) -> Write:
    """Freeze a draft and retire the version published before it. Refused when it is no longer the draft that was read.

    What may be published is for ``domain.form_rules.problems_of`` to say, before.
    """
    code = draft.form.code
    return Write(
        (
            Statement(
                "update form_versions set state = 'retired', retired_at = ? "
                "where form_code = ? and state = 'published'",
                (at, code),
            ),
            Statement(
                "update form_versions set state = 'published', published_by = ?, published_at = ? "
                "where form_code = ? and version = ?",
                (by, at, code, draft.version),
            ),
            _without_steps(draft),
        ),
        require=(_as_read(draft),),
    )


def retire(version: FormVersion, at: datetime) -> Write:
    """No new evaluation begins with it any more. Refused where it is not the published one."""
    key = (version.form.code, version.version)
    return Write(
        (
            Statement(
                "update form_versions set state = 'retired', retired_at = ? where form_code = ? and version = ?",
                (at, *key),
            ),
        ),
        require=(
            Statement(
                "select 1 from form_versions where form_code = ? and version = ? and state = 'published'",
                key,
            ),
        ),
    )


def restore(version: FormVersion) -> Write:
    """A retired version back in force. Refused where the form has a published one meanwhile."""
    key = (version.form.code, version.version)
    return Write(
        (
            Statement(
                "update form_versions set state = 'published', retired_at = null where form_code = ? and version = ?",
                key,
            ),
        ),
        require=(
            Statement("select 1 from form_versions where form_code = ? and version = ? and state = 'retired'", key),
            Statement(
                "select 1 where not exists (select 1 from form_versions where form_code = ? and state = 'published')",
                (version.form.code,),
            ),
        ),
    )


def drop_draft(draft: FormVersion) -> Write:
    """Throw a draft away. Refused when it is no longer the draft that was read."""
    return Write(
        (
            _without_steps(draft),
            Statement("delete from form_versions where form_code = ? and version = ?", _key(draft)),
        ),
        require=(_as_read(draft),),
    )


def version_heads(reader: Reader) -> list[VersionHead]:
    """All versions without their texts, by code, the newest first, with what was scored on each."""
    rows = reader.rows(
        "select v.* exclude (content, content_hash), count(e.evaluation_id) as evaluations "
        "from form_versions v left join evaluations e on e.form_code = v.form_code and e.version = v.version "
        "group by all order by v.form_code, v.version desc"
    )
    return [VersionHead(**row | {"state": FormState(row["state"])}) for row in rows]


def form_versions(reader: Reader, state: FormState | None = None) -> list[FormVersion]:
    """Versions by code, the newest first; of one state if given.

    Raises :class:`WorkspaceError` ``form_damaged`` where a text is not the one that was kept.
    """
    wanted, parameters = ("true", []) if state is None else ("state = ?", [state.value])
    rows = reader.rows(
        f"select * from form_versions where {wanted} order by form_code, version desc",  # noqa: S608 - of this module
        *parameters,
    )
    return [_version_of(row) for row in rows]


def form_version(reader: Reader, form_code: str, version: int) -> FormVersion | None:
    row = reader.row("select * from form_versions where form_code = ? and version = ?", form_code, version)
    return None if row is None else _version_of(row)


def _version_of(row: Row) -> FormVersion:
    if content_hash(row["content"]) != row["content_hash"]:
        raise WorkspaceError("form_damaged", form=row["form_code"], version=row["version"])
    return FormVersion(
        form=_form_of(row["content"], f"{row['form_code']} v{row['version']}", row["state"] == FormState.DRAFT),
        state=FormState(row["state"]),
        **{
            name: row[name]
            for name in (
                "version", "content_hash", "changed_by", "changed_at", "published_by", "published_at", "retired_at",
            )
        },
    )  # fmt: skip


@lru_cache(maxsize=64)
def _form_of(content: str, name: str, is_draft: bool, /) -> Form:
    """Texts are read once: a form is asked for at every answer that is saved."""
    return read_draft(content, name) if is_draft else read_form(content, name)


def _without_steps(draft: FormVersion) -> Statement:
    return Statement("delete from form_draft_steps where form_code = ? and version = ?", _key(draft))


def _key(version: FormVersion) -> tuple[str, int]:
    return version.form.code, version.version


def _as_read(version: FormVersion) -> Statement:
    return Statement(_DRAFT_AS_READ, (version.form.code, version.version, version.content_hash))
