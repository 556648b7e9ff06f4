"""What a cluster makes of the calls, with a worker killed in the middle and one added, is what one machine makes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qc_workbench.config import Speech
from qc_workbench.errors import ModelError
from qc_workbench.transcription.models import resolve
from qc_workbench.workspace import Workspace
from tests.pipelines.cluster_parts import Machines, until

psutil = pytest.importorskip("psutil", reason="the cluster extra is not installed")
pytest.importorskip("distributed", reason="the cluster extra is not installed")
pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(3000)]

#: Another folder of the same form may be named, for a longer comparison.
DATA = Path(os.environ.get("QCW_TEST_CALLS") or Path(__file__).parents[2] / "samples")
AS_OF = "2026-11-01T09:00+03:00"
#: Processor seconds after which a worker is certainly in the middle of a batch: of recognition with few calls, of
#: measuring with many.
_IN_THE_MIDDLE_S = 12.0


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    try:
        resolve(Speech())
    except ModelError as error:
        pytest.skip(f"no speech model here: {error}")
    found = Machines(tmp_path)
    found.start()
    yield found
    found.stop()


def qcw(machines: Machines, home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "qc_workbench.cli", "--home", str(home), "--as-of", AS_OF, *arguments],
        cwd=machines.program, env={**os.environ, "PYTHONPATH": str(machines.program)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def done(process: subprocess.Popen[bytes], *codes: int) -> bytes:
    out, err = process.communicate(timeout=2400)
    assert process.returncode in (codes or (0,)), err.decode()[-3000:]
    return out


def company(machines: Machines, name: str, settings: str = "") -> Path:
    home = machines.folder / name
    home.mkdir()
    (home / "qcw.toml").write_text(settings, encoding="utf-8")
    done(qcw(machines, home, "-q", "ingest", "csv", str(DATA)), 0, 1)
    return home


def exports(machines: Machines, home: Path) -> dict[str, bytes]:
    done(qcw(machines, home, "-q", "detect"), 0, 1)
    kinds = ("transcripts", "calls", "flags", "commitments", "refusals")
    return {what: done(qcw(machines, home, "export", what, "--format", "jsonl")) for what in kinds}


def test_a_cluster_with_a_killed_and_an_added_worker_gives_the_exports_of_one_machine(machines: Machines) -> None:
    alone = company(machines, "alone")
    done(qcw(machines, alone, "-q", "transcribe", "--all"), 0, 1)
    expected = exports(machines, alone)
    assert expected["transcripts"].count(b"\n") > 10

    # the recordings are found where the worker machine has them: another path than the workspace's own
    elsewhere = machines.folder / "network folder"
    shared = company(
        machines,
        "shared",
        f'[work]\nexecutor = "{machines.address}"\ncluster_key = "{machines.key}"\nrecordings_at = "{elsewhere}"\n',
    )
    elsewhere.symlink_to(shared)
    first = machines.worker("first", 2)
    machines.heard(first, "Joined")
    run = qcw(machines, shared, "-q", "transcribe", "--all")

    def busiest() -> psutil.Process | None:
        spawned = [
            item for item in psutil.Process(first.pid).children(recursive=True) if "spawn_main" in str(item.cmdline())
        ]
        busy = [item for item in spawned if item.cpu_times().user > _IN_THE_MIDDLE_S]
        return busy[0] if busy else None

    victim = until(busiest, within_s=600)
    os.kill(victim.pid, signal.SIGKILL)
    machines.worker("added", 1)
    done(run, 0, 1)

    assert exports(machines, shared) == expected
    with Workspace.open(shared).store.reading() as reader:
        lost = reader.rows("select distinct step, batch from jobs where losses > 0")
        states = {row["state"] for row in reader.rows("select distinct state from jobs where step = 'transcribe'")}
    assert len(lost) == 1, "the killed worker had one batch in its hands"
    assert states <= {"done", "failed"}
