"""The player and the play button of a quote: Streamlit v2 components without any library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.views.playback import Playback
from qc_workbench.ui.views.time_line import ShownTimeLine

_HERE = Path(__file__).parent
_CSS = (_HERE / "player.css").read_text(encoding="utf-8")

#: What the speed menu offers.
SPEEDS = (0.75, 1, 1.25, 1.5, 1.75, 2, 2.5)

_LABELS = (
    "player",
    "play",
    "pause",
    "back",
    "forward",
    "speed",
    "timeline",
    "transcript",
    "from_here",
    "clip",
    "clip_help",
    "heard",
    "against",
    "for",
    "promise",
    "keys",
    "no_sound",
    "no_wave",
    "no_transcript",
    "failed",
    "decimal",
    "on_the_line",
    "conversation_help",
)

_player = st.components.v2.component("qcw_player", css=_CSS, js=(_HERE / "player.js").read_text(encoding="utf-8"))
_clip = st.components.v2.component("qcw_clip", css=_CSS, js=(_HERE / "clip.js").read_text(encoding="utf-8"))


def player(playback: Playback, t: Translator, *, start_at_s: float = 0.0, key: str, short: bool = False) -> None:
    """Draw the player of one recording: sound, both channels, evidence on the time line, transcript.

    ``short``: the transcript scrolls in a few lines, for a page that is not about the words.
    """
    _player(key=key, data=player_data(playback, t, start_at_s, short))


def quote_button(
    address: str | None, start_s: float, end_s: float, t: Translator, *, key: str, brief: bool = False
) -> None:
    """A button that plays these seconds of a recording. ``brief``: it shows only where they begin."""
    data = {
        "url": address,
        "played_url": played_address(address),
        "start": max(0.0, start_s - 0.3),
        "end": end_s + 0.4,
        "said": start_s,
        "brief": brief,
        "labels": {name: t(f"player.{name}") for name in ("play", "pause", "clip_from")},
    }
    _clip(key=key, data=data, width="content")


def player_data(playback: Playback, t: Translator, start_at_s: float, short: bool) -> dict[str, Any]:
    """What the browser gets, as JSON."""
    return {
        "id": playback.call_id,
        "url": playback.address,
        "played_url": played_address(playback.address),
        "duration": playback.duration_s,
        "start_at": start_at_s,
        "short": short,
        "clip": list(playback.clip) if playback.clip else None,
        "speeds": SPEEDS,
        "peaks": [list(channel) for channel in playback.peaks],
        "channels": [{"party": lane.party, "label": lane.label} for lane in playback.lanes],
        "bands": [
            {
                "start": band.start_s,
                "end": band.end_s,
                "label": band.label,
                "side": band.side,
                "quote": band.quote,
            }
            for band in playback.bands
        ],
        "turns": [
            {
                "party": turn.party,
                "label": turn.label,
                "start": turn.start_s,
                "end": turn.end_s,
                "text": turn.text,
                "suspect": turn.suspect,
                "words": [list(word) for word in turn.words],
            }
            for turn in playback.turns
        ],
        "line": _line(playback.line),
        "labels": {name: t(f"player.{name}") for name in _LABELS},
    }


def _line(line: ShownTimeLine | None) -> dict[str, Any] | None:
    """Segments as [channel, start, end, kind, is_live, label]; the legend as [kind, label, seconds, m:ss]."""
    if line is None:
        return None
    return {
        "summary": line.summary,
        "segments": [
            [item.channel, round(item.start_s, 2), round(item.end_s, 2), item.kind, item.is_live, item.label]
            for item in line.segments
        ],
        "kinds": [[item.kind, item.label, round(item.seconds, 2), _length(item.seconds)] for item in line.kinds],
    }


def _length(seconds: float) -> str:
    return clock(seconds) if seconds >= 1 else f"< {clock(1)}"


def played_address(address: str | None) -> str | None:
    """Where the browser reports that play was pressed, under the same signature."""
    if address is None:
        return None
    path, _, query = address.partition("?")
    return f"{path}/played?{query}"
