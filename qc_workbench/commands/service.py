"""serve, doctor, check, models: the installation and the app."""

from __future__ import annotations

import threading
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table
from qc_workbench.commands.terminal import TerminalProgress

if TYPE_CHECKING:
    from qc_workbench.config_serve import Serve


def serve(
    session: Session,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8501,
) -> Done:
    open_app(session, host=host, port=port, browser=False)
    return Done(silent=True)


def open_app(session: Session, *, host: str, port: int, browser: bool) -> None:
    """Serve the app until it is stopped; with ``browser``, show it."""
    from qc_workbench.ui.server import serve as serve_app

    workspace = session.workspace
    url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104 - compared, not bound
    session.note(session.t("cli.serve.started", url=url))
    if is_readable_on_the_way(host, workspace.settings.serve):
        session.note(session.t("cli.serve.readable"))
    _say_how_to_begin(session, url)
    if browser:
        opener = threading.Timer(2.0, webbrowser.open, args=(url,))
        opener.daemon = True
        opener.start()
    from qc_workbench.ui.attendant import Attendant
    from qc_workbench.ui.scheduler import Scheduler

    attendant, scheduler = Attendant(workspace), Scheduler(workspace.home)
    attendant.begin()
    scheduler.begin()
    try:
        serve_app(workspace, host=host, port=port)
    finally:
        scheduler.end()
        attendant.end()


def is_readable_on_the_way(host: str, settings: Serve) -> bool:
    """Whether others may come in with nothing that is known to encrypt: passwords would travel for all to read."""
    return host not in ("127.0.0.1", "::1", "localhost") and not settings.public_address.startswith("https:")


def _say_how_to_begin(session: Session, url: str) -> None:
    """Where nobody has an account yet: a link that makes the first, from another machine too."""
    from qc_workbench.store.people import is_first_run
    from qc_workbench.ui.accounts import set_up_code

    with session.workspace.store.reading() as reader:
        if not is_first_run(reader):
            return
    session.note(session.t("cli.serve.first", url=f"{url}/setup?code={set_up_code(session.workspace.home)}"))


def doctor(session: Session) -> Done:
    from pipelines.doctor import examine

    t = session.t
    checks = examine(session.home)
    rows = tuple((t(f"doctor.{item.code}"), t(f"doctor.state.{item.state}"), item.text(t)) for item in checks)
    failed = [item for item in checks if item.is_fault]
    return Done(
        data={"ok": not failed, "checks": checks},
        tables=(Table("", (t("cli.column.check"), t("cli.column.state"), t("cli.column.detail")), rows),),
        lines=(t("cli.doctor.faults", n=len(failed)) if failed else t("cli.doctor.well"),),
        next_step=None if (session.home / "qcw.toml").exists() else t("cli.doctor.no_workspace", home=session.home),
        exit_code=1 if failed else 0,
    )


def check(session: Session, deep: Annotated[bool, typer.Option("--deep", show_default=False)] = False) -> Done:
    from pipelines.check_integrity import check as check_integrity
    from qc_workbench.commands.summaries import integrity

    return integrity(session, check_integrity(session.workspace, deep=deep, progress=TerminalProgress(session)))


def models_get(
    session: Session,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    if_absent: Annotated[bool, typer.Option("--if-absent", show_default=False)] = False,
) -> Done:
    from pipelines.fetch_model import fetch_model

    model = fetch_model(name, TerminalProgress(session), if_absent=if_absent)
    return Done(
        data={"model": model}, lines=(session.t("cli.models.ready", name=model.name, folder=str(model.folder)),)
    )


def models_list(session: Session) -> Done:
    from qc_workbench.transcription.models import installed_models, models_folder, registry

    t = session.t
    present = {model.name: model for model in installed_models()}
    names = [*present, *(name for name in registry() if name not in present)]
    rows = tuple(
        (
            name,
            t("cli.models.present" if name in present else "cli.models.absent"),
            t.number(present[name].size_bytes / 1_000_000) if name in present else "—",
            str(present[name].folder) if name in present else "—",
        )
        for name in names
    )
    columns = tuple(t(f"cli.column.{name}") for name in ("model", "state", "megabytes", "folder"))
    return Done(
        data={"folder": str(models_folder()), "present": list(present.values()), "known": list(registry())},
        tables=(Table("", columns, rows, frozenset({2})),),
    )


def models_verify(session: Session) -> Done:
    from qc_workbench.errors import ModelError
    from qc_workbench.transcription.models import installed_models, models_folder, verify_model

    t = session.t
    found = installed_models()
    if not found:
        raise ModelError("model_missing", name="base", folder=str(models_folder()))
    results: list[tuple[str, str | None]] = []
    for model in found:
        try:
            verify_model(model.folder, model.name)
            results.append((model.name, None))
        except ModelError as error:
            results.append((model.name, t.error(error)))
    faults = [name for name, fault in results if fault]
    rows = tuple(
        (name, t("doctor.state.fault" if fault else "doctor.state.ok"), fault or "—") for name, fault in results
    )
    columns = tuple(t(f"cli.column.{name}") for name in ("model", "state", "detail"))
    return Done(
        data={"ok": not faults, "models": [{"name": name, "fault": fault} for name, fault in results]},
        tables=(Table("", columns, rows),),
        exit_code=1 if faults else 0,
    )


COMMANDS = (
    Command(("serve",), serve),
    Command(("doctor",), doctor),
    Command(("check",), check),
    Command(("models", "get"), models_get),
    Command(("models", "list"), models_list),
    Command(("models", "verify"), models_verify),
)
