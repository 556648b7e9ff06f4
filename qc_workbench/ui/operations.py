"""For whoever keeps the service running: ``/healthz`` and ``/metrics``.

Neither says whose: amounts, ages and sizes only. ``/metrics`` and the details of ``/healthz`` answer programs on this
machine; with ``serve.metrics_token_file`` they answer whoever brings the token, from anywhere. A request that a
proxy passed on is not from this machine, whatever its last hop was.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.run_scheduled import troubles
from qc_workbench import __version__
from qc_workbench.config import Settings
from qc_workbench.errors import QcwError
from qc_workbench.store.database import OwnerStatus
from qc_workbench.store.operating import OperatingFigures, operating_figures
from qc_workbench.ui.state import default_home, open_workspace
from qc_workbench.ui.traffic import REGISTRY

#: Below this the next saves fail: the service counts as down, so that somebody is called. MiB.
DISK_FULL_MIB: Final = 64
#: What was asked of the store within these seconds is told again: probes and scrapes must cost nothing.
FRESH_S: Final = 10.0
#: A name or number with or without a port, and nothing around it.
_HOST: Final = re.compile(r"(?:\[(?P<number>[0-9a-fA-F:.]+)\]|(?P<name>[\w.-]+))(?::[0-9]{1,5})?")
#: Headers that a proxy adds.
_PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Condition:
    """The workspace as seen now. ``fault``: code of what keeps the store from answering. ``schedule``: jobs that run by
    themselves and failed or are overdue."""

    at: datetime
    fault: str | None
    answer_s: float | None
    owner: OwnerStatus | None
    figures: OperatingFigures | None
    free_bytes: int
    store_bytes: int
    model: str | None
    model_fault: str | None
    schedule: Mapping[str, str] = field(default_factory=dict)

    def state(self, settings: Settings) -> str:
        """ok; degraded: it serves, but somebody should look; down: it does not serve, or saves are about to fail."""
        if self.fault or self.free_bytes < DISK_FULL_MIB * 2**20:
            return "down"
        is_low = self.free_bytes < settings.serve.least_free_mib * 2**20
        return "degraded" if is_low or self.model_fault or self.schedule else "ok"


def routes() -> list[Route]:
    return [Route("/healthz", _health), Route("/metrics", _metrics)]


def look(home: Path) -> Condition:
    """Ask everything once. Never raises: what fails is part of the answer."""
    at = datetime.now(UTC)
    fault, answer_s, owner, figures = None, None, None, None
    model = model_fault = None
    schedule: Mapping[str, str] = {}
    try:
        workspace = open_workspace(home)
        started = perf_counter()
        with workspace.store.reading() as reader:
            reader.value("select 1")
            answer_s = perf_counter() - started
            figures = operating_figures(reader)
        owner = workspace.store.status()
        model, model_fault = _model(workspace.settings)
        schedule = troubles(workspace, at)
    except QcwError as error:
        fault = error.code
    except Exception as error:
        fault = type(error).__name__
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    file = home / "qcw.duckdb"
    return Condition(
        at,
        fault,
        answer_s,
        owner,
        figures,
        shutil.disk_usage(place).free,
        file.stat().st_size if file.exists() else 0,
        model,
        model_fault,
        schedule,
    )


def _model(settings: Settings) -> tuple[str | None, str | None]:
    from qc_workbench.transcription.models import resolve  # the speech engine's libraries: not needed to draw pages

    try:
        return resolve(settings.speech).name, None
    except QcwError as error:
        return None, error.code


_turn = threading.Lock()
_last: dict[Path, tuple[float, Condition]] = {}


def _condition() -> Condition:
    """What was seen within the last seconds, or a new look; one look at a time."""
    home = default_home()
    with _turn:
        seen = _last.get(home)
        if seen is None or monotonic() - seen[0] > FRESH_S:
            seen = (monotonic(), look(home))
            _last.clear()
            _last[home] = seen
        return seen[1]


# Who may ask -------------------------------------------------------------------------------------------------------


def _settings() -> Settings:
    """Of the workspace; the defaults where it can't be opened, because then the health check must still answer."""
    try:
        return open_workspace(default_home()).settings
    except QcwError:
        return Settings()


