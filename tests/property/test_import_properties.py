"""Reading never breaks on what it reads, and what is written well comes back the same."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from qc_workbench.domain.call import Call, Direction, Outcome, RecordingState
from qc_workbench.sources import values
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.csv_folder import read_folder
from qc_workbench.sources.phones import e164, is_hidden
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.recording_files import RecordingsFolder, SoundFile, probe
from qc_workbench.sources.rows import CALLS
from qc_workbench.sources.tables import read_csv
from tests.import_cases import calls_csv, mp3, wav

#: The first call loads telephone metadata, and the machine may be busy: time is no failure here.
UNHURRIED = settings(deadline=None, max_examples=50)
MOSCOW = ZoneInfo("Europe/Moscow")
CONVENTIONS = Conventions("RU", MOSCOW)
#: Text a cell may hold; spaces around it are no part of it. Python writes a lone \\r without quotes, so there is none.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=40).map(str.strip)
IDS = TEXT.filter(bool).filter(lambda text: len(text) <= values.LONGEST_ID)


@st.composite
def some_calls(draw: st.DrawFn) -> list[Call]:
    ids = draw(st.lists(IDS, min_size=1, max_size=8, unique=True))
    return [
        Call(
            call_id=call_id,
            started_at=draw(
                st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
            ),
            direction=draw(st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])),
            manager_id=draw(IDS),
            client_phone="+7916" + draw(st.from_regex(r"[0-9]{7}", fullmatch=True)),
            talk_s=draw(st.integers(0, 86_400)) / 1,
            outcome=draw(st.sampled_from(Outcome)),
            source=draw(TEXT) or None,
            attributes={"заметка": note} if (note := draw(TEXT)) else {},
        )
        for call_id in ids
    ]


@UNHURRIED
@given(some_calls(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_calls_written_as_csv_come_back_the_same(
    calls: list[Call], mark: str, end: str, bom: bool, quoted: bool
) -> None:
    written = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(written, delimiter=mark, lineterminator=end, quoting=quoting)
    writer.writerow([*CALLS.required, "source", "Заметка"])
    for call in calls:
        cells = (call.call_id, call.started_at.isoformat(), call.direction, call.manager_id, call.client_phone)
        note = call.attributes.get("заметка", "")
        writer.writerow([*cells, call.talk_s, call.outcome, call.source or "", note])
    with TemporaryDirectory() as folder:
        (Path(folder) / "calls.csv").write_bytes(written.getvalue().encode("utf-8-sig" if bom else "utf-8"))
        contents = read_folder(Path(folder), CONVENTIONS)
    assert contents.calls.problems == ()
    assert list(contents.calls.values) == calls


@UNHURRIED
@given(st.binary(max_size=400), st.binary(max_size=400), st.binary(max_size=200))
@example(b"\xff\xfe\x00", b'"', b"PK\x03\x04")
@example(calls_csv().encode() + b'"\xff,\x00\n', b"deal_id;\r\r\n", b"PK\x05\x06" + bytes(18))
def test_no_bytes_break_the_reading_of_tables(calls: bytes, deals: bytes, book: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "calls.csv").write_bytes(calls)
        (folder / "deals.csv").write_bytes(deals)
        (folder / "crm.xlsx").write_bytes(book)
        contents = read_folder(folder, CONVENTIONS)
    assert any(problem.file == "crm.xlsx" for problem in contents.problems)


@UNHURRIED
@given(st.lists(st.text(max_size=20), min_size=10, max_size=10))
def test_no_cells_break_the_reading_of_a_call_and_a_bad_row_leaves_the_good_ones(cells: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    data = calls_csv().encode() + written.getvalue().encode("utf-8", "surrogatepass")
    with TemporaryDirectory() as name:
        (Path(name) / "calls.csv").write_bytes(data)
        contents = read_folder(Path(name), CONVENTIONS)
    assert {"good-1", "good-2"} <= {call.call_id for call in contents.calls.values}
    assert len(contents.calls.values) == 3 or contents.calls.rejected_rows or not "".join(cells).strip()


@UNHURRIED
@given(st.binary(max_size=300))
@example(calls_csv().encode()[:-5])
def test_line_numbers_lie_within_the_file(data: bytes) -> None:
    table = read_csv("calls.csv", data, CALLS.columns)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert all(1 <= row.number <= lines for row in table.rows)
    assert all(problem.row is None or 1 <= problem.row <= lines for problem in table.problems)
    assert all(len(row.cells) == len(table.columns) for row in table.rows)


@settings(UNHURRIED, max_examples=60)
@given(st.sampled_from([b"", b"RIFF", b"ID3\x04", b"OggS", b"fLaC", b"\0\0\0\x20ftyp"]), st.binary(max_size=2000))
def test_no_bytes_break_the_examination_of_a_recording(start: bytes, rest: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "a.mp3"
        path.write_bytes(start + rest)
        found = probe(path)
    assert found.state in RecordingState
    assert found.state is not RecordingState.MISSING


@settings(UNHURRIED, max_examples=40)
@given(st.booleans(), st.integers(0, 60_000), st.binary(min_size=1, max_size=200))
def test_a_damaged_recording_is_examined_to_its_end(is_wav: bool, place: int, noise: bytes) -> None:
    sound = bytearray(wav() if is_wav else mp3())
    place %= len(sound)
    sound[place : place + len(noise)] = noise
    with TemporaryDirectory() as name:
        path = Path(name) / "a"
        path.write_bytes(bytes(sound))
        found = probe(path)
    if found.state is RecordingState.READY:
        assert found.duration_s is not None
        assert found.duration_s > 0


@UNHURRIED
@given(st.text(max_size=30))
@example("../x")
@example("a/../../x")
@example("C:x")
@example("\\\\server\\share")
def test_no_name_leads_out_of_the_recordings(name: str) -> None:
    with TemporaryDirectory() as home:
        folder = Path(home) / "recordings"
        folder.mkdir()
        (Path(home) / "x").write_bytes(b"")
        found = RecordingsFolder(folder).locate(name)
    assert isinstance(found, SoundFile) or found.is_relative_to(folder.resolve())


@UNHURRIED
@given(st.text(max_size=25))
def test_a_phone_is_understood_or_refused(text: str) -> None:
    phone = understood(text)
    if phone is not None:
        assert phone[0] == "+"
        assert phone[1:].isdigit()
        assert e164(phone, "US") == phone
        assert not is_hidden(phone)


def understood(text: str) -> str | None:
    """The phone, or None when it was refused in the documented way."""
    try:
        return e164(text, "RU")
    except BadValueError:
        return None


@UNHURRIED
@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.sampled_from([",", "."]),
    st.sampled_from(["", " ", "\u00a0", "\u202f"]),
)
def test_a_number_reads_the_same_with_comma_or_point_and_any_spaces(value: Decimal, point: str, space: str) -> None:
    assert values.number(f"{value:,.2f}".replace(",", "\0").replace(".", point).replace("\0", space)) == value


@UNHURRIED
@given(st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_moment_reads_back_as_the_same_moment(moment: datetime) -> None:
    assert values.moment(moment.isoformat(), MOSCOW) == moment.astimezone(UTC)


@UNHURRIED
@given(some_calls())
def test_the_first_of_two_rows_with_one_id_counts(calls: list[Call]) -> None:
    first = calls[0]
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(CALLS.required)
    for call in (first, replace(first, talk_s=first.talk_s / 2)):
        cells = (call.call_id, call.started_at.isoformat(), call.direction, call.manager_id, call.client_phone)
        writer.writerow([*cells, call.talk_s, call.outcome])
    with TemporaryDirectory() as folder:
        (Path(folder) / "calls.csv").write_text(lines.getvalue(), encoding="utf-8")
        contents = read_folder(Path(folder), CONVENTIONS)
    assert [call.talk_s for call in contents.calls.values] == [first.talk_s]
    assert [problem.code for problem in contents.calls.problems] == ["duplicate_id"]
