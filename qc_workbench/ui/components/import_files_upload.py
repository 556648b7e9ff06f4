"""A file on its way in: dropped, looked at, told what its columns are, tried, imported."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pipelines.file_trial import Trial
from pipelines.import_report import describe, message
from qc_workbench.domain.file_mapping import FileMapping, RowKind
from qc_workbench.errors import QcwError
from qc_workbench.sources.csv_sheets import DELIMITERS, ENCODINGS
from qc_workbench.sources.problems import Problem
from qc_workbench.ui.components.import_files_fields import chosen_mapping
from qc_workbench.ui.components.importing import PageProgress
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views import import_files as view

_TYPES: Final = ["xlsx", "xls", "xlsm", "csv", "txt", "tsv"]
LARGEST_MIB: Final = 200
#: Problems told one by one; the rest is in rejects.csv.
_TOLD: Final = 12
_LOOK: Final = "qcw_files_look"


def uploaded(room: Room) -> None:
    t = room.t
    _said()
    file = st.file_uploader(
        t("files.upload"), _TYPES, key=f"files_upload_{st.session_state.get('files_round', 0)}",
        max_upload_size=LARGEST_MIB, help=t("files.upload_help"),
    )  # fmt: skip
    if file is None:
        return
    found = _looked_at(room, file)
    if found is None:
        return
    mapping, name = chosen_mapping(room, found)
    missing = mapping.missing_fields()
    if missing:
        st.warning(t("files.missing", fields=", ".join(t(f"files.field.{item}") for item in missing)))
    tried = view.tried(room.workspace, room.viewer, found, mapping)
    _shown(room, tried, mapping)
    _saving(room, found, mapping, name, is_complete=not missing)
    _importing(room, found, mapping, name, tried, is_complete=not missing)


def _said() -> None:
    """What the last import did, kept over the drawing of the page anew."""
    said = st.session_state.pop("files_said", None)
    if said is None:
        return
    (st.warning if said["is_bad"] else st.success)(said["text"])
    for line in said["lines"]:
        st.caption(line)


def _looked_at(room: Room, file: Any) -> view.Look | None:
    """The file as it is: read once, and again where another sheet or header is asked for."""
    t = room.t
    base = f"files_{file.file_id}"
    layout = _layout_said(base)
    key = (file.file_id, layout)
    if st.session_state.get(_LOOK, (None, None))[0] != key:
        try:
            path = view.take(room.workspace, room.viewer, file.name, file.getvalue())
            with st.spinner(t("files.reading")):
                fresh = view.look(room.workspace, room.viewer, path, file.name, layout)
        except QcwError as error:
            st.error(error_text(error, t))
            return None
        st.session_state[_LOOK] = (key, fresh)
    found: view.Look = st.session_state[_LOOK][1]
    _raw(room, found)
    _layout(room, found, base)
    return found


def _layout_said(base: str) -> view.Layout:
    state = st.session_state
    return view.Layout(
        sheet=state.get(f"{base}_sheet") or "",
        header_row=int(state.get(f"{base}_row") or 0),
        header_rows=int(state.get(f"{base}_rows") or 0),
        encoding=state.get(f"{base}_encoding") or "",
        delimiter=state.get(f"{base}_delimiter") or "",
    )


def _raw(room: Room, found: view.Look) -> None:
    t, header = room.t, found.opened.header
    st.header(t("files.as_it_is"), anchor=False)
    rows = view.raw_table(room.viewer, found)
    last = header.last_row
    st.dataframe(
        [
            {
                t("files.row"): str(row.number),
                "": t("files.header_mark") if header.row <= row.number <= last else "",
                **{_letter(place): text for place, text in enumerate(cells)},
            }
            for row, cells in rows
        ],
        hide_index=True,
        height=35 * (len(rows) + 1) + 3,
        alt=t("files.as_it_is"),
        column_config={"": st.column_config.TextColumn(width=100)},
    )
    count = t("files.header_two") if header.rows == 2 else t("files.header_one")
    st.caption(t("files.header_found", row=header.row, count=count))


def _layout(room: Room, found: view.Look, base: str) -> None:
    t, opened = room.t, found.opened
    with st.expander(t("files.layout")), st.container(horizontal=True):
        sheets = list(opened.book.sheets)
        if len(sheets) > 1:
            st.selectbox(t("files.sheet"), sheets, index=sheets.index(opened.sheet), key=f"{base}_sheet")
        st.number_input(
            t("files.header_row"), 1, 60, value=min(60, max(1, opened.header.row)), key=f"{base}_row", width=190
        )
        st.selectbox(t("files.header_rows"), [1, 2], index=opened.header.rows - 1, key=f"{base}_rows", width=190)
        if opened.book.encoding:
            codes = list(dict.fromkeys([opened.book.encoding, *ENCODINGS]))
            st.selectbox(t("files.encoding"), codes, key=f"{base}_encoding", width=190)
            marks = list(dict.fromkeys([opened.book.delimiter, *DELIMITERS]))
            st.selectbox(
                t("files.delimiter"), marks, key=f"{base}_delimiter", width=190,
                format_func=lambda mark: t(f"files.mark.{_MARKS.get(mark, 'other')}"),
            )  # fmt: skip


_MARKS: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}


def _letter(place: int) -> str:
    """A column as a spreadsheet names it."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _shown(room: Room, tried: Trial, mapping: FileMapping) -> None:
    """The first rows as they will be read, and each cell that was not understood, in words."""
    t = room.t
    st.header(t("files.as_read"), anchor=False)
    columns = [name for name in tried.columns if any(row.cells.get(name) for row in tried.rows)]
    if tried.rows:
        st.dataframe(
            [
                {
                    t("files.row"): str(row.number),
                    "": "✓" if row.entry is not None else "✗",
                    **{t(f"files.field.{name}"): view.cell_seen(room.viewer, t, mapping.entity, name, row)
                       for name in columns},
                }
                for row in tried.rows[: view.READ_ROWS]
            ],
            hide_index=True,
            alt=t("files.as_read"),
        )  # fmt: skip
    parts = [t("files.trial_counts", good=t.number(tried.good), rejected=t.number(tried.rejected))]
    parts += [t(f"files.skipped.{kind.value}", n=n) for kind, n in tried.skipped.items() if kind is not RowKind.BLANK]
    st.markdown(" · ".join(parts))
    if tried.newcomers and mapping.entity != "managers":
        names = ", ".join(item.name for item in tried.newcomers[:8])
        st.info(t("files.newcomers", n=len(tried.newcomers), names=plain(names)))
    _problems(room, tried.rejects, "files.rejected_title")
    _problems(room, tried.warnings, "files.warned_title")


