"""What an erasure does to forms and to the scores given on them.

A score is a fact about the agent and stays, under ids of chance; what a reviewer wrote in words goes, because it may be
about the person. Example clips of the person's calls leave the forms, published ones too, whose hash is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from pipelines.person_traces import blotted
from qc_workbench.domain.forms import Form, Kind
from qc_workbench.sources.form_files import content_hash, form_text
from qc_workbench.store.database import Reader, Statement, to_json
from qc_workbench.store.forms import draft_steps, form_versions


def of_evaluations(reader: Reader, calls: Mapping[str, str], new_name: Callable[[str], str]) -> list[Statement]:
    """``calls``: old id -> id of chance. ``new_name``: an id of chance for an evaluation's old one."""
    texts = {
        (version.form.code, version.version): [
            question.code for question in version.form.questions if question.kind is Kind.TEXT
        ]
        for version in form_versions(reader)
    }
    found = []
    for row in reader.rows(
        "select evaluation_id, call_id, form_code, version from evaluations where call_id in (select unnest(?))",
        list(calls),
    ):
        old = row["evaluation_id"]
        new = new_name(old)
        found += [
            Statement(
                "update evaluation_answers set evaluation_id = ?, comment = '', given = case when given is not null "
                "and list_contains(?::varchar[], question) then ?::json else given end where evaluation_id = ?",
                (new, texts.get((row["form_code"], row["version"]), []), to_json([""]), old),
            ),
            Statement(
                "update evaluations set evaluation_id = ?, call_id = ?, second_opinion = "
                "case when second_opinion is null then null else '' end where evaluation_id = ?",
                (new, calls[row["call_id"]], old),
            ),
        ]
    return found


def of_forms(reader: Reader, calls: Collection[str], numbers: Sequence[str]) -> list[Statement]:
    """Forms, and what their drafts can go back to, without clips of these calls and without these numbers."""
    found = []
    for version in form_versions(reader):
        before = form_text(version.form)
        after = blotted(form_text(_without_clips(version.form, calls)), numbers)
        if after != before:
            found.append(
                Statement(
                    "update form_versions set content = ?, content_hash = ? where form_code = ? and version = ?",
                    (after, content_hash(after), version.form.code, version.version),
                )
            )
    for step in draft_steps(reader):
        after = blotted(form_text(_without_clips(step.form, calls)), numbers)
        if after != form_text(step.form):
            found.append(
                Statement(
                    "update form_draft_steps set content = ? where form_code = ? and version = ? and place = ?",
                    (after, step.form.code, step.version, step.place),
                )
            )
    return found


def _without_clips(form: Form, calls: Collection[str]) -> Form:
    return replace(
        form,
        sections=tuple(
            replace(
                section,
                questions=tuple(
                    replace(question, examples=tuple(item for item in question.examples if item.call_id not in calls))
                    for question in section.questions
                ),
            )
            for section in form.sections
        ),
    )
