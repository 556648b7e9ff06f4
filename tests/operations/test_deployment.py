"""The files of deploy/ pass the tools that will read them, and agree with the program and with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from qc_workbench.cli import COMMANDS
from qc_workbench.commands.frame import common_parameters, described_parameters
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.traffic import REGISTRY
from tests.ui import sample_company as company

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
PROGRAM = "/opt/qc-workbench/.venv/bin/qcw"
#: Highest "exposure" of systemd-analyze security that is accepted: 0 is closed, 10 is open.
EXPOSURE_MOST = 2.0


def tool(name: str) -> str:
    """The program, from beside this interpreter or the path; without it the test is skipped and says so."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name, path="/usr/sbin:/sbin")
    found = found or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with a program that is there, as systemd insists on it."""
    folder = tmp_path_factory.mktemp("units")
    for path in (*SERVICES, *SYSTEMD.glob("*.timer")):
        (folder / path.name).write_text(path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"), "utf-8")
    return folder


def test_systemd_reads_every_unit_without_a_warning(units: Path) -> None:
    analyze = tool("systemd-analyze")
    result = run(analyze, "verify", "--man=no", *map(str, sorted(units.iterdir())))
    assert (result.returncode, result.stderr) == (0, "")


def test_the_linter_would_notice_a_misspelt_line(units: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    broken = tmp_path / "qc-workbench.service"
    text = (units / "qc-workbench.service").read_text(encoding="utf-8")
    broken.write_text(text.replace("NoNewPrivileges", "NoNewPrivilege"), encoding="utf-8")
    assert "NoNewPrivilege" in run(analyze, "verify", "--man=no", str(broken)).stderr


@pytest.mark.parametrize("service", [path.name for path in SERVICES])
def test_every_service_is_closed_up(units: Path, service: str) -> None:
    analyze = tool("systemd-analyze")
    if "--offline" not in run(analyze, "--help").stdout:
        pytest.skip("this systemd-analyze judges no files")
    said = run(analyze, "security", "--offline=true", "--no-pager", str(units / service)).stdout
    level = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert level, said
    assert float(level[1]) <= EXPOSURE_MOST


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_every_service_calls_a_command_that_exists_with_options_that_exist(service: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.+)$", service.read_text(encoding="utf-8"), re.MULTILINE)
    program, name, *arguments = line.split()
    assert program == PROGRAM
    found = [command for command in COMMANDS if command.words == (name,)]
    if not found:
        pytest.skip(f"qcw {name} is not there yet")
    t = Translator("en")
    parameters = [*described_parameters(found[0], t), *common_parameters(t)]
    known = {f"--{parameter.name.replace('_', '-')}" for parameter in parameters}
    assert [argument for argument in arguments if argument.startswith("--") and argument not in known] == []


def test_all_services_meet_at_one_place_for_sockets_and_write_where_they_may() -> None:
    for path in SERVICES:
        text = path.read_text(encoding="utf-8")
        assert "Environment=TMPDIR=/var/lib/qc-workbench/tmp" in text, path.name
        assert "Environment=QCW_HOME=/var/lib/qc-workbench/workspace" in text, path.name
        assert "ReadWritePaths=/var/lib/qc-workbench" in text, path.name
        assert "User=qcw" in text, path.name


def test_every_timer_has_its_service() -> None:
    timers = {path.stem for path in SYSTEMD.glob("*.timer")}
    assert timers == {path.stem for path in SERVICES} - {"qc-workbench"}


def test_the_container_file_passes_its_linter() -> None:
    hadolint = tool("hadolint")
    result = run(hadolint, "--no-color", str(DEPLOY / "container" / "Containerfile"))
    assert (result.returncode, result.stdout) == (0, "")


def test_the_linter_would_notice_a_base_without_a_version(tmp_path: Path) -> None:
    hadolint = tool("hadolint")
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    broken = tmp_path / "Containerfile"
    broken.write_text(re.sub(r"(library/python):\S+", r"\1", text), encoding="utf-8")
    assert "DL3006" in run(hadolint, "--no-color", str(broken)).stdout


def test_the_container_runs_as_nobody_special_and_asks_its_own_health() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    last_stage = text.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert "/healthz" in last_stage
    assert "COPY . " not in text


def test_what_the_container_is_built_from_is_let_through_and_nothing_else() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in ignore if line and not line.startswith("#")) == "*"
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    copied = {
        source.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in allowed)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    for path in (DEPLOY / "prometheus").iterdir():
        shutil.copy(path, folder)
    return folder


def test_prometheus_reads_the_rules_and_the_scrape(rules: Path) -> None:
    result = run(tool("promtool"), "check", "config", str(rules / "scrape.yml"))
    assert result.returncode == 0, result.stdout + result.stderr


_SCENE = """
rule_files: [alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'up{job="qc-workbench"}', values: '1x60' }
      - { series: 'qcw_store_up', values: '1x10 0x50' }
      - { series: 'qcw_workspace_free_bytes', values: '9e11x60' }
      - { series: 'qcw_jobs{step="transcribe",state="poisoned"}', values: '0x10 2x50' }
      - { series: 'qcw_last_done_timestamp_seconds{work="backup"}', values: '0x60' }
    alert_rule_test:
      - { eval_time: 5m, alertname: QcwStoreDown, exp_alerts: [] }
      - eval_time: 20m
        alertname: QcwStoreDown
        exp_alerts:
          - exp_labels: { severity: page }
            exp_annotations:
              summary: The store of QC Workbench does not answer. Nothing can be saved.
              action: The code in /healthz is explained in docs/operations.md.
      - eval_time: 25m
        alertname: QcwWorkPoisoned
        exp_alerts:
          - exp_labels: { severity: ticket, step: transcribe }
            exp_annotations:
              summary: Calls that kill their worker were set aside in the step transcribe.
      - { eval_time: 50m, alertname: QcwNoBackup, exp_alerts: [] }
"""


def test_alerts_fire_when_they_should(rules: Path) -> None:
    (rules / "scene.yml").write_text(_SCENE, encoding="utf-8")
    result = run(tool("promtool"), "test", "rules", str(rules / "scene.yml"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_alerts_ask_for_metrics_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qc_workbench.ui.operations import SCRAPED

    monkeypatch.setenv(HOME_VARIABLE, str(company.empty_company(tmp_path).home))
    text = (generate_latest(SCRAPED) + generate_latest(REGISTRY)).decode()
    known = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    expressions = re.findall(r"expr: (.+)$", (DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"), re.MULTILINE)
    asked = {name for expression in expressions for name in re.findall(r"qcw_\w+", expression)}
    assert len(asked) >= 8
    assert asked - known == set()


def test_nginx_reads_the_proxy(tmp_path: Path) -> None:
    nginx, openssl = tool("nginx"), tool("openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = run(
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
        *("-subj", "/CN=qc.example.org", "-keyout", str(key), "-out", str(certificate)),
    )
    assert made.returncode == 0, made.stderr
    text = (DEPLOY / "nginx" / "qc-workbench.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/ssl/qc-workbench/fullchain.pem", str(certificate))
    text = text.replace("/etc/ssl/qc-workbench/privkey.pem", str(key)).replace("/var/log/nginx/", f"{tmp_path}/")
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n", encoding="utf-8")
    result = run(nginx, "-t", "-e", str(tmp_path / "error.log"), "-p", str(tmp_path), "-c", str(whole))
    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr
