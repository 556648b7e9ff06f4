"""The player of a call and the play button of a quote: Streamlit v2 components.

The waveform is drawn by wavesurfer.js, which lies here (``vendor/``, pipelines/vendor_player.py). Everything that the
browser runs is one module made of the files below: nothing is fetched from elsewhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st

from qc_workbench.domain.redaction import kind_of_mark
from qc_workbench.ui.desk_routes import as_sent, comments_address, heard_address
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.views.desk import Desk
from qc_workbench.ui.views.playback import Playback
from qc_workbench.ui.views.time_line import ShownTimeLine

_HERE = Path(__file__).parent
_CSS = (_HERE / "player.css").read_text(encoding="utf-8")

#: What the speed menu offers.
SPEEDS = (0.75, 1, 1.25, 1.5, 1.75, 2, 2.5)

#: Words less probable than this are underlined.
UNSURE_BELOW: Final = 0.5

_LABELS = (
    "player", "play", "pause", "back", "forward", "speed", "timeline", "transcript", "from_here", "clip", "clip_help",
    "heard", "against", "for", "promise", "keys", "no_sound", "no_wave", "no_transcript", "failed", "decimal",
    "on_the_line", "conversation_help", "overview", "skip", "skip_help", "loop", "zoom_in", "zoom_out", "channel",
    "both_channels", "volume", "search", "previous_hit", "next_hit", "comment", "comment_help", "comment_text",
    "comments", "for_coaching", "save_comment", "cancel", "undo", "waits_for_line", "refused", "whole_call",
    "keys_title", "close",
)  # fmt: skip

#: What each key does, in the order of the overview (``player.key.<code>``). Names of keys are those on the keyboard;
#: "space" has one of its own in each language.
KEYS: Final = (
    ("space K", "play"), ("J L ← →", "step"), ("Shift+← Shift+→", "small_step"), (", .", "speed"), ("Q", "skip"),
    ("[ ]", "range"), ("R", "loop"), ("Esc", "no_range"), ("V", "channel"), ("E D", "agent_volume"),
    ("T G", "client_volume"), ("+ −", "zoom"), ("W", "whole"), ("F Shift+F", "mark"), ("/", "search"),
    ("C", "comment"), ("U", "undo"), ("?", "keys"),
)  # fmt: skip

#: Parts of wavesurfer.js by the name they get in the module.
VENDORED: Final = {
    "WaveSurfer": "wavesurfer.esm.js",
    "RegionsPlugin": "regions.esm.js",
    "TimelinePlugin": "timeline.esm.js",
    "HoverPlugin": "hover.esm.js",
}
#: Our own parts: each may use those before it.
PARTS: Final = ("parts", "sound", "listened", "waveform", "lanes", "transcript", "comments", "keys", "player")

_EXPORT: Final = re.compile(r"export\s*\{\s*(\w+) as default\s*\};?\s*$")


def module_text() -> str:
    """The player as one ES module. A minified file has names of a letter: each is kept in a function of its own."""
    vendored = (f"const {name} = {_in_function(_text(f'vendor/{file}'))};" for name, file in VENDORED.items())
    return "\n".join((*vendored, *(_text(f"{part}.js") for part in PARTS)))


def _in_function(module: str) -> str:
    body, exports = _EXPORT.subn(r"return \1;", module)
    assert exports == 1
    return f"(() => {{ {body} }})()"


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_player = st.components.v2.component("qcw_player", css=_CSS, js=module_text())
_clip = st.components.v2.component("qcw_clip", css=_CSS, js=(_HERE / "clip.js").read_text(encoding="utf-8"))


def player(
    playback: Playback,
    t: Translator,
    *,
    start_at_s: float = 0.0,
    key: str,
    short: bool = False,
    desk: Desk | None = None,
) -> None:
    """Draw the player of one recording: sound, both channels, evidence on the time line, transcript, comments.

    ``short``: the transcript scrolls in a few lines, for a page that is not about the words. ``desk``: comments and
    what the person heard before; without one nothing can be commented, and what is heard is not kept.

    Other parts of a page steer it with events of the window: ``qcw-seek`` with ``{at, play}``, ``qcw-clip`` with
    ``{start, end}``; it says where it is with ``qcw-position`` (``{at}``), about once a second.
    """
    _player(key=key, data=player_data(playback, t, start_at_s, short, desk))


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


def player_data(
    playback: Playback, t: Translator, start_at_s: float, short: bool, desk: Desk | None = None
) -> dict[str, Any]:
    """What the browser gets, as JSON."""
    return {
        **_desk(playback.call_id, desk),
        "language": t.language,
        "id": playback.call_id,
        "url": playback.address,
        "played_url": played_address(playback.address),
        "duration": playback.duration_s,
        "start_at": start_at_s,
        "short": short,
        "clip": list(playback.clip) if playback.clip else None,
        "speeds": SPEEDS,
        "peaks": [_bytes(channel) for channel in playback.peaks],
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
                "start": round(turn.start_s, 2),
                "end": round(turn.end_s, 2),
                "text": "" if turn.words else turn.text,
                "suspect": turn.suspect,
                "words": [_word(*word, t) for word in turn.words],
            }
            for turn in playback.turns
        ],
        "line": _line(playback.line),
        "quiet": [[round(start_s, 2), round(end_s, 2)] for start_s, end_s in playback.quiet],
        "keys": [[_key_names(names, t), t(f"player.key.{code}")] for names, code in KEYS],
        "labels": {name: t(f"player.{name}") for name in _LABELS}
        | {"percent": t.percent_sign}
        | _why_empty(playback, t),
    }


def _why_empty(playback: Playback, t: Translator) -> dict[str, str]:
    """What stands where waveform and words would be: what is not there will not come either."""
    if playback.has_words:
        return {"no_transcript": t("player.no_words")}
    if playback.address is None:
        return {"no_wave": t("player.no_sound"), "no_transcript": t("player.nothing_to_transcribe")}
    return {}


def _word(start_s: float, end_s: float, text: str, probability: float, t: Translator) -> list[float | str]:
    """Start, length in hundredths of a second, text; 1 behind it where recognition was unsure, what it hides where it
    stands for something hidden."""
    word: list[float | str] = [round(start_s, 2), round(100 * (end_s - start_s)), text.strip()]
    if kind := kind_of_mark(text):
        word[2] = t(f"hidden.{kind.value}")
        return [*word, t("hidden.says", what=word[2])]
    return [*word, 1] if probability < UNSURE_BELOW else word


def _desk(call_id: str, desk: Desk | None) -> dict[str, Any]:
    return {
        "listener": desk.listener if desk else "",
        "comments": [as_sent(asdict(item)) for item in desk.comments] if desk else [],
        "heard": [list(item) for item in desk.heard] if desk else [],
        "comment_url": comments_address(call_id) if desk and desk.may_comment else None,
        "heard_url": heard_address(call_id) if desk and desk.may_hear else None,
    }


def _bytes(peaks: Sequence[int]) -> str:
    """Peaks of 0..100, a byte each, as text that JSON can carry."""
    return base64.b64encode(np.clip(peaks, 0, 100).astype(np.uint8).tobytes()).decode()


def _key_names(names: str, t: Translator) -> list[str]:
    return [t("player.space") if name == "space" else name for name in names.split()]


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
