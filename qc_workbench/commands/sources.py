"""sources: how connected systems stand, and whether one answers; secrets: their keys in the encrypted file."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person

SourceName = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
SecretName = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


def sources(session: Session) -> Done:
    from qc_workbench.ui.connection_words import error_words, kind_name, lag_text, recordings_text
    from qc_workbench.ui.viewer import Viewer
    from qc_workbench.ui.views.connections import connections

    t = session.t
    found = connections(session.workspace, Viewer.of_program(person()), session.started_at).connections
    t = session.t  # the workspace's zone by now
    if not found:
        return Done(data={"sources": []}, lines=(t("cli.sources.none"),), next_step=t("cli.sources.none_next"))
    columns = tuple(t(f"connections.column.{name}") for name in ("name", "kind", "health", "good", "lag"))
    lines, notes = [], []
    for item in found:
        facts = item.facts
        good = t.moment(facts.last_good.ended_at) if facts.last_good else "—"
        health = t(f"connections.health.{item.health.value}")
        lines.append((item.name, kind_name(t, item.kind), health, good, lag_text(t, item)))
        if facts.last is not None and facts.last.error_code is not None:
            notes.append(f"{item.name}: {error_words(t, facts.last)}")
        recordings = recordings_text(t, item)
        if recordings is not None and facts.recordings:
            notes.append(f"{item.name}: {t('connections.recordings_line', text=recordings)}")
    data = [
        {
            "name": item.name,
            "kind": item.kind,
            "health": item.health.value,
            "last_good": item.facts.last_good.ended_at if item.facts.last_good else None,
            "lag_s": item.lag.total_seconds() if item.lag is not None else None,
            "code": item.facts.last.error_code if item.facts.last else None,
            "day": dict(item.facts.day),
            "recordings": {state.value: amount for state, amount in item.facts.recordings.items()},
            "paused_by": item.facts.paused.who if item.facts.paused else None,
        }
        for item in found
    ]
    return Done(data={"sources": data}, tables=(Table("", columns, tuple(lines)),), lines=tuple(notes))


def test(session: Session, source_name: SourceName) -> Done:
    from pipelines.try_source import try_source
    from qc_workbench.ui.connection_words import trial_text

    trial = try_source(session.workspace, source_name, person(), session.started_at)
    data = {
        "source": trial.source,
        "good": trial.is_good,
        "rows": trial.rows,
        "took_s": trial.took_s,
        "skew_s": trial.skew_s,
        "code": trial.error.code if trial.error else None,
        "places": dict(trial.places),
    }
    return Done(data=data, lines=(trial_text(session.t, trial),), exit_code=0 if trial.is_good else 1)


def pause(session: Session, source_name: SourceName) -> Done:
    return _moved(session, source_name, paused=True)


def resume(session: Session, source_name: SourceName) -> Done:
    return _moved(session, source_name, paused=False)


def _moved(session: Session, name: str, *, paused: bool) -> Done:
    from pipelines.connections import set_paused

    set_paused(session.workspace, name, paused, person(), session.started_at)
    line = session.t("cli.sources.paused" if paused else "cli.sources.resumed", name=name)
    return Done(data={"source": name, "paused": paused}, lines=(line,))


def set_secret(session: Session, secret_name: SecretName) -> Done:
    from pipelines.connections import keep_secret
    from qc_workbench.sources.secrets_file import KEY_VARIABLE, SecretsFile

    workspace, t = session.workspace, session.t
    secrets = SecretsFile.of(workspace.home)
    is_new_key = not secrets.key_file.exists() and not secrets.environment.get(KEY_VARIABLE, "").strip()
    asked = t("cli.secrets.prompt", name=secret_name)
    value = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.read()
    replaced = keep_secret(workspace, secret_name, value, person(), session.started_at)
    made = (t("cli.secrets.key_made", file=str(secrets.key_file)),) if is_new_key else ()
    return Done(
        data={"name": secret_name, "replaced": replaced},
        lines=(t("cli.secrets.kept", name=secret_name), *made),
    )


def list_secrets(session: Session) -> Done:
    from qc_workbench.sources.secrets_file import SecretsFile

    names = SecretsFile.of(session.workspace.home).names()
    t = session.t
    if not names:
        return Done(data={"names": []}, lines=(t("cli.secrets.none"),))
    table = Table("", (t("connections.column.secret"),), tuple((name,) for name in names))
    return Done(data={"names": names}, tables=(table,))


def remove_secret(session: Session, secret_name: SecretName) -> Done:
    from pipelines.connections import remove_secret

    remove_secret(session.workspace, secret_name, person(), session.started_at)
    return Done(data={"name": secret_name}, lines=(session.t("cli.secrets.removed", name=secret_name),))


COMMANDS = (
    Command(("sources",), sources),
    Command(("sources", "test"), test),
    Command(("sources", "pause"), pause),
    Command(("sources", "resume"), resume),
    Command(("secrets", "set"), set_secret),
    Command(("secrets", "list"), list_secrets),
    Command(("secrets", "remove"), remove_secret),
)
