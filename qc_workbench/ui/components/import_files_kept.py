"""Past imports with their undo, and saved mappings."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.file_mapping import ImportBatch, SavedMapping
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views import import_files as view


def kept_things(room: Room) -> None:
    t = room.t
    found = view.kept(room.workspace, room.viewer)
    st.header(t("files.past"), anchor=False)
    _undone()
    if not found.batches:
        nothing(t("files.past_none"))
    for batch in found.batches:
        _batch(room, batch)
    if not found.mappings and "files_removed" not in st.session_state:
        return
    st.header(t("files.mappings"), anchor=False)
    _brought_back(room)
    for saved in found.mappings:
        _mapping(room, saved)


def _undone() -> None:
    said = st.session_state.pop("files_undone", None)
    if said is not None:
        st.success(said)


def _batch(room: Room, batch: ImportBatch) -> None:
    t, counts = room.t, batch.counts
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap=None):
            mapping = f" · {plain(batch.mapping)}" if batch.mapping else ""
            st.markdown(f"**{plain(batch.file)}** · {t(f'entity.{batch.entity}')}{mapping}")
            st.caption(f"{t.moment(batch.began_at)}, {plain(batch.began_by)}")
            if batch.undone_at is not None:
                st.markdown(
                    t("files.undone_line", who=plain(batch.undone_by or ""), moment=t.moment(batch.undone_at),
                      removed=t.number(counts.get("removed", 0)), kept=t.number(counts.get("kept", 0)))
                )  # fmt: skip
            elif batch.ended_at is None:
                st.warning(t("files.stopped_line"))
            else:
                numbers = {name: t.number(counts.get(name, 0)) for name in ("new", "updated", "unchanged", "rejected")}
                st.markdown(t("files.batch_line", **numbers))
        is_open = batch.undone_at is None and (counts.get("made", 0) > 0 or batch.ended_at is None)
        if is_open and st.button(
            t("files.undo"), key=f"files_undo_{batch.batch_id}", help=t("files.undo_help"), icon=":material/undo:"
        ):
            try:
                undone = view.undo(room.workspace, room.viewer, batch.batch_id, room.now)
            except QcwError as error:
                st.error(error_text(error, t))
                return
            st.session_state["files_undone"] = t(
                "files.undone_kept" if undone.kept else "files.undone",
                file=plain(batch.file),
                removed=t.number(undone.removed),
                kept=t.number(undone.kept),
            )
            st.rerun()


def _brought_back(room: Room) -> None:
    """A mapping removed a moment ago, with the way back."""
    removed: SavedMapping | None = st.session_state.get("files_removed")
    if removed is None:
        return
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("files.removed", name=plain(removed.name)))
        if st.button(t("files.bring_back"), key="files_bring_back"):
            view.bring_back(room.workspace, room.viewer, removed, room.now)
            st.session_state.pop("files_removed")
            st.rerun()


def _mapping(room: Room, saved: SavedMapping) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap=None):
            n = len(saved.mapping.columns)
            st.markdown(f"**{plain(saved.name)}** · {t(f'entity.{saved.mapping.entity}')} · {t('files.columns', n=n)}")
            st.caption(
                t("files.saved_line", version=saved.version, who=plain(saved.saved_by), moment=t.moment(saved.saved_at))
            )
        if st.button(t("files.remove"), key=f"files_remove_{saved.name}"):
            view.remove(room.workspace, room.viewer, saved.name, room.now)
            st.session_state["files_removed"] = saved
            st.rerun()