def may_ask(request: Request, settings: Settings, home: Path) -> bool:
    """Whether the details are for this request. A token file that can't be read or is empty lets nobody in."""
    if settings.serve.metrics_token_file:
        try:
            token = (home / settings.serve.metrics_token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return False
        given = request.headers.get("authorization", "")
        return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return from_this_machine(request)


def from_this_machine(request: HTTPConnection) -> bool:
    """Whether no other machine sends it. What a proxy passed on is not from here, whatever its last hop was.

    Nor is what asks for another machine's name: a page from elsewhere whose name was made to lead here (DNS rebinding)
    would speak for the person at this machine.
    """
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    asked = _HOST.fullmatch(request.headers.get("host", ""))
    if asked is None:
        return False
    name = (asked["number"] or asked["name"]).lower()
    return _is_loopback(request.client.host) and (name == "localhost" or _is_loopback(name))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Answers; in threads (not async), because they wait for the store -------------------------------------------------


def _health(request: Request) -> Response:
    settings, seen = _settings(), _condition()
    state = seen.state(settings)
    answer: dict[str, object] = {"status": state, "version": __version__}
    if seen.fault:
        answer["code"] = seen.fault
    if may_ask(request, settings, default_home()):
        answer |= _details(seen, settings)
    return JSONResponse(answer, status_code=503 if state == "down" else 200, headers={"cache-control": "no-store"})


def _details(seen: Condition, settings: Settings) -> dict[str, object]:
    moments = _moments(seen.figures)
    return {
        "store": {"ok": seen.fault is None, "answer_s": seen.answer_s and round(seen.answer_s, 4)},
        "disk": {
            "ok": seen.free_bytes >= settings.serve.least_free_mib * 2**20,
            "free_bytes": seen.free_bytes,
            "wanted_bytes": settings.serve.least_free_mib * 2**20,
        },
        "model": {"ok": seen.model is not None, "name": seen.model, "code": seen.model_fault},
        "schedule": {"ok": not seen.schedule, "jobs": dict(seen.schedule)},
        "age_s": {name: round((seen.at - moment).total_seconds()) for name, moment in moments},
    }


def _moments(figures: OperatingFigures | None) -> list[tuple[str, datetime]]:
    """When each kind of work last happened, by name; what never did is left out."""
    if figures is None:
        return []
    known = [("import", figures.last_import_at), ("draw", figures.last_draw_at), ("backup", figures.last_backup_at)]
    return [(name, moment) for name, moment in (*known, *sorted(figures.last_done.items())) if moment is not None]


def _metrics(request: Request) -> Response:
    if not may_ask(request, _settings(), default_home()):
        return Response(status_code=403)
    return Response(generate_latest(SCRAPED) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


class _Scraped(Collector):
    """The condition as metrics, made at each scrape."""

    def collect(self) -> Iterable[Metric]:
        seen = _condition()
        yield InfoMetricFamily("qcw_build", "The program.", value={"version": __version__})
        yield _gauge("qcw_store_up", "1: the store answers.", float(seen.fault is None))
        yield _gauge("qcw_workspace_free_bytes", "Free space where the workspace lies.", seen.free_bytes)
        yield _gauge("qcw_store_bytes", "Size of the database file.", seen.store_bytes)
        yield _labelled(
            "qcw_schedule_troubled", "1: a job that runs by itself failed or is overdue.", ("job", "trouble"),
            [((job, trouble), 1.0) for job, trouble in sorted(seen.schedule.items())],
        )  # fmt: skip
        yield _gauge("qcw_model_present", "1: a speech model is ready.", float(seen.model is not None))
        if seen.answer_s is not None:
            yield _gauge("qcw_store_answer_seconds", "Time of a trivial read.", seen.answer_s)
        if seen.owner is not None:
            yield from _owner(seen.owner)
        if seen.figures is not None:
            yield from _amounts(seen.figures, seen.at)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _labelled(
    name: str, meaning: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _owner(owner: OwnerStatus) -> Iterator[Metric]:
    yield CounterMetricFamily("qcw_store_writes", "Writes since the store's owner started.", value=owner.writes)
    yield CounterMetricFamily("qcw_store_reads", "Reads since the store's owner started.", value=owner.reads)
    yield _gauge("qcw_store_clients", "Connections to the store's owner.", owner.clients)
    yield _gauge("qcw_store_owner_up_seconds", "Since the store's owner started.", owner.up_s)
    known = (("0.5", owner.write_p50_s), ("0.95", owner.write_p95_s))
    yield _labelled(
        "qcw_store_write_recent_seconds",
        "Time of the last thousand writes, arrival to disk.",
        ("quantile",),
        [((quantile,), value) for quantile, value in known if value is not None],
    )


def _amounts(figures: OperatingFigures, at: datetime) -> Iterator[Metric]:
    yield _labelled(
        "qcw_calls", "Calls that reached a stage.", ("stage",), [((k,), n) for k, n in sorted(figures.calls.items())]
    )
    yield _labelled(
        "qcw_recordings",
        "Recordings by state.",
        ("state",),
        [((k,), n) for k, n in sorted(figures.recordings.items())],
    )
    yield _labelled(
        "qcw_sampled_calls", "Calls chosen for review.", ("queue", "status"), sorted(figures.sampled.items())
    )
    yield _labelled("qcw_jobs", "Units of work in the ledger.", ("step", "state"), sorted(figures.jobs.items()))
    yield _labelled(
        "qcw_job_oldest_waiting_seconds",
        "Age of the oldest waiting unit of work.",
        ("step",),
        [((step,), (at - since).total_seconds()) for step, since in sorted(figures.waiting_since.items())],
    )
    yield _gauge("qcw_steps_paused", "Steps that a person has paused.", figures.paused_steps)
    yield _gauge("qcw_recognised_sound_seconds", "Sound whose words are in the store.", figures.recognised_s)
    yield _labelled(
        "qcw_last_done_timestamp_seconds",
        "When a kind of work last ended, seconds since 1970.",
        ("work",),
        [((name,), moment.timestamp()) for name, moment in _moments(figures)],
    )


SCRAPED: Final = CollectorRegistry()
SCRAPED.register(_Scraped())
ProcessCollector(registry=SCRAPED)
