"""The queue of recordings: several at once, resumed, limited, and never led astray."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pipelines.connections import fetch_again
from pipelines.fetch_recordings import ATTEMPTS, fetch_recordings
from pipelines.progress import Silent
from qc_workbench.config_sources import RingostatSource
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.telephony import FetchState, RecordingRef
from qc_workbench.errors import SourceThrottled
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.store import calls as call_store
from qc_workbench.store import connections as store
from qc_workbench.store.database import insert, insert_all
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace, wav
from tests.stand_ins.serving import QuickClock

NOW = datetime.now(UTC).replace(microsecond=0)
PUBLIC = "https://93.184.216.34"
SETTINGS = '[[sources]]\nkind = "ringostat"\nname = "r"\nkey = "file:key"\n'


class Vendor:
    """Answers by path; remembers what was asked and how many were asked at once."""

    def __init__(self, gate: threading.Barrier | None = None) -> None:
        self.answers: dict[str, httpx.Response] = {}
        self.asked: list[httpx.Request] = []
        self.gate = gate

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.gate is not None:
            self.gate.wait(timeout=10)
        found = self.answers.get(request.url.path)
        return found or httpx.Response(200, content=wav(2.0), headers={"content-type": "audio/wav"})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workspace]:
    workspace = new_workspace(tmp_path / "W", SETTINGS)
    (workspace.home / "key").write_text("k")
    yield workspace
    workspace.store.release()


def queue(opened: Workspace, *places: str, expires: datetime | None = None) -> None:
    for number, place in enumerate(places):
        call = Call(
            f"r:{number}", NOW - timedelta(hours=2), Direction.INBOUND, "m1", "+79990000001", 2.0, Outcome.ANSWERED
        )
        item = store.Waiting(f"r:{number}", "r", RecordingRef(place, "", expires), FetchState.PENDING, 0, NOW)
        opened.store.write(
            *insert_all("calls", [call_store.call_row(call, NOW)]),
            insert("recording_queue", store.waiting_row(item, NOW)),
        )


def fetch(opened: Workspace, vendor: Vendor, clock: QuickClock | None = None, **more: object) -> dict[str, int]:
    (settings,) = opened.settings.sources
    assert isinstance(settings, RingostatSource)
    settings = settings.model_copy(update=more)
    clock = clock or QuickClock(NOW)
    company = opened.settings.company
    source = open_source(settings, Surroundings.of(opened.home, company.zone, company.phone_region, clock))
    found = fetch_recordings(opened, settings, source, Silent(), clock, transport=vendor.transport())
    return {state.value: amount for state, amount in found.items()}


def told(opened: Workspace) -> list[tuple[str, str | None, str | None]]:
    with opened.store.reading() as reader:
        rows = reader.rows("select state, error_code, error_detail from recording_queue order by call_id")
    return [(row["state"], row["error_code"], row["error_detail"]) for row in rows]


def test_as_many_as_the_settings_say_are_downloaded_at_once(opened: Workspace) -> None:
    queue(opened, *(f"{PUBLIC}/{n}.wav" for n in range(6)))
    vendor = Vendor(threading.Barrier(3))  # each answer waits for two others: fewer at once would never end
    assert fetch(opened, vendor, downloads_at_once=3) == {"ready": 6}
    with opened.store.reading() as reader:
        kept = reader.rows("select distinct content_hash from recordings where state = 'ready'")
    assert len(kept) == 1, "one sound is kept once"


def test_a_link_into_the_inner_network_is_refused_for_good_and_never_asked(opened: Workspace) -> None:
    queue(opened, "http://127.0.0.1:9/a.wav", "http://169.254.169.254/latest/meta-data", "http://10.0.0.7/a.wav")
    vendor = Vendor()
    assert fetch(opened, vendor) == {"failed": 3}
    assert vendor.asked == []
    assert {code for _, code, _ in told(opened)} == {"inner_network"}


def test_the_inner_network_opens_where_the_settings_say_so(opened: Workspace) -> None:
    queue(opened, "http://10.0.0.7/a.wav")
    assert fetch(opened, Vendor(), recording_hosts=("10.0.0.7",), allow_private=True) == {"ready": 1}


def test_a_redirect_is_followed_to_named_hosts_alone_and_the_host_is_told(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/1.wav")
    vendor = Vendor()
    vendor.answers["/1.wav"] = httpx.Response(302, headers={"location": "https://8.8.8.8/2.wav"})
    assert fetch(opened, vendor) == {"failed": 1}
    assert told(opened) == [("failed", "redirect_elsewhere", "8.8.8.8")]
    fetch_again(opened, "r", "admin", NOW)
    assert fetch(opened, vendor, recording_hosts=("8.8.8.8",)) == {"ready": 1}
    assert told(opened) == [("ready", None, None)]


def test_a_redirect_into_the_inner_network_is_refused_too(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/1.wav")
    vendor = Vendor()
    vendor.answers["/1.wav"] = httpx.Response(302, headers={"location": "http://127.0.0.1/secret"})
    fetch(opened, vendor, recording_hosts=("127.0.0.1",))
    assert told(opened)[0][1] in ("inner_network", "redirect_open")
    assert len(vendor.asked) == 1


def test_redirects_that_never_end_are_left(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/1.wav")
    vendor = Vendor()
    vendor.answers["/1.wav"] = httpx.Response(302, headers={"location": "/1.wav"})
    assert fetch(opened, vendor) == {"pending": 1}
    assert told(opened)[0][1] == "refused"
    assert len(vendor.asked) == 6


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/told.wav", f"{PUBLIC}/silent.wav")
    vendor, large = Vendor(), b"x" * (2 << 20)
    vendor.answers["/told.wav"] = httpx.Response(200, content=large)
    vendor.answers["/silent.wav"] = httpx.Response(200, content=iter([large[: 1 << 19]] * 4))
    assert fetch(opened, vendor, longest_recording_mb=1) == {"failed": 2}
    assert [code for _, code, _ in told(opened)] == ["too_large", "too_large"]
    assert list((opened.media / ".incoming").glob("*.part")) == [], "nothing endless stays on the disk"


def test_a_download_that_was_cut_goes_on_where_it_was(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/1.wav")
    sound, vendor = wav(2.0), Vendor()
    vendor.answers["/1.wav"] = httpx.Response(200, content=sound[:9000], headers={"content-length": str(len(sound))})
    clock = QuickClock(NOW)
    assert fetch(opened, vendor, clock) == {"pending": 1}
    vendor.answers["/1.wav"] = httpx.Response(
        206, content=sound[9000:], headers={"content-range": f"bytes 9000-{len(sound) - 1}/{len(sound)}"}
    )
    clock.sleep(3600)
    assert fetch(opened, vendor, clock) == {"ready": 1}
    assert vendor.asked[-1].headers["range"] == "bytes=9000-"


def test_two_calls_with_one_recording_do_not_write_into_each_others_file(opened: Workspace) -> None:
    queue(opened, *[f"{PUBLIC}/same.wav"] * 4)
    assert fetch(opened, Vendor(threading.Barrier(2)), downloads_at_once=2) == {"ready": 4}


def test_links_that_expire_go_first(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/later.wav", f"{PUBLIC}/soon.wav")
    with opened.store.reading() as reader:
        item = store.queued(reader, ["r:1"])["r:1"]
    row = {**store.waiting_row(item, NOW), "expires_at": NOW + timedelta(minutes=15)}
    opened.store.write(insert("recording_queue", row, replace=True))
    vendor = Vendor()
    fetch(opened, vendor, downloads_at_once=1)
    assert [request.url.path for request in vendor.asked] == ["/soon.wav", "/later.wav"]


def test_one_that_throttles_stops_the_rest_before_they_begin(opened: Workspace) -> None:
    queue(opened, *[""] * 5)
    asked = []

    class Throttling:
        capabilities = None
        skew_s = 0.0

        def fresh_link(self, ref: RecordingRef) -> RecordingRef:
            asked.append(ref)
            raise SourceThrottled("source_throttled", source="r")

    (settings,) = opened.settings.sources
    assert isinstance(settings, RingostatSource)
    with pytest.raises(SourceThrottled):
        fetch_recordings(opened, settings, Throttling(), Silent(), QuickClock(NOW))  # type: ignore[arg-type]
    assert len(asked) <= settings.downloads_at_once
    assert {state for state, *_ in told(opened)} == {"pending"}


def test_it_gives_up_in_the_end_and_says_why_in_words(opened: Workspace) -> None:
    queue(opened, f"{PUBLIC}/1.wav")
    vendor = Vendor()
    vendor.answers["/1.wav"] = httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"})
    clock = QuickClock(NOW)
    for _ in range(ATTEMPTS):
        fetch(opened, vendor, clock)
        clock.sleep(13 * 3600)
    assert told(opened) == [("failed", "page", None)]
    for language in ("ru", "en"):
        assert named(Translator(language), "fetch", "page") != "page"