def _problems(room: Room, problems: tuple[Problem, ...], title: str) -> None:
    if not problems:
        return
    t = room.t
    with st.expander(t(title, n=len(problems)), expanded=title == "files.rejected_title"):
        for item in problems[:_TOLD]:
            where = t("files.place", row=item.row or "—", column=plain(_column_of(room, item)))
            st.markdown(f"**{where}** · {plain(view.seen(room.viewer, message(item, t)))}")
        if len(problems) > _TOLD:
            st.caption(t("files.and_more", n=len(problems) - _TOLD))


def _column_of(room: Room, item: Problem) -> str:
    code = f"files.field.{item.column}"
    return room.t(code) if room.t.knows(code) else item.column or ""


def _saving(room: Room, found: view.Look, mapping: FileMapping, name: str, *, is_complete: bool) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        written = st.text_input(
            t("files.save_as"), value=name, key=f"files_name_{found.token}_{name}", max_chars=80, width=360,
            help=t("files.save_help"),
        )  # fmt: skip
        pressed = st.button(t("files.save"), disabled=not (is_complete and written.strip()), key="files_save")
    if not pressed:
        return
    try:
        saved = view.save(room.workspace, room.viewer, written, mapping, found, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    st.success(t("files.saved", name=plain(saved.name), version=saved.version))


def _importing(
    room: Room, found: view.Look, mapping: FileMapping, name: str, tried: Trial, *, is_complete: bool
) -> None:
    t = room.t
    if not st.button(t("files.import"), type="primary", disabled=not (is_complete and tried.good), key="files_import"):
        return
    try:
        done = view.bring_in(room.workspace, room.viewer, found, mapping, name, PageProgress(t), room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    counts = done.report.counts[mapping.entity]
    st.session_state["files_said"] = {
        "text": t("files.done", file=plain(found.name), new=t.number(counts.new), updated=t.number(counts.updated),
                  unchanged=t.number(counts.unchanged), rejected=t.number(counts.rejected)),
        "lines": [view.seen(room.viewer, plain(describe(item, t))) for item in done.report.rejects[:_TOLD]],
        "is_bad": counts.rejected > 0,
    }  # fmt: skip
    st.session_state["files_round"] = st.session_state.get("files_round", 0) + 1
    st.session_state.pop(_LOOK, None)
    st.rerun()
