"""What a system may be asked for besides JSON: forms, text, bytes, where a redirect leads, what is being prepared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from qc_workbench.errors import SourceAnswerBroken, SourceRefused, SourceThrottled, SourceUnreachable
from qc_workbench.sources.connector import Capabilities
from qc_workbench.sources.wire import TRIES, NotReadyError, Patience, Shape, Wire
from qc_workbench.ui.i18n import LANGUAGES, Translator
from tests.stand_ins.serving import Answer, Behaviour, Fault, Question, QuickClock, as_json, serving

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PACE = Capabilities(longest_window=None, rows_at_most=None, requests_per_s=1000, burst=1000, has_legs=False)


@dataclass
class Prepared(Behaviour):
    """Gives ``answers`` in turn, the last one for ever."""

    answers: list[Answer] = field(default_factory=list)

    def answer(self, question: Question) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Asking:
    stand_in: Prepared
    wire: Wire
    clock: QuickClock


@pytest.fixture
def asking() -> Iterator[Asking]:
    stand_in, clock = Prepared(answers=[as_json({})]), QuickClock(NOON)
    with serving(stand_in) as address:
        wire = Wire("r", address, PACE, clock=clock, chance=lambda: 0.0)
        yield Asking(stand_in, wire, clock)
        wire.close()


def kept(value: Any) -> Any:
    return value


CSV = Answer("a;б\n".encode(), "text/csv")
NOTHING_YET = Answer(b"", "text/plain", 204)
LATER = Answer(b"", "text/plain", 202)


def test_a_form_goes_as_a_form_with_headers_of_its_own(asking: Asking) -> None:
    asking.wire.ask("POST", "/x?b=1&a=2", kept, form={"json": '{"имя": "а б&в"}'}, headers={"Authorization": "k:s"})
    (question,) = asking.stand_in.asked
    assert question.form == {"json": '{"имя": "а б&в"}'}
    assert question.target == "/x?b=1&a=2", "the query as it was signed"
    assert question.headers["authorization"] == "k:s"
    asking.wire.ask("GET", "/x", kept)
    assert "authorization" not in asking.stand_in.asked[1].headers, "headers were of that question alone"


def test_text_is_given_as_text_and_bytes_as_bytes(asking: Asking) -> None:
    asking.stand_in.answers = [CSV]
    assert asking.wire.ask("GET", "/x", kept, shape=Shape.TEXT) == "a;б\n"
    assert asking.wire.ask("GET", "/x", kept, shape=Shape.BYTES) == "a;б\n".encode()


@pytest.mark.parametrize(
    ("shape", "faults"),
    [
        (Shape.TEXT, (Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.CUT)),
        (Shape.BYTES, (Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.CUT)),
        (Shape.LOCATION, (Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML)),
    ],
)
def test_after_faults_the_same_is_asked_again(asking: Asking, shape: Shape, faults: tuple[Fault, ...]) -> None:
    there = Answer(b"", "text/plain", 302, {"Location": "/there"})
    asking.stand_in.answers = [there if shape is Shape.LOCATION else CSV]
    asking.stand_in.spoil(*faults)
    assert asking.wire.ask("GET", "/x", kept, shape=shape)
    assert len(asking.stand_in.asked) == len(faults) + 1


@pytest.mark.parametrize("shape", [Shape.TEXT, Shape.BYTES])
def test_an_empty_204_is_no_text(asking: Asking, shape: Shape) -> None:
    asking.stand_in.answers = [NOTHING_YET]
    with pytest.raises(SourceAnswerBroken) as raised:
        asking.wire.ask("GET", "/x", kept, shape=shape)
    assert raised.value.code == "source_answer_empty"
    assert len(asking.stand_in.asked) == TRIES


def test_text_that_is_no_utf8_is_told(asking: Asking) -> None:
    asking.stand_in.answers = [Answer("имя".encode("cp1251"), "text/csv")]
    with pytest.raises(SourceAnswerBroken) as raised:
        asking.wire.ask("GET", "/x", kept, shape=Shape.TEXT)
    assert raised.value.code == "source_answer_no_text"


def test_where_a_redirect_leads_is_told_and_not_followed(asking: Asking) -> None:
    asking.stand_in.answers = [Answer(b"", "text/html", 302, {"Location": "/files/1?once=1"})]
    found = asking.wire.ask("POST", "/x", kept, form={"a": "1"}, shape=Shape.LOCATION)
    assert found.startswith("http://127.0.0.1:")
    assert found.endswith("/files/1?once=1")
    assert len(asking.stand_in.asked) == 1
    asking.stand_in.answers = [as_json({"link": "no redirect"})]
    with pytest.raises(SourceAnswerBroken) as raised:
        asking.wire.ask("POST", "/x", kept, shape=Shape.LOCATION)
    assert raised.value.code == "source_answer_no_link"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"https://files.test/1?once=1\n", "text/plain"),
        as_json({"url": "https://files.test/1?once=1"}),
        as_json({"result": 1000, "link": "https://files.test/1?once=1"}),
        as_json("https://files.test/1?once=1"),
    ],
)
def test_an_address_that_is_told_instead_of_a_redirect_is_taken(answer: Answer, asking: Asking) -> None:
    asking.stand_in.answers = [answer]
    assert asking.wire.ask("POST", "/x", kept, shape=Shape.LOCATION) == "https://files.test/1?once=1"


@pytest.mark.parametrize("content", [b"", b"sorry", b'{"url": 1}', b'{"url": "https://files', b"https://a b", b"[]"])
def test_what_is_no_address_is_no_link(content: bytes, asking: Asking) -> None:
    asking.stand_in.answers = [Answer(content)]
    with pytest.raises(SourceAnswerBroken):
        asking.wire.ask("POST", "/x", kept, shape=Shape.LOCATION)


def test_a_redirect_where_none_was_asked_for_is_refused(asking: Asking) -> None:
    asking.stand_in.answers = [Answer(b"", "text/html", 302, {"Location": "/login"})]
    with pytest.raises(SourceRefused):
        asking.wire.ask("GET", "/x", kept, shape=Shape.TEXT)


def test_what_is_being_prepared_is_waited_for_and_costs_no_tries(asking: Asking) -> None:
    asking.stand_in.answers = [*[NOTHING_YET, LATER] * TRIES, CSV]
    found = asking.wire.ask("POST", "/x", kept, shape=Shape.TEXT, patience=Patience(pause_s=5))
    assert found == "a;б\n"
    assert asking.clock.slept == [5.0] * 2 * TRIES


def test_the_body_may_say_that_the_answer_is_being_prepared(asking: Asking) -> None:
    def read(answer: Any) -> Any:
        if answer["status"] == "processing":
            raise NotReadyError
        return answer["rows"]

    asking.stand_in.answers = [as_json({"status": "processing"}), as_json({"status": "done", "rows": [1]})]
    assert asking.wire.ask("GET", "/x", read) == [1]
    assert asking.clock.slept == [5.0]


def test_waiting_has_an_end_that_is_told(asking: Asking) -> None:
    asking.stand_in.answers = [NOTHING_YET]
    with pytest.raises(SourceUnreachable) as raised:
        asking.wire.ask("POST", "/x", kept, shape=Shape.TEXT, patience=Patience(pause_s=5, longest_s=60))
    assert raised.value.code == "source_not_ready"
    assert sum(asking.clock.slept) == 60
    for language in LANGUAGES:
        for code in ("not_ready", "answer_empty", "answer_no_text", "answer_no_link"):
            assert "r" in Translator(language)(f"error.source_{code}", **raised.value.params)


def test_faults_while_waiting_are_counted_as_ever(asking: Asking) -> None:
    asking.stand_in.answers = [NOTHING_YET, CSV]
    asking.stand_in.spoil(*[Fault.TOO_MANY] * TRIES)
    with pytest.raises(SourceThrottled):
        asking.wire.ask("POST", "/x", kept, shape=Shape.TEXT, patience=Patience())
    assert len(asking.stand_in.asked) == TRIES


def answering(
    content: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    sent: Mapping[str, str] | None = None,
) -> Wire:
    told = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=told, content=content))
    clock = QuickClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    return Wire("s", "http://h", PACE, clock=clock, transport=transport, tries=1)


def test_half_a_character_becomes_a_sign_of_it_and_the_rest_of_the_row_stays() -> None:
    wire = answering(b'{"name": "\\ud83d\\u0410\\ud83d\\ude00", "id": 1}')
    assert wire.ask("GET", "/x", lambda told: told) == {"name": "\ufffdА😀", "id": 1}


@pytest.mark.parametrize("content", [b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"[" * 100_000])
def test_json_without_end_is_a_broken_answer(content: bytes) -> None:
    with pytest.raises(SourceAnswerBroken, match="source_answer_broken_off"):
        answering(content).ask("GET", "/x", lambda told: told)


def test_an_answer_of_another_shape_is_a_broken_answer_and_never_a_traceback() -> None:
    with pytest.raises(SourceAnswerBroken, match="source_answer_shape"):
        answering(b'{"data": 5}').ask("GET", "/x", lambda told: [row["id"] for row in told["data"]])


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 02 Mar 2026 08:15:13 -0000",
        "Mon, 02 Mar 99999999999999999999 08:15:13 GMT",
        "Sun, 01 Jan 0001 00:00:00 +2359",
        "soon",
    ],
)
def test_a_clock_that_tells_nothing_believable_is_no_clock(date: str) -> None:
    wire = answering(b"{}", {"date": date})
    wire.ask("GET", "/x", lambda told: told)
    assert abs(wire.skew_s) < 86_400


def test_a_wait_that_is_no_number_is_waited_for_as_if_untold() -> None:
    with pytest.raises(SourceThrottled) as told:
        answering(b"", {"retry-after": "\xb2"}, status=429).ask("GET", "/x", lambda told: told)
    assert told.value.wait_s is None


def test_a_complaint_without_end_is_told_shortly() -> None:
    def read(told: Any) -> None:
        raise SourceRefused("source_refused", source="s", status=told["error"])

    with pytest.raises(SourceRefused) as told:
        answering(b'{"error": "' + b"A" * 5_000 + b'"}').ask("GET", "/x", read)
    assert len(told.value.params["status"]) <= 200
