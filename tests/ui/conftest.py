"""What all tests of pages share."""

from __future__ import annotations

from functools import cache

from streamlit.components.v2 import manifest_scanner

# Every test of a page has Streamlit read the metadata of all installed packages, in search of components that none of
# them has. What is installed does not change between two tests: once is enough, and half the time of many of them.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
