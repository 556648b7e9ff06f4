"""The bill of materials of what the installed program consists of: ``python -m pipelines.make_sbom [FILE]``.

CycloneDX 1.6 as JSON, made with the library of its authors: every package of the lock with version, digests, licence
and who asks for it, for all systems at once, and the works of others inside our own wheel.
"""

from __future__ import annotations

import sys
import uuid
from datetime import datetime
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from pipelines.licences import licences
from pipelines.lock_file import ROOT, Locked, direct, project, running
from qc_workbench import __version__


def bill_of_materials(root: Path = ROOT, at: datetime | None = None) -> str:
    """The text of the bill. The same lock and time give the same text."""
    part = running(root)
    program = Component(
        name="qc-workbench",
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref=f"qc-workbench@{__version__}",
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
        purl=PackageURL("pypi", name="qc-workbench", version=__version__),
    )
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(_pins(part))))
    bom.metadata.component = program
    if at is not None:
        bom.metadata.timestamp = at
    components = {name: [_component(entry) for entry in entries] for name, entries in part.items()}
    for found in components.values():
        bom.components.update(found)
    asked = direct(project(root))
    bom.register_dependency(program, [item for name in sorted(asked & part.keys()) for item in components[name]])
    for name, found in components.items():
        wanted = [key for key, entries in part.items() if any(name in entry.via for entry in entries)]
        for component in found:
            bom.register_dependency(component, [child for key in wanted for child in components[key]])
    for number, work in enumerate(licences().inside):
        bom.components.add(
            Component(
                name=work.what,
                type=ComponentType.FILE,
                bom_ref=f"inside-{number}",
                licenses=[LicenseFactory().make_from_string(work.licence)],
                properties=[Property(name="qc-workbench:where", value=work.where)],
            )
        )
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _component(entry: Locked) -> Component:
    licence = licences().packages.get(entry.name)
    return Component(
        name=entry.name,
        version=entry.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{entry.name}@{entry.version}",
        purl=PackageURL("pypi", name=entry.name, version=entry.version),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        properties=[
            *(Property(name="pypi:sha256", value=digest) for digest in entry.hashes),
            *([Property(name="pypi:marker", value=entry.marker)] if entry.marker else []),
        ],
    )


def _pins(part: dict[str, tuple[Locked, ...]]) -> list[str]:
    return [entry.pin for name in sorted(part) for entry in part[name]]


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / f"sbom-{__version__}.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(bill_of_materials(), encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()
