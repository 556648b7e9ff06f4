"""The encrypted file of secrets: opened by its key alone, never told, never lost."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.errors import NotConfigured, QcwError, UsageError
from qc_workbench.sources.secrets_file import FILE_NAME, KEY_FILE_VARIABLE, KEY_VARIABLE, SecretsFile
from qc_workbench.sources.secrets_place import secret_at

SECRET = "very-secret-key-0123456789"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "W").mkdir()
    return tmp_path / "W"


def of(home: Path, **environment: str) -> SecretsFile:
    return SecretsFile(home, {"XDG_CONFIG_HOME": str(home.parent / "config"), **environment})


def test_a_secret_comes_back_from_its_place_and_stands_nowhere_in_the_open(home: Path) -> None:
    secrets = of(home)
    assert secrets.names() == []
    assert secrets.put("binotel.key", f"  {SECRET}\n") is False
    assert secrets.get("binotel.key") == SECRET
    assert secret_at("secret:binotel.key", home, "b", secrets.environment) == SECRET
    assert secrets.names() == ["binotel.key"]
    kept = (home / FILE_NAME).read_bytes()
    assert kept.startswith(b"age-encryption.org/v1"), "age opens it without this program"
    assert SECRET.encode() not in kept
    assert SECRET not in repr(secrets)


def test_the_file_and_its_key_are_their_owners_alone_and_apart(home: Path) -> None:
    secrets = of(home)
    secrets.put("a", SECRET)
    assert oct(secrets.path.stat().st_mode & 0o777) == "0o600"
    assert oct(secrets.key_file.stat().st_mode & 0o777) == "0o600"
    assert not secrets.key_file.is_relative_to(home)


def test_the_key_may_come_from_the_environment_alone(home: Path) -> None:
    key = str(pyrage.x25519.Identity.generate())
    secrets = of(home, **{KEY_VARIABLE: key})
    secrets.put("a", SECRET)
    assert not secrets.key_file.exists()
    assert secrets.get("a") == SECRET
    assert json.loads(pyrage.decrypt(secrets.path.read_bytes(), [pyrage.x25519.Identity.from_str(key)])) == {
        "a": SECRET
    }


@pytest.mark.parametrize("how", ["missing", "open", "wrong", "inside"])
def test_a_key_that_is_not_as_it_should_be_is_told_and_no_secret_is_in_the_message(home: Path, how: str) -> None:
    secrets = of(home)
    secrets.put("a", SECRET)
    if how == "missing":
        secrets.key_file.unlink()
    elif how == "open":
        secrets.key_file.chmod(0o640)
    elif how == "wrong":
        secrets.key_file.write_text(str(pyrage.x25519.Identity.generate()))
    else:
        inside = home / "key"
        inside.write_text(secrets.key_file.read_text())
        inside.chmod(0o600)
        secrets = of(home, **{KEY_FILE_VARIABLE: str(inside)})
    with pytest.raises(NotConfigured) as told:
        secrets.get("a")
    assert told.value.code == f"secrets_key_{how}"
    assert SECRET not in str(told.value)
    assert "AGE-SECRET" not in str(told.value)


def test_what_is_there_stays_when_the_key_is_gone_and_another_secret_comes(home: Path) -> None:
    secrets = of(home)
    secrets.put("a", SECRET)
    before = secrets.path.read_bytes()
    secrets.key_file.unlink()
    with pytest.raises(NotConfigured):
        secrets.put("b", "another")
    assert secrets.path.read_bytes() == before, "a new key would have made the old secret unreadable"
    assert not secrets.key_file.exists()


@pytest.mark.parametrize("name", ["", "../x", "a b", "ключ", "x" * 81])
def test_odd_names_are_refused(home: Path, name: str) -> None:
    with pytest.raises(UsageError, match="secret_name_invalid"):
        of(home).put(name, SECRET)


def test_an_empty_secret_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="secret_empty"):
        of(home).put("a", " \n")


def test_removing_forgets_one_and_keeps_the_others(home: Path) -> None:
    secrets = of(home)
    secrets.put("a", SECRET)
    secrets.put("b", "other")
    assert secrets.remove("a") is True
    assert secrets.remove("a") is False
    assert secrets.names() == ["b"]
    with pytest.raises(NotConfigured, match="secret_missing"):
        secret_at("secret:a", home, "s", secrets.environment)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(min_size=1).filter(lambda text: text.strip())), max_size=8))
def test_the_last_value_of_each_name_is_what_is_kept(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    home = tmp_path_factory.mktemp("W") / "W"
    home.mkdir()
    secrets = of(home)
    for name, value in written:
        secrets.put(name, value)
    assert {name: secrets.get(name) for name in secrets.names()} == {name: value.strip() for name, value in written}


def test_nothing_is_logged_whatever_goes_wrong(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = of(home)
    secrets.put("a", SECRET)
    secrets.key_file.write_text("AGE-SECRET-KEY-1NONSENSE")
    with pytest.raises(QcwError):
        secrets.get("a")
    os.truncate(secrets.path, 20)
    with pytest.raises(QcwError):
        secrets.names()
    said = caplog.text
    assert SECRET not in said
    assert "AGE-SECRET" not in said
