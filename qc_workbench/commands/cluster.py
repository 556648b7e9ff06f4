"""cluster: several machines that share the heavy work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table

if TYPE_CHECKING:
    from qc_workbench.config import Settings

_KEY = typer.Option("--key", metavar="FILE", dir_okay=False, show_default=False)


def cluster_key(
    session: Session,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", dir_okay=False, show_default=False)] = None,
) -> Done:
    from qc_workbench.work.cluster_key import make_key

    path = file or _key_file(session, None)
    ends = make_key(path, session.started_at)
    t = session.t
    return Done(
        data={"file": str(path), "ends": ends},
        lines=(t("cli.cluster.key_made", file=str(path), day=t.day(ends, "d MMMM y")),),
        next_step=t("cli.cluster.key_next"),
    )


def cluster_scheduler(
    session: Session,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8786,
    key: Annotated[Path | None, _KEY] = None,
) -> Done:
    from qc_workbench.work.cluster_node import run_scheduler

    def started(bound: int) -> None:
        session.note(session.t("cli.cluster.scheduler_started", address=f"dask://{host}:{bound}"))

    run_scheduler(host, port, _security(session, key), started)
    return Done(silent=True)


def cluster_worker(
    session: Session,
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    processes: Annotated[int | None, typer.Option("--processes", min=1, show_default=False)] = None,
    gpu: Annotated[bool, typer.Option("--gpu", show_default=False)] = False,
    name: Annotated[str | None, typer.Option("--name", show_default=False)] = None,
    host: Annotated[str | None, typer.Option("--host", show_default=False)] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8790,
    key: Annotated[Path | None, _KEY] = None,
) -> Done:
    from qc_workbench.work.cluster import scheduler_address
    from qc_workbench.work.cluster_node import run_workers, worker_machine

    t = session.t
    machine = worker_machine(processes, gpu=gpu, name=name, host=host, first_port=port)

    def say(what: str) -> None:
        session.note(t(f"cli.cluster.worker.{what}", address=address))

    run_workers(scheduler_address(address), machine, _security(session, key), say)
    return Done(silent=True)


def cluster_status(
    session: Session,
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", show_default=False)] = None,
    key: Annotated[Path | None, _KEY] = None,
) -> Done:
    from qc_workbench.errors import UsageError
    from qc_workbench.work.cluster import Cluster
    from qc_workbench.work.identity import required_here

    t = session.t
    settings = _settings(session)
    where = address or settings.work.executor
    if not address and where == "local":
        raise UsageError("cluster_unset")
    cluster = Cluster(where, _key_file(session, key), required_here(settings.speech))
    try:
        cluster.wait_until_known()
        workers, refusals = cluster.workers(), cluster.refusals()
    finally:
        cluster.close()
    rows = [(item.name, t(f"cluster.needs.{item.needs}"), t("cluster.state.ready"), "—") for item in workers]
    for refusal in refusals:
        told = "; ".join(
            t(f"cluster.reason.{item.what}", name=item.name, here=item.here, there=item.there)
            for item in refusal.reasons
        )
        rows.append((refusal.worker, "—", t("cluster.state.refused"), told))
    columns = tuple(t(f"cli.column.{name}") for name in ("worker", "kind", "state", "detail"))
    line = t("cli.cluster.count", n=len(workers)) if workers else t("cli.cluster.nobody", address=where)
    return Done(
        data={"address": where, "workers": workers, "refused": refusals},
        tables=(Table("", columns, tuple(rows)),) if rows else (),
        lines=(line,),
        exit_code=0 if workers and not refusals else 1,
    )


def _settings(session: Session) -> Settings:
    """The settings alone: a worker machine has no workspace."""
    from qc_workbench.config import load_settings

    return load_settings(session.home / "qcw.toml")


def _key_file(session: Session, key: Path | None) -> Path:
    return key or session.home / _settings(session).work.cluster_key


def _security(session: Session, key: Path | None) -> Any:
    from qc_workbench.work.cluster_key import security_of

    return security_of(_key_file(session, key), session.started_at)


COMMANDS = (
    Command(("cluster", "key"), cluster_key),
    Command(("cluster", "scheduler"), cluster_scheduler),
    Command(("cluster", "worker"), cluster_worker),
    Command(("cluster", "status"), cluster_status),
)
