"""Bringing data in from the page: the same steps as the command line, with a bar instead of a terminal's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import streamlit as st

from pipelines.demo import AS_OF, SAMPLES
from pipelines.fetch_model import fetch_model
from pipelines.ingest import ingest_csv
from pipelines.run import run
from qc_workbench.errors import QcwError
from qc_workbench.store.browsing import store_counts
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, named
from qc_workbench.ui.state import Room
from qc_workbench.workspace import Workspace


class PageProgress:
    """A :class:`pipelines.progress.Progress` that draws a bar of the step that runs."""

    def __init__(self, t: Translator) -> None:
        self._t = t
        self._bar = st.progress(0.0)
        self._step, self._total, self._done = "", 0, 0.0

    def start(self, step: str, total: int) -> None:
        self._step, self._total, self._done = named(self._t, "step", step), total, 0.0
        self._bar.progress(0.0, text=self._step)

    def advance(self, units: float = 1, note: str = "") -> None:  # noqa: ARG002 - of the protocol; a bar has no room
        before = self._share()
        self._done += units
        # A message for each percent, not for each row: thousands would hold up the work they tell about.
        if int(self._share() * 100) > int(before * 100):
            self._bar.progress(self._share(), text=f"{self._step} · {self._t.percent(self._share())}")

    def finish(self) -> None:
        self._bar.progress(1.0, text=self._step)

    def _share(self) -> float:
        return min(1.0, self._done / self._total) if self._total else 0.0


def _has_sound(workspace: Workspace) -> bool:
    with workspace.store.reading() as reader:
        return store_counts(reader).audible > 0


def sample_is_here() -> bool:
    return (SAMPLES / "calls.csv").is_file()


def bring_sample(room: Room) -> None:
    _bring(room, SAMPLES, "samples", AS_OF)


def bring_folder(room: Room, folder: str) -> None:
    _bring(room, Path(folder.strip()), "csv", room.now)


def _bring(room: Room, folder: Path, source: str, as_of: datetime) -> None:
    """Import, measure, transcribe, detect. What was done stays done when the page is closed on the way."""
    with st.status(room.t("empty.working"), expanded=True) as status:
        progress = PageProgress(room.t)
        try:
            ingest_csv(room.workspace, folder, progress, source)
            if _has_sound(room.workspace):
                fetch_model(None, progress, if_absent=True)
            run(room.workspace, as_of, progress)
        except QcwError as error:
            status.update(label=room.t("empty.stopped"), state="error")
            st.error(error_text(error, room.t))
            return
    st.rerun()
