"""What may lie in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tracked() -> list[Path]:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_the_repository_stays_under_sixty_megabytes() -> None:
    assert sum(path.stat().st_size for path in tracked()) < 60_000_000


def test_every_phone_in_the_samples_is_evidently_invented() -> None:
    phones = {
        phone
        for path in (ROOT / "samples").glob("*.csv")
        for phone in re.findall(r"\+\d{9,}", path.read_text(encoding="utf-8"))
    }
    assert phones
    assert {phone for phone in phones if not phone.startswith("+7900000")} == set()


def test_every_sample_recording_belongs_to_a_call_and_every_call_has_its_recording() -> None:
    named = set(re.findall(r"[\w-]+\.(?:mp3|wav|ogg)", (ROOT / "samples" / "calls.csv").read_text(encoding="utf-8")))
    assert named == {path.name for path in (ROOT / "samples" / "recordings").iterdir()}
    assert len(named) == 24


def test_no_relative_link_of_the_documentation_is_dead() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").glob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []
