"""The documented webhooks of each system, sent as it sends them: what is asked of it as proof, what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urlencode

import httpx
import pytest

from pipelines.webhook_journal import Spool
from qc_workbench.config_sources import TakesWebhooks
from qc_workbench.sources.webhook_kinds import KINDS
from qc_workbench.workspace import Workspace
from tests.webhook_cases import (
    KEYS,
    SECRET,
    address,
    documented,
    mango_form,
    serving_webhooks,
    source,
    twilio_sign,
    workspace,
    zadarma_sign,
)

PUBLIC = "https://qc.example.com"
MORE = {
    "pipedrive": 'webhook_user = "vendor"\nwebhook_password = "file:secret"',
    "bitrix24": 'webhook_token = "file:secret"',
    "bitrix24_calls": 'webhook_token = "file:secret"',
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, str]]:
    sources = [source(kind, kind, more=MORE.get(kind, "")) for kind in KEYS]
    more = f'[schedule]\nenabled = false\n[serve]\npublic_address = "{PUBLIC}"\n'
    opened = workspace(tmp_path_factory.mktemp("all") / "W", *sources, more=more)
    with pytest.MonkeyPatch.context() as patch, serving_webhooks(opened.home, patch) as base:
        yield opened, base


def kept(opened: Workspace, name: str) -> list[Mapping[str, Any]]:
    Spool(opened.home).move_to(opened.store)
    with opened.store.reading() as reader:
        rows = reader.rows("select * from webhooks where source = ? order by received_at, digest", name)
    return [*rows]


def with_token(body: dict[str, Any], token: str = SECRET) -> dict[str, str]:
    """As Bitrix24 sends it: a form with the keys of PHP."""

    def flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield from flat(item, f"{key}[{name}]" if key else name)
        else:
            yield key, str(value)

    return dict(flat({**body, "auth": {**body["auth"], "application_token": token}}, ""))


def zadarma(body: Mapping[str, str], *signed: str) -> dict[str, Any]:
    return {"data": body, "headers": {"Signature": zadarma_sign("".join(body[name] for name in signed))}}


def twilio(form: Mapping[str, str]) -> dict[str, Any]:
    signature = twilio_sign(address(PUBLIC, "twilio"), form)
    return {"data": form, "headers": {"X-Twilio-Signature": signature}}


def pipedrive(name: str) -> dict[str, Any]:
    return {"json": documented(f"pipedrive__webhook_v2_{name}"), "auth": ("vendor", SECRET)}


def form(text: str) -> dict[str, Any]:
    return {"content": text, "headers": {"content-type": "application/x-www-form-urlencoded"}}


END, OUT_END = documented("zadarma__notify_end"), documented("zadarma__notify_out_end")
RECORD = documented("zadarma__notify_record")
ACTIVITY, CALL_END = (
    documented("bitrix24__event_oncrmactivityupdate"),
    documented("bitrix24__event_onvoximplantcallend"),
)
#: System, how the webhook is sent, what is kept: (about, id).
SENT: list[tuple[str, Callable[[], dict[str, Any]], list[tuple[str, str]]]] = [
    (
        "ringostat",
        lambda: {"json": documented("ringostat__webhook_after_call")},
        [("call", "ua3-1712320979.100001")],
    ),
    ("binotel", lambda: {"json": documented("binotel__webhook_apiCallCompleted")}, [("call", "4900000001")]),
    ("binotel", lambda: form(documented("binotel__webhook_apiCallCompleted_form")), [("call", "4900000001")]),
    ("mango", lambda: {"data": mango_form(documented("mango__events_summary"))}, [("call", "e1")]),
    ("mango", lambda: {"data": mango_form(documented("mango__events_recording"))}, [("call", "e1")]),
    ("mango", lambda: {"data": mango_form(documented("mango__events_call"))}, []),
    ("uis", lambda: {"json": documented("uis__http_notification_call_ended")}, [("call", "900001")]),
    (
        "novofon2",
        lambda: {"content": json.dumps(documented("uis__http_notification_call_ended")), "headers": {}},
        [("call", "900001")],
    ),
    ("zadarma", lambda: zadarma(END, "caller_id", "called_did", "call_start"), [("call", END["pbx_call_id"])]),
    (
        "novofon",
        lambda: zadarma(OUT_END, "internal", "destination", "call_start"),
        [("call", OUT_END["pbx_call_id"])],
    ),
    ("zadarma", lambda: zadarma(RECORD, "pbx_call_id", "call_id_with_rec"), [("call", RECORD["pbx_call_id"])]),
    ("twilio", lambda: twilio(documented("twilio__recording_callback")), [("call", "CA" + "0" * 32)]),
    ("pipedrive", lambda: pipedrive("activity_change"), [("activity", "2")]),
    ("pipedrive", lambda: pipedrive("deal_change_stage"), [("deal", "8")]),
    ("pipedrive", lambda: pipedrive("note_create"), [("note", "1")]),
    ("amocrm", lambda: form(documented("amocrm__webhook_form")), [("deal", "25399013"), ("activity", "56981")]),
    ("bitrix24", lambda: {"data": with_token(ACTIVITY)}, [("activity", "999")]),
    ("bitrix24_calls", lambda: {"data": with_token(CALL_END)}, [("call", CALL_END["data"]["CALL_ID"])]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sent", "expected"), SENT, ids=[f"{n}-{item[0]}" for n, item in enumerate(SENT)])
def test_a_documented_webhook_is_taken_and_understood(
    company: tuple[Workspace, str],
    name: str,
    sent: Callable[[], dict[str, Any]],
    expected: list[tuple[str, str]],
) -> None:
    opened, base = company
    before = {row["digest"] for row in kept(opened, name)}
    answer = httpx.post(address(base, name), **sent())
    assert answer.status_code == 200
    assert answer.text == ('{"status":"success"}' if name == "binotel" else "")
    fresh = [row for row in kept(opened, name) if row["digest"] not in before]
    assert [(row["about"], row["object_id"]) for row in fresh] == expected
    assert "***" not in str(fresh)
    assert SECRET not in str(fresh)


FORGED: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("mango", lambda: {"data": mango_form(documented("mango__events_summary"), salt="another")}),
    ("mango", lambda: {"data": mango_form(documented("mango__events_summary"), key="another")}),
    ("mango", lambda: {"data": {**mango_form({"entry_result": 1}), "json": '{"entry_result": 2}'}}),
    ("zadarma", lambda: {"data": END}),
    ("zadarma", lambda: zadarma(END, "caller_id", "called_did")),
    ("zadarma", lambda: zadarma({**END, "event": "NOTIFY_OTHER"}, "caller_id", "called_did", "call_start")),
    ("twilio", lambda: {"data": documented("twilio__recording_callback")}),
    ("twilio", lambda: {**twilio({"CallSid": "CA1"}), "data": {"CallSid": "CA2"}}),
    ("pipedrive", lambda: {"json": documented("pipedrive__webhook_v2_note_create")}),
    ("pipedrive", lambda: {"json": documented("pipedrive__webhook_v2_note_create"), "auth": ("vendor", "x")}),
    ("bitrix24", lambda: {"data": with_token(ACTIVITY, "x")}),
    ("bitrix24_calls", lambda: {"data": {"event": "ONVOXIMPLANTCALLEND"}}),
]


@pytest.mark.parametrize(("name", "sent"), FORGED, ids=[f"{n}-{item[0]}" for n, item in enumerate(FORGED)])
def test_without_the_right_signature_nothing_is_kept_even_at_the_secret_place(
    company: tuple[Workspace, str], name: str, sent: Callable[[], dict[str, Any]]
) -> None:
    opened, base = company
    before = len(kept(opened, name))
    assert httpx.post(address(base, name), **sent()).status_code == 403
    assert len(kept(opened, name)) == before


def test_zadarma_hears_its_word_again_and_nobody_else_does(company: tuple[Workspace, str]) -> None:
    _, base = company
    answer = httpx.get(address(base, "zadarma"), params={"zd_echo": "4a8a08f09d37b737"})
    assert (answer.status_code, answer.text) == (200, "4a8a08f09d37b737")
    assert answer.headers["content-type"].startswith("text/plain")
    assert httpx.get(address(base, "zadarma"), params={"zd_echo": "<script>"}).status_code == 405
    assert httpx.get(address(base, "binotel"), params={"zd_echo": "1"}).status_code == 405
    assert httpx.get(f"{base}/webhooks/zadarma/wrong", params={"zd_echo": "1"}).status_code == 404


def test_mango_puts_the_name_of_the_event_behind_the_address(company: tuple[Workspace, str]) -> None:
    opened, base = company
    told = {**documented("mango__events_summary"), "entry_id": "behind"}
    assert httpx.post(address(base, "mango", "/events/summary"), data=mango_form(told)).status_code == 200
    assert "behind" in {row["object_id"] for row in kept(opened, "mango")}


def test_the_same_words_of_amocrm_may_tell_of_another_change(company: tuple[Workspace, str]) -> None:
    opened, base = company
    body = form("leads%5Bupdate%5D%5B0%5D%5Bid%5D=77")
    assert httpx.post(address(base, "amocrm"), **body).status_code == 200
    (row,) = [row for row in kept(opened, "amocrm") if row["object_id"] == "77"]
    opened.store.write(_done(row["digest"]))
    assert httpx.post(address(base, "amocrm"), **body).status_code == 200
    (again,) = [row for row in kept(opened, "amocrm") if row["object_id"] == "77"]
    assert (again["state"], again["repeats"]) == ("waiting", 1)


def _done(digest: str) -> Any:
    from qc_workbench.store.database import Statement

    return Statement("update webhooks set state = 'done', done_at = now() where digest = ?", (digest,))


def test_an_id_of_a_crm_is_digits_and_never_a_path(company: tuple[Workspace, str]) -> None:
    opened, base = company
    before = len(kept(opened, "amocrm"))
    for ident in ("1/../../users", "1?x=1", "", "١", "1" * 30):
        body = urlencode({"leads[update][0][id]": ident})
        assert httpx.post(address(base, "amocrm"), **form(body)).status_code == 200
    assert len(kept(opened, "amocrm")) == before


def test_every_kind_that_has_a_place_for_a_secret_is_understood_and_the_other_way_round() -> None:
    kinds = {item.model_fields["kind"].annotation for item in TakesWebhooks.__subclasses__()}
    assert {get_args(kind)[0] for kind in kinds} == set(KINDS) == set(KEYS)
