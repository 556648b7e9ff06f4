"""The commands as people type them: what they say, their exit codes, and that every text is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qc_workbench.cli import main
from qc_workbench.domain.call import REMOVED_STATES
from qc_workbench.domain.erasure import Ground
from qc_workbench.review.retention import HoldReason, Kind
from qc_workbench.ui.i18n import catalogue
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PHONE


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--json", "-q"])
    said = capsys.readouterr()
    return int(str(left.value.code)), json.loads(said.out), said.err


def test_a_restore_drill_with_a_key_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = kept_company(tmp_path / "company")
    home = ("--home", str(company.home))
    _, key, _ = run(capsys, "backup-key", str(tmp_path / "key.txt"))
    assert (tmp_path / "key.txt").stat().st_mode & 0o077 == 0
    (tmp_path / "backups").mkdir()
    code, made, _ = run(
        capsys, *home, "backup", str(tmp_path / "backups"), "--encrypt-to", key["recipient"], "--keep", "3"
    )
    assert (code, made["encrypted"], made["recordings_kept"]) == (0, True, 5)
    code, failed, said = run(capsys, "verify", made["file"])
    assert (code, failed["error"]["code"]) == (1, "backup_encrypted")
    assert "--identity" in said
    assert run(capsys, "verify", made["file"], "--identity", str(tmp_path / "key.txt"))[0] == 0
    again = tmp_path / "again"
    code, _, _ = run(capsys, "restore", made["file"], str(again), "--identity", str(tmp_path / "key.txt"))
    assert code == 0
    exports = []
    for place in (company.home, again):
        with pytest.raises(SystemExit):
            main(["--home", str(place), "-q", "export", "transcripts"])
        exports.append(capsys.readouterr().out)
    assert exports[0] == exports[1] != ""


def test_the_live_workspace_is_verified_with_every_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = kept_company(tmp_path / "company")
    sound = next((company.home / "media").rglob("*.wav"))
    content = sound.read_bytes()
    sound.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    code, found, _ = run(capsys, "--home", str(company.home), "verify")
    assert code == 1
    assert "media_changed" in json.dumps(found)


def test_retention_and_erasure_are_looked_at_before_they_are_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = kept_company(tmp_path / "company")
    home = ("--home", str(company.home))
    text = company.settings_file.read_text(encoding="utf-8")
    company.settings_file.write_text(text + "[retention]\nrecordings_months = 1\n", encoding="utf-8")
    code, report, _ = run(capsys, *home, "--as-of", "2027-01-01T09:00+03:00", "retention", "--dry-run")
    assert (code, report["dry_run"], report["kinds"][0]["count"]) == (0, True, 3)
    assert {item["reason"] for item in report["kinds"][0]["held"]} == {"waiting"}
    code, looked, _ = run(capsys, *home, "erase", "--phone", PHONE, "--dry-run")
    assert (code, looked["certificate"]) == (0, None)
    (tmp_path / "act.pdf").write_bytes(b"precious")
    code, failed, _ = run(capsys, *home, "erase", "--phone", PHONE, "--certificate", str(tmp_path / "act.pdf"))
    assert (code, failed["error"]["code"]) == (2, "certificate_exists")
    act = tmp_path / "act.html"
    code, done, said = run(capsys, *home, "erase", "--phone", PHONE, "--certificate", str(act), "--by", "Вера")
    assert code == 0
    assert done["removed"] == looked["removed"]
    assert PHONE not in act.read_text(encoding="utf-8") + json.dumps(done) + said
    code, again, _ = run(capsys, *home, "erase", "--phone", PHONE)
    assert (code, again["certificate"], again["removed"]) == (0, None, [])


def test_phones_in_clear_only_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = kept_company(tmp_path / "company")
    act = tmp_path / "act.html"
    arguments = ("erase", "--phone", PHONE, "--certificate", str(act), "--show-phone")
    assert run(capsys, "--home", str(company.home), *arguments)[0] == 0
    assert PHONE in act.read_text(encoding="utf-8")


def test_every_code_that_is_made_from_a_value_has_its_text() -> None:
    kinds = (
        "recordings",
        "transcripts",
        "turns",
        "quotes",
        "sound_features",
        "activities",
        "activity_changes",
        "notes",
        "calls",
        "deals",
        "sales",
        "flags",
        "violations",
        "sample",
    )
    codes = {
        *(f"erasure.kind.{kind}" for kind in kinds),
        *(f"erasure.ground.{item.value}" for item in Ground),
        *(f"retention.hold.{item.value}" for item in HoldReason),
        *(f"retention.kind.{item.value}" for item in Kind),
        *(f"recording_removed.{item.value}" for item in REMOVED_STATES),
    }
    assert codes - set(catalogue()) == set()


def test_every_error_of_an_archive_has_its_text() -> None:
    import ast

    import pipelines

    root = Path(pipelines.__file__ or "").parent
    raised = {
        argument.value
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ArchiveError"
        for argument in ast.walk(node.args[0])
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert len(raised) > 8
    assert {code for code in raised if f"error.{code}" not in catalogue()} == set()
