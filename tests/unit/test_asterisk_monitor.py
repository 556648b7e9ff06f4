"""Recordings of Asterisk: what their names say, and two tracks put together with the sides known."""

from __future__ import annotations

import json
import os
import re
import time
import wave
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.telephony import RecordingRef, Way
from qc_workbench.errors import MediaError, SourceUnreachable
from qc_workbench.sources.asterisk import Hint
from qc_workbench.sources.asterisk_monitor import Monitor, RecordedChannel
from qc_workbench.sources.asterisk_names import Track, read_name
from qc_workbench.sources.joined_tracks import join_tracks
from tests.import_cases import gsm_wav, wav

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented" / "asterisk__recording_filename_patterns.json"
SAMPLES = json.loads(DOCUMENTED.read_text(encoding="utf-8"))["payload"]
KYIV = ZoneInfo("Europe/Kyiv")
BEGAN = datetime(2026, 3, 2, 8, 15, 4, tzinfo=UTC)  # 10:15:04 in Kyiv


@pytest.mark.parametrize(("name", "pattern"), SAMPLES["samples"].items())
def test_documented_names_say_what_their_patterns_say(name: str, pattern: str) -> None:
    regex = next(item["regex"] for item in SAMPLES["patterns"] if item["name"] == pattern)
    told = re.match(regex, name)
    assert told is not None
    found, said = read_name(name), told.groupdict()
    assert found is not None
    assert found.unique_id == said.get("uniqueid")
    if said.get("date"):
        assert found.at is not None
        assert found.at.strftime("%Y%m%d-%H%M%S") == f"{said['date']}-{said['time']}"
    for side in ("caller", "callee"):
        assert said.get(side) is None or said[side] in found.parties
    assert found.track is (Track.RECEIVED if said.get("track") == "r" else Track.MIXED)


@pytest.mark.parametrize(
    ("name", "track", "unique_id"),
    [
        ("q-600-380671112233-20260302-101504-1772439304.1-r.wav", Track.RECEIVED, "1772439304.1"),
        ("q-600-380671112233-20260302-101504-1772439304.1-t.wav", Track.SENT, "1772439304.1"),
        ("1772439304.12-in.wav", Track.RECEIVED, "1772439304.12"),
        ("1772439304.12_tx.gsm", Track.SENT, "1772439304.12"),
        ("out-380671112233-101-20260302-101504-1772439304.12.wav", Track.MIXED, "1772439304.12"),
        ("2026-03-02_10-15-04_+380671112233_101_1772439304.12.mp3", Track.MIXED, "1772439304.12"),
    ],
)
def test_tracks_and_unique_ids_are_told_apart_from_the_rest(name: str, track: Track, unique_id: str) -> None:
    found = read_name(name)
    assert found is not None
    assert (found.track, found.unique_id) == (track, unique_id)


@given(st.text(max_size=40))
def test_any_name_is_read_or_left(name: str) -> None:
    read_name(name)
    read_name(f"{name}.wav")


def sound(value: int, seconds: float = 1.0, rate_hz: int = 8000) -> bytes:
    """A constant level, by which a channel is known again."""
    data = np.full(int(seconds * rate_hz), value, "<i2").tobytes()
    head = wav(1.0, rate_hz=rate_hz)[:44]
    size = len(data)
    return head[:4] + (size + 36).to_bytes(4, "little") + head[8:40] + size.to_bytes(4, "little") + data


