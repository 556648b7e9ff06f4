"""Renew the copy of wavesurfer.js that the player is made with: ``make vendor``.

The package of one version is fetched from the npm registry, held against its sha256, and the files that the player is
made with are copied out of it: minified ES modules as their authors publish them. Nothing fetches them at run time; a
test holds the copies against the sums below. For another version, change version and sums together, read its licence.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import qc_workbench

VERSION: Final = "8.0.1"
ADDRESS: Final = f"https://registry.npmjs.org/wavesurfer.js/-/wavesurfer.js-{VERSION}.tgz"
PACKAGE_SHA256: Final = "f1a63903c1a53591ba24be4aad13d7ae69c6373f359701857135b756b307bf3b"
FOLDER: Final = Path(qc_workbench.__file__).parent / "ui" / "components" / "player" / "vendor"

#: Our file: its path in the package and its sha256.
FILES: Final[Mapping[str, tuple[str, str]]] = {
    "wavesurfer.esm.js": (
        "dist/wavesurfer.esm.js",
        "079f3b142f37737f975b03ea8fd18652a316dc2120a2629aeca0844a0c08f2b1",
    ),
    "regions.esm.js": (
        "dist/plugins/regions.esm.js",
        "f3b9a81f56d0301affbeb5693dc9c43527efd6e97e534f17329192a7ce7fc4d4",
    ),
    "timeline.esm.js": (
        "dist/plugins/timeline.esm.js",
        "31fe43d870987ea3eca1356b6cd62ea359358cb0e359a3c2a6fe7a4703b7a56e",
    ),
    "hover.esm.js": (
        "dist/plugins/hover.esm.js",
        "9283029beeced107abb6a955c53e8ed7e2036c3de23020ccd90470303722b9dc",
    ),
    "LICENSE.txt": ("LICENSE", "0fc992dc27cc34dde78bfeb024b4cadff6320f0dcbee2f1228efaeb533ca1364"),
}


def vendor(folder: Path, fetch: Callable[[str], bytes]) -> None:
    """Write the files into ``folder``. Raises ``ValueError`` when the package or a file is not the one expected; then
    nothing is written."""
    package = fetch(ADDRESS)
    _check(package, PACKAGE_SHA256, ADDRESS)
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for name, (path, sha256) in FILES.items():
            member = archive.extractfile(f"package/{path}")
            assert member is not None
            found[name] = member.read()
            _check(found[name], sha256, path)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        (folder / name).write_bytes(content)


def _check(content: bytes, sha256: str, what: str) -> None:
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise ValueError(f"{what}: sha256 {actual}, expected {sha256}")


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - the address above
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    vendor(FOLDER, _fetched)
