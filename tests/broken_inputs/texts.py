"""Settings, forms, searches, secrets, backups, news of systems and requests of pages, broken."""

from __future__ import annotations

import json
import tarfile
from urllib.parse import urlencode

from tests.broken_inputs.files import Files
from tests.fuzzing.borders import BORDERS
from tests.fuzzing.rule import SECRET
from tests.fuzzing.texts import archive_of


def of_settings() -> Files:
    texts = {
        "cut": '[company\nname = "A"', "key_twice": "[serve]\nport = 1\nport = 2\n", "unknown_section": "[nonsense]\na = 1\n",
        "unknown_key": "[company]\nnonsense = 1\n", "zone_of_nowhere": '[company]\ntimezone = "Europe/Nowhere"\n',
        "zone_is_a_path": '[company]\ntimezone = "../../etc/passwd"\n', "port_beyond": "[serve]\nport = 99999999\n",
        "port_is_text": '[serve]\nport = "http"\n', "number_of_400_digits": f"[serve]\nport = {'9' * 400}\n",
        "not_a_number": "[work]\ntimeout_factor = nan\n", "infinite": "[work]\ntimeout_factor = inf\n",
        "nested_without_end": "a = " + "[" * 5_000, "tables_without_end": "[" + ".".join(["a"] * 5_000) + "]\n",
        "sources_is_text": 'sources = "binotel"\n', "source_without_kind": "[[sources]]\nname = 'a'\n",
        "source_of_no_kind": "[[sources]]\nname = 'a'\nkind = 'nonsense'\n",
        "secret_in_the_open": "[[sources]]\nname = 'a'\nkind = 'binotel'\nkey = 'abc'\nsecret = 'def'\n",
        "same_name_twice": "[[sources]]\nname='a'\nkind='csv'\nfolder='x'\n" * 2,
        "name_with_a_line_break": "[[sources]]\nname = \"a\\nb\"\nkind = 'csv'\nfolder = 'x'\n",
        "zero_character": "[company]\nname = \"a\0b\"\n", "days_of_no_week": "[company]\nworkdays = [0, 9]\n",
        "words_before_sound": "[retention]\ntranscripts_months = 1\nrecordings_months = 12\n",
        "time_for_text": "[company]\nname = 2026-03-02T10:00:00Z\n",
    }  # fmt: skip
    for name, text in texts.items():
        yield f"{name}.toml", text.encode()
    yield "windows_1251.toml", '[company]\nname = "Окна"\n'.encode("cp1251")
    yield "utf16.toml", '[company]\nname = "A"\n'.encode("utf-16")


def of_forms() -> Files:
    good = BORDERS["forms"].seeds()[0].decode()
    texts = {
        "nothing": "", "number": "42", "list": "- a\n- b\n", "aliases": "a: &x [1]\nb: *x\n",
        "aliases_that_multiply": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        "object_of_python": "!!python/object/apply:os.system ['true']\n", "nested_without_end": "[" * 10_000,
        "two_documents": good + "\n---\n" + good, "tab": "a:\n\t- b\n", "never_closed": 'code: "abc\n',
        "key_twice": good.replace("code:", "code: a\ncode:", 1), "unknown_field": good + "\nnonsense: 1\n",
        "escape_of_no_character": 'code: "\\UFFFFFFFF"\n', "zero_character": "code: a\0b\n",
        "weight_in_words": good.replace("weight: ", "weight: many # ", 1), "weight_infinite": good.replace("weight: ", "weight: .inf # ", 1),
        "number_beyond": good.replace("weight: ", "weight: 1e999999999 # ", 1),
        "merge_of_nothing": "<<: 1\n", "half_a_character": 'code: "\\ud83d"\n',
    }  # fmt: skip
    for name, text in texts.items():
        yield f"{name}.yaml", text.encode()
    yield "windows_1251.yaml", "code: форма\n".encode("cp1251")


def of_search() -> Files:
    for name, text in {
        "nothing": "", "blank": " \t ", "only_minus": "-", "only_or": "ИЛИ OR |", "brackets": "((((" * 40, "closing": ")))",
        "quote": '"дорого', "near_nothing": "~5", "near_without_end": "a ~99999999999999999999 b", "star": "*", "short_star": "а*",
        "window_without_end": "начало:99999999999999999999 дорого", "party_of_nothing": "клиент:", "words": "слово " * 30,
        "too_long": "а" * 501, "zero": "а\0б", "percent": "%s %n {0} '; drop table calls; --", "negations": "-" * 60 + "а",
    }.items():  # fmt: skip
        yield f"{name}.txt", text.encode()