def levels(path: Path) -> list[tuple[int, int]]:
    """(left, right) in the middle of each half second."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return [tuple(map(int, samples[at])) for at in range(rate_hz // 4, len(samples), rate_hz // 2)]  # type: ignore[misc]


def test_the_shorter_track_ends_in_silence(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(sound(1000, 1.0))
    (tmp_path / "b.wav").write_bytes(sound(-2000, 2.0))
    join_tracks(tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "out.wav")
    assert levels(tmp_path / "out.wav") == [(1000, -2000)] * 2 + [(0, -2000)] * 2


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_a_joined_file_is_as_long_as_the_longer_track(
    tmp_path_factory: pytest.TempPathFactory, one: int, other: int
) -> None:
    folder = tmp_path_factory.mktemp("tracks")
    (folder / "a.wav").write_bytes(sound(1, one / 8000))
    (folder / "b.wav").write_bytes(sound(2, other / 8000))
    join_tracks(folder / "a.wav", folder / "b.wav", folder / "out.wav")
    with wave.open(str(folder / "out.wav"), "rb") as file:
        assert file.getnframes() == max(one, other)


def test_tracks_of_other_formats_are_joined_too(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(gsm_wav())
    (tmp_path / "b.slin").write_bytes(np.full(8000, 700, "<i2").tobytes())
    join_tracks(tmp_path / "b.slin", tmp_path / "a.wav", tmp_path / "out.wav")
    assert levels(tmp_path / "out.wav")[0][0] == 700


def test_tracks_that_hold_no_sound_are_told_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"<html>not a sound</html>")
    (tmp_path / "b.wav").write_bytes(wav(1.0))
    with pytest.raises(MediaError, match="tracks_unreadable"):
        join_tracks(tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "out.wav")
    assert not (tmp_path / "out.wav").exists()


# --- the folder ------------------------------------------------------------------------------------------------------


def put(folder: Path, name: str, content: bytes, *, grows: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    if not grows:
        os.utime(path, (0, time.time() - 60))
    return path


def monitor(tmp_path: Path, recorded: RecordedChannel = "caller", *, on_right: bool = False) -> Monitor:
    return Monitor(tmp_path / "monitor", KYIV, tmp_path / "aside", recorded=recorded, agent_on_right=on_right)


def ref(way: Way = Way.IN, place: str = "") -> RecordingRef:
    hint = Hint(BEGAN, datetime(2026, 3, 2, 8, 17, 26, tzinfo=UTC), way, ("101", "380671112233")).written()
    return RecordingRef(place, key=f"1772439304.12 {hint}")


@pytest.mark.parametrize("on_right", [False, True])
@pytest.mark.parametrize(
    ("recorded", "way", "client_is_received"),
    [
        ("caller", Way.IN, True),
        ("caller", Way.OUT, False),
        ("trunk", Way.OUT, True),
        ("agent", Way.IN, False),
    ],
)
def test_the_client_and_the_agent_come_on_channels_of_their_own(
    tmp_path: Path, recorded: RecordedChannel, way: Way, client_is_received: bool, on_right: bool
) -> None:
    folder = tmp_path / "monitor" / "2026" / "03" / "02"
    put(folder, "x-1772439304.12-r.wav", sound(1000))
    put(folder, "x-1772439304.12-t.wav", sound(2000))
    found = monitor(tmp_path, recorded, on_right=on_right)
    path = found.file(ref(way))
    assert path is not None
    client, agent = (1000, 2000) if client_is_received else (2000, 1000)
    assert levels(path)[0] == ((client, agent) if on_right else (agent, client))
    found.close()
    assert not path.exists(), "what was put together is not left behind"


def test_tracks_go_before_a_mixed_file_and_are_waited_for_while_they_grow(tmp_path: Path) -> None:
    folder = tmp_path / "monitor"
    put(folder, "1772439304.12.wav", sound(5))
    assert monitor(tmp_path).file(ref()) == folder / "1772439304.12.wav"
    put(folder, "1772439304.12-r.wav", sound(1000))
    put(folder, "1772439304.12-t.wav", sound(2000), grows=True)
    assert monitor(tmp_path).file(ref()) is None
    os.utime(folder / "1772439304.12-t.wav", (0, time.time() - 60))
    path = monitor(tmp_path).file(ref())
    assert path is not None
    assert path.parent == tmp_path / "aside"


def test_one_track_alone_is_taken_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "monitor", "call123-r.wav", sound(1000))
    assert monitor(tmp_path).file(ref(place="call123.wav")) == tmp_path / "monitor" / "call123-r.wav"


def test_a_file_named_by_time_and_numbers_is_found_where_it_alone_fits(tmp_path: Path) -> None:
    name = "20260302-101506_+380671112233_101.mp3"
    put(tmp_path / "monitor", name, sound(1))
    put(tmp_path / "monitor", "20260302-101506_380999999999_101.mp3", sound(1))
    put(tmp_path / "monitor", "20260302-111506_380671112233_101.mp3", sound(1))
    assert monitor(tmp_path).file(ref()) == tmp_path / "monitor" / name
    put(tmp_path / "monitor", "20260302-101606_380671112233_101.mp3", sound(1))
    assert monitor(tmp_path).file(ref()) is None, "two fit: neither is taken"


@pytest.mark.parametrize("place", ["../secret.wav", "/etc/passwd", ".hidden.wav", "a\\b.wav"])
def test_a_name_that_leaves_the_folder_is_no_name(tmp_path: Path, place: str) -> None:
    put(tmp_path, "secret.wav", sound(1))
    put(tmp_path / "monitor", ".hidden.wav", sound(1))
    assert monitor(tmp_path).file(ref(place=place)) is None


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="source_file_unreadable"):
        monitor(tmp_path).check("pbx")
