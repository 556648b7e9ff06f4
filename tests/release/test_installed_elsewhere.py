"""The wheel works in an empty environment where the repository is not: demo, doctor, the app in a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pipelines.lock_file import ROOT
from pipelines.make_release import make_release
from qc_workbench import __version__
from qc_workbench.transcription.models import installed_models
from tests.browser.serving import CHROMIUM_OPTIONS, SETTLED, chromium_path, free_port

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.timeout(5400)]


@dataclass(frozen=True)
class Elsewhere:
    """An environment with nothing but the wheel and what it needs, and a folder of its own to work in."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "W"

    def command(self, *line: str) -> list[str]:
        """The command line, in a world without the repository where the system lets us hide it."""
        plain = [str(self.folder / "venv" / "bin" / "qcw"), *line]
        return [*hidden(), *plain]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.folder / "home"), "QCW_MODELS": str(self.folder / "models"), "QCW_LANG": "en"}

    def run(self, *line: str) -> subprocess.CompletedProcess[str]:
        cwd = self.folder / "somewhere"
        return subprocess.run(
            self.command(*line), env=self.environment, cwd=cwd, capture_output=True, text=True, check=False
        )


def hidden() -> list[str]:
    """What goes before a command so that an empty folder stands where the repository is; nothing where that is not
    allowed."""
    if sys.platform != "linux" or not shutil.which("unshare") or os.geteuid() != 0:
        return []
    script = f"mount -t tmpfs none '{ROOT}' && exec \"$@\""
    tried = ["unshare", "--mount", "sh", "-c", script, "sh"]
    looked = subprocess.run([*tried, "ls", str(ROOT)], capture_output=True, text=True, check=False)
    return tried if looked.returncode == 0 and not looked.stdout else []


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    make_release(folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    if not installed_models():
        pytest.skip("no speech model: make setup fetches one")
    place = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    for name in ("home", "somewhere"):
        (place.folder / name).mkdir()
    model = installed_models()[-1].folder
    shutil.copytree(model, place.folder / "models" / model.name)
    subprocess.run([sys.executable, "-m", "venv", str(place.folder / "venv")], check=True)
    pip = [str(place.folder / "venv" / "bin" / "python"), "-m", "pip", "--quiet", "install", "--no-compile"]
    needs = release / f"requirements-{__version__}.txt"
    got = subprocess.run(
        [*pip, "--only-binary", ":all:", "--require-hashes", "-r", str(needs)],
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode and "onnection" in got.stderr:
        pytest.skip("the package registry does not answer")
    assert got.returncode == 0, got.stderr[-2000:]
    [wheel] = release.glob("*.whl")
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    checked = subprocess.run([*pip[:3], "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    return place


def test_a_second_build_gives_the_same_bytes(release: Path, tmp_path: Path) -> None:
    again = {file.name: file.read_bytes() for file in make_release(tmp_path / "again")}
    assert {name: (release / name).read_bytes() == content for name, content in again.items()} == dict.fromkeys(
        again, True
    )


def test_the_wheel_carries_the_sample_company_and_no_tests(release: Path) -> None:
    [wheel] = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        tops = {name.split("/")[0] for name in names}
    samples = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "samples").rglob("*") if path.is_file())
    assert sorted(name.removeprefix("qc_workbench/") for name in names if "/samples/" in name) == samples
    assert tops == {"qc_workbench", "pipelines", "models", f"qc_workbench-{__version__}.dist-info"}


def test_the_demo_runs_and_the_doctor_is_content(elsewhere: Elsewhere) -> None:
    done = elsewhere.run("--home", str(elsewhere.home), "-q", "demo", "--no-serve")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told = elsewhere.run("--home", str(elsewhere.home), "doctor")
    assert told.returncode == 0, told.stdout
    assert "as they were installed" in told.stdout
    assert str(ROOT) not in (elsewhere.home / "qcw.toml").read_text(encoding="utf-8")


@pytest.fixture
def served(elsewhere: Elsewhere) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        elsewhere.command("--home", str(elsewhere.home), "-q", "serve", "--port", str(port)),
        env=elsewhere.environment, cwd=elsewhere.folder / "somewhere",
    )  # fmt: skip
    base, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 180
    try:
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{base}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, "the app ended"
                time.sleep(0.5)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.browser
def test_the_app_opens_in_a_browser(served: str, elsewhere: Elsewhere) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install it or name it in QCW_CHROMIUM")
    if not elsewhere.home.exists():
        pytest.skip("the demo has not been made")
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        page, wrong = browser.new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda got: wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.goto(served)
        page.get_by_role("button").first.wait_for(timeout=120_000)  # the door of the sample company
        enter = page.get_by_role("button", name="Наталья Королёва")
        enter.click()
        page.wait_for_selector(SETTLED, timeout=180_000)
        assert page.locator("h1").count() >= 1
        browser.close()
    assert wrong == []