def of_secrets() -> Files:
    sealed = BORDERS["secrets"].seeds()[1]
    yield "list.json", b'["a"]'
    yield "text.json", b'"a"'
    yield "nested_without_end.json", b"[" * 1_500
    yield "half_a_character.json", b'{"a": "\\ud83d"}'
    yield "values_of_all_kinds.json", b'{"a": 1, "b": null, "c": [], "d": {}}'
    yield "broken_off.json", b'{"a": "b'
    yield "nothing.age", b""
    yield "header_alone.age", sealed[:40]
    yield (
        "of_another_key.age",
        b"age-encryption.org/v1\n-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
    )
    yield "bytes.age", bytes(range(256))


def of_backups() -> Files:
    (good,) = BORDERS["backup"].seeds()
    yield "nothing.tar", b""
    yield "cut_in_a_member.tar", good[:700]
    yield "without_its_list.tar", good[: good.index(b"manifest.json")] + bytes(1024)
    yield "byte_changed.tar", good.replace(b"sound", b"sOund", 1)
    yield "header_changed.tar", good[:100] + b"\xff" * 50 + good[150:]
    yield "text.tar", b"not an archive"
    yield "zip.tar", b"PK\x03\x04" + bytes(600)
    for name, member in {
        "leads_out": "../outside", "absolute": "/etc/passwd", "hidden": "media/.ssh/keys", "windows": "media\\..\\x",
        "deep": "media/" + "a/" * 60 + "b", "long_name": "media/" + "a" * 5_000, "control": "media/a\nb",
    }.items():  # fmt: skip
        yield f"{name}.tar", archive_of((member, b"x"))
    yield "link.tar", archive_of(("media/a", b""), kind=tarfile.SYMTYPE, link="/etc/passwd")
    yield "hard_link.tar", archive_of(("qcw.toml", b""), kind=tarfile.LNKTYPE, link="/etc/passwd")
    yield "device.tar", archive_of(("media/a", b""), kind=tarfile.CHRTYPE)
    yield "same_member_twice.tar", archive_of(("qcw.toml", b"a"), ("qcw.toml", b"b"))
    for name, manifest in {
        "list_of_nothing": b"{}", "list_is_a_list": b"[]", "list_nested_without_end": b"[" * 1_500,
        "list_of_another_format": b'{"format": "other"}', "list_is_bytes": b"\xff\xfe",
        "list_with_a_strange_member": json.dumps({"format": "qc-workbench-backup/1", "made_at": "2026-09-01T00:00:00", "program_version": 1,
            "schema_version": "x", "tables": [], "sounds": "inside", "members": [{}], "beside": [], "missing": []}).encode(),
    }.items():  # fmt: skip
        yield f"{name}.tar", archive_of(("manifest.json", manifest))
    yield "size_that_lies.tar", good[:124] + b"77777777777\0" + good[136:]


def of_webhook(kind: str) -> Files:
    good = BORDERS[f"webhook_{kind}"].seeds()[0]
    yield "nothing.txt", b""
    yield "nested_without_end.txt", b"[" * 1_500
    yield "list.txt", b"[1, 2]"
    yield (
        "half_a_character.txt",
        json.dumps({"event": "\ud83d", "uniqueid": "\ud83d", "meta": {"entity": "\ud83d"}}).encode(),
    )
    yield (
        "branches_are_texts.txt",
        json.dumps(
            dict.fromkeys(
                ("meta", "data", "callDetails", "additional_call_data", "auth", "previous", "json", "params"), "x"
            )
        ).encode(),
    )
    yield "header_of_no_ascii.txt", b"%signature: \xff\nx-twilio-signature: \xff\nauthorization: Basic \xff\n\n" + good
    yield "form_too_deep.txt", b"a" + b"[b]" * 40 + b"=1"
    yield "form_of_two_kinds.txt", b"a=1&a[b]=2&leads[status]=1&leads[status][0][id]=1"
    yield "form_of_bytes.txt", b"a=%ff%fe&event=%ed%a0%80"
    if kind == "mango":
        for name, told in {"list_inside": "[]", "nested_inside": "[" * 1_500, "nothing_inside": ""}.items():
            yield f"{name}.txt", urlencode({"vpbx_api_key": SECRET, "sign": "0", "json": told}).encode()


def of_app() -> Files:
    bodies = {
        "no_object": b"[]", "nested_without_end": b"[" * 1_500, "half_a_character": b'{"call": "\\ud83d", "token": "\\ud83d"}',
        "too_large": b" " * 66_000, "token_is_a_list": b'{"token": [], "call": {}, "version": true}',
        "numbers_beyond": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": 1e999, "at_s": 1e999, "from_s": 1e999, '
        b'"question": "greeted", "values": [], "ranges": [[1e999, 1]], "text": "a"}',
        "ranges_of_texts": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": "x", "ranges": [["a", "b"]], "from_s": [], "text": 1}',
        "question_is_an_object": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": 1, "question": {}, "values": [1], "text": "a"}',
    }  # fmt: skip
    for place in (0, 1, 5, 6):
        for name, body in bodies.items():
            if name == "too_large" and place:
                continue
            yield f"route_{place}_{name}.bin", bytes([place]) + body
