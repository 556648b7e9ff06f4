"""Nothing is used, carried or handed on whose licence nobody has read."""

from __future__ import annotations

import json
from importlib import metadata

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from pipelines.licences import licences, licences_page, refused, used_for
from pipelines.lock_file import ROOT, direct, needed, project, read_lock, running, written
from pipelines.make_sbom import bill_of_materials

LOCKED = {name: found for part in used_for().values() for name, found in part.items()}


def test_every_package_of_the_locks_has_a_known_acceptable_licence() -> None:
    """A new one: read its licence and enter it in pipelines/licences.toml, then python -m pipelines.make_docs."""
    known = licences()
    assert sorted(LOCKED.keys() - known.packages.keys()) == []
    faults = {name: refused(known.packages[name], known.acceptable) for name in LOCKED}
    assert {name: found for name, found in faults.items() if found} == {}


def test_no_licence_is_kept_of_a_package_that_is_gone() -> None:
    known = licences()
    assert sorted(known.packages.keys() - LOCKED.keys()) == []
    assert sorted(known.carried.keys() - LOCKED.keys()) == []


def test_what_packages_say_of_themselves_is_what_was_entered() -> None:
    for name in LOCKED:
        try:
            said = metadata.metadata(name).get("License-Expression")
        except metadata.PackageNotFoundError:
            continue
        if said:
            assert licences().packages[name] == said, name


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", []),
        ("GPL-3.0-only", ["GPL-3.0-only"]),
        ("MIT AND AGPL-3.0-or-later", ["AGPL-3.0-or-later"]),
        ("GPL-2.0-only OR MIT", []),
        ("Apache-2.0 WITH LLVM-exception", []),
        ("SSPL-1.0", ["SSPL-1.0"]),
    ],
)
def test_a_licence_that_asks_for_our_own_code_is_refused_unless_there_is_a_choice(
    expression: str, expected: list[str]
) -> None:
    assert refused(expression, licences().acceptable) == expected


def test_works_of_others_inside_our_wheel_are_where_the_report_says_with_what_tells_more() -> None:
    known = licences()
    for work in known.inside:
        assert (ROOT / work.where).exists(), work.what
        assert (ROOT / work.origin).is_file(), work.what
        assert refused(work.licence, known.acceptable) == []
    page = licences_page("")
    assert "**unknown**" not in page
    assert all(work.what in page for work in (*known.inside, *known.fetched))


LOCK = """\
# made by uv
asked==1.0 \\
    --hash=sha256:{a}
    # via qc-workbench (pyproject.toml)
below==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{b} \\
    --hash=sha256:{c}
    # via
    #   asked
    #   tool
tool==3.0 \\
    --hash=sha256:{a}
    # via qc-workbench (pyproject.toml)
""".format(a="a" * 64, b="b" * 64, c="c" * 64)


def test_what_running_needs_is_told_from_the_tools_of_development() -> None:
    lock = read_lock(LOCK)
    part = needed(lock, direct({"dependencies": ["Asked>=1"], "optional-dependencies": {"dev": ["tool"]}}))
    assert list(part) == ["asked", "below"]
    text = written(part)
    assert "below==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "b" * 64 in text
    assert read_lock(text).keys() == part.keys()
    assert not running().keys() & {"pytest", "mypy", "sphinx", "playwright"}
    assert direct(project()) <= running().keys()


def test_the_bill_of_materials_keeps_to_its_format_and_names_everything_that_runs() -> None:
    text = bill_of_materials()
    assert text == bill_of_materials() or "timestamp" in text
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert fault is None
    bill = json.loads(text)
    named = {(item["name"], item["version"]) for item in bill["components"] if item["type"] == "library"}
    assert named == {(entry.name, entry.version) for found in running().values() for entry in found}
    assert all(item["licenses"] for item in bill["components"])
    [ours] = [item for item in bill["dependencies"] if item["ref"].startswith("qc-workbench@")]
    assert len(ours["dependsOn"]) >= len(direct(project()))
