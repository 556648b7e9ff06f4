"""backup, restore, verify, retention, erase: that nothing is lost that must stay, and nothing stays that must go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person
from qc_workbench.commands.terminal import TerminalProgress

if TYPE_CHECKING:
    from pipelines.archive_format import Manifest

PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", dir_okay=False, show_default=False)
]
IdentityFile = Annotated[Path | None, typer.Option("--identity", metavar="FILE", dir_okay=False, show_default=False)]
SoundsFrom = Annotated[
    Path | None, typer.Option("--recordings-from", metavar="DIR", file_okay=False, show_default=False)
]


def backup(
    session: Session,
    target: Annotated[Path, typer.Argument(metavar="FILE|DIR")],
    without_recordings: Annotated[bool, typer.Option("--without-recordings", show_default=False)] = False,
    recordings_to: Annotated[
        Path | None, typer.Option("--recordings-to", metavar="DIR", file_okay=False, show_default=False)
    ] = None,
    encrypt_to: Annotated[
        list[str] | None, typer.Option("--encrypt-to", metavar="RECIPIENT|FILE", show_default=False)
    ] = None,
    passphrase_file: PassphraseFile = None,
    keep: Annotated[int | None, typer.Option("--keep", metavar="N", min=1, show_default=False)] = None,
) -> Done:
    from pipelines.archive_format import Sounds
    from pipelines.archive_keys import read_keys
    from pipelines.backup import backup as make_backup
    from qc_workbench.errors import UsageError

    if without_recordings and recordings_to is not None:
        raise UsageError("recordings_twice")
    keys = read_keys(encrypt_to or (), passphrase_file=passphrase_file)
    report = make_backup(
        session.workspace,
        target,
        TerminalProgress(session),
        keys=keys,
        sounds=Sounds.LEFT_OUT if without_recordings else Sounds.INSIDE,
        sounds_folder=recordings_to,
        keep=keep,
        by=person(),
    )
    t = session.t
    manifest = report.manifest
    lines = [t("cli.backup.done", file=str(report.file), size=t.number(report.size_bytes / 1e6, 1))]
    lines.append(t("cli.backup.verified") if report.verified else t("cli.backup.sealed"))
    if report.removed:
        lines.append(t("cli.backup.removed", n=len(report.removed)))
    if manifest.missing:
        lines.append(t("cli.backup.missing", n=len(manifest.missing)))
    return Done(
        data={
            "file": str(report.file),
            "bytes": report.size_bytes,
            "sha256": report.sha256,
            "encrypted": report.encrypted,
            "verified": report.verified,
            **_contents(manifest),
            "removed": [str(item) for item in report.removed],
        },
        tables=(_table(session, manifest),),
        lines=tuple(lines),
        exit_code=1 if manifest.missing else 0,
    )


def backup_key(session: Session, file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)]) -> Done:
    from pipelines.archive_keys import write_key

    public = write_key(file)
    t = session.t
    return Done(
        data={"file": str(file), "recipient": public},
        lines=(t("cli.backup_key.done", file=str(file)), public),
        next_step=t("cli.backup_key.next", recipient=public),
    )


def restore(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)],
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False)],
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
    recordings_from: SoundsFrom = None,
) -> Done:
    from pipelines.archive_keys import read_keys
    from pipelines.restore import restore as restore_backup

    keys = read_keys(identity_file=identity, passphrase_file=passphrase_file)
    report = restore_backup(file, folder, keys, TerminalProgress(session), sounds_folder=recordings_from)
    t = session.t
    return Done(
        data={"file": str(file), "home": str(folder), **_contents(report.manifest)},
        tables=(_table(session, report.manifest),),
        lines=(t("cli.restore.done", home=str(folder), made=_moment(session, report.manifest)),),
        next_step=t("cli.restore.next", home=str(folder)),
    )


def verify(
    session: Session,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", dir_okay=False, show_default=False)] = None,
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
    recordings_from: SoundsFrom = None,
) -> Done:
    if file is None:
        from pipelines.check_integrity import check
        from qc_workbench.commands.summaries import integrity

        # Opening the workspace opens the database; deep: every recording is read and compared with its sha256.
        return integrity(session, check(session.workspace, deep=True, progress=TerminalProgress(session)))
    from pipelines.archive_keys import read_keys
    from pipelines.restore import verify_archive

    keys = read_keys(identity_file=identity, passphrase_file=passphrase_file)
    report = verify_archive(file, keys, TerminalProgress(session), sounds_folder=recordings_from)
    t = session.t
    lines = [t("cli.verify.whole", file=str(file), made=_moment(session, report.manifest))]
    if report.manifest.missing:
        lines.append(t("cli.backup.missing", n=len(report.manifest.missing)))
    return Done(
        data={
            "file": str(file),
            "bytes": report.size_bytes,
            "encrypted": report.encrypted,
            **_contents(report.manifest),
        },
        tables=(_table(session, report.manifest),),
        lines=tuple(lines),
        exit_code=1 if report.manifest.missing else 0,
    )


def retention(
    session: Session, dry_run: Annotated[bool, typer.Option("--dry-run", show_default=False)] = False
) -> Done:
    from pipelines.retention import apply_retention

    workspace, t = session.workspace, session.t
    report = apply_retention(workspace, session.as_of, TerminalProgress(session), dry_run=dry_run, actor=person())
    rows = tuple(
        (
            t(f"retention.kind.{item.kind.value}"),
            t("retention.months", n=item.months) if item.months else t("retention.for_ever"),
            t.number(item.count),
            t.number(item.size_bytes / 1e6, 1),
            t.day(item.oldest, "d MMM y") if item.oldest else "—",
            t.day(item.newest, "d MMM y") if item.newest else "—",
            t.number(len(item.held)),
        )
        for item in report.kinds
    )
    columns = (
        "",
        *(t(f"retention.column.{name}") for name in ("kept", "goes", "megabytes", "oldest", "newest", "held")),
    )
    held = tuple(
        (
            t(f"retention.kind.{item.kind.value}"),
            hold.call_id,
            t(f"retention.hold.{hold.reason.value}"),
            t.day(hold.until, "d MMM y") if hold.until else t("retention.until_closed"),
        )
        for item in report.kinds
        for hold in item.held
    )
    tables = [Table("", columns, rows, frozenset({2, 3, 6}))]
    if held:
        names = tuple(t(f"retention.column.{name}") for name in ("what", "call", "why", "until"))
        tables.append(Table(t("retention.held"), names, held))
    if not any(item.months for item in report.kinds):
        line = t("retention.nothing_set")
    elif dry_run:
        line = t("retention.dry")
    else:
        line = t("retention.done", n=report.files_removed, size=t.number(report.freed_bytes / 1e6, 1))
    return Done(
        data={
            "dry_run": report.dry_run,
            "kinds": report.kinds,
            "files_removed": report.files_removed,
            "freed_bytes": report.freed_bytes,
        },
        tables=tuple(tables),
        lines=(line,),
    )


def erase(
    session: Session,
    phone: Annotated[list[str] | None, typer.Option("--phone", metavar="PHONE", show_default=False)] = None,
    again: Annotated[
        list[Path] | None, typer.Option("--again", metavar="CERTIFICATE.json", dir_okay=False, show_default=False)
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", show_default=False)] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE.(json|html|pdf)", dir_okay=False, show_default=False)
    ] = None,
    show_phone: Annotated[bool, typer.Option("--show-phone", show_default=False)] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", show_default=False)] = False,
) -> Done:
    from pipelines.certificates import check_certificate_file, read_certificates, write_certificate
    from pipelines.erasure import erase as erase_person
    from pipelines.erasure import phones_of_certificates, with_phones
    from qc_workbench.errors import UsageError

    if bool(phone) == bool(again):
        raise UsageError("erase_whom")
    workspace, t = session.workspace, session.t
    if certificate is not None:
        check_certificate_file(certificate)
    phones = list(phone or ()) or phones_of_certificates(workspace, read_certificates(again or ()))
    # Not the moment of the analysis: an erasure happens when it happens.
    report = erase_person(workspace, phones, by=by or person(), reason=reason or "", dry_run=dry_run)
    made = report.certificate
    lines = []
    if dry_run and report.removed:
        lines.append(t("erasure.dry"))
    elif made is None:
        lines.append(t("erasure.nothing"))
    else:
        lines.append(t("erasure.done", number=made.certificate_id))
        if certificate is not None:
            shown = with_phones(made, phones, workspace.settings.company.phone_region) if show_phone else made
            session.audit(
                "certificate_exported", made.certificate_id, file=certificate.name, with_phones=show_phone or None
            )
            write_certificate(workspace, shown, certificate, t)
            lines.append(t("erasure.certificate.written", file=str(certificate)))
        if made.backups:
            lines.append(t("erasure.backups_remain", n=len(made.backups)))
    if report.other_phones:
        lines.append(t("erasure.other_phones", phones=", ".join(report.other_phones)))
    rows = tuple(
        (
            t(f"erasure.kind.{item.kind}"),
            t.number(item.count),
            t("erasure.anonymised" if item.anonymised else "erasure.deleted"),
        )
        for item in report.removed
    )
    columns = tuple(t(f"erasure.column.{name}") for name in ("what", "count", "how"))
    return Done(
        data={
            "dry_run": dry_run,
            "removed": report.removed,
            "certificate": made.as_json() if made else None,
            "certificate_file": str(certificate) if certificate and made else None,
        },
        tables=(Table("", columns, rows, frozenset({1})),) if rows else (),
        lines=tuple(lines),
    )


def access_report(
    session: Session,
    out: Annotated[Path, typer.Argument(metavar="FILE.zip", dir_okay=False)],
    phone: Annotated[list[str] | None, typer.Option("--phone", metavar="PHONE", show_default=False)] = None,
    agent: Annotated[str | None, typer.Option("--agent", metavar="ID", show_default=False)] = None,
    with_recordings: Annotated[bool, typer.Option("--with-recordings", show_default=False)] = False,
) -> Done:
    from datetime import UTC, datetime

    from pipelines.access_report import access_report as make_report
    from pipelines.access_report import write_access_report
    from pipelines.build_report import known_ending

    known_ending(out, (".zip",))
    made = make_report(
        session.workspace, person(), datetime.now(UTC), session.t.for_documents(),
        phones=tuple(phone or ()), agent=agent, with_recordings=with_recordings,
    )  # fmt: skip
    write_access_report(made, out)
    t = session.t
    return Done(
        data={"file": str(out), "rows": dict(made.rows), "recordings": made.recordings},
        lines=(t("cli.access_report.done", file=str(out), n=sum(made.rows.values())),),
        next_step=t("cli.access_report.next"),
    )


def _contents(manifest: Manifest) -> dict[str, object]:
    return {
        "made_at": manifest.made_at,
        "program_version": manifest.program_version,
        "schema_version": manifest.schema_version,
        "tables": dict(manifest.tables),
        "recordings": manifest.sounds.value,
        "recordings_kept": len(manifest.recordings),
        "recordings_missing": list(manifest.missing),
    }


def _table(session: Session, manifest: Manifest) -> Table:
    t = session.t
    kept = manifest.recordings
    size = sum(item.size_bytes for item in kept)
    rows = (
        (t("backup.made"), _moment(session, manifest)),
        (t("backup.program"), f"{manifest.program_version}, {t('backup.schema', number=manifest.schema_version)}"),
        (t("entity.calls"), t.number(manifest.tables.get("calls", 0))),
        (t("backup.transcripts"), t.number(manifest.tables.get("transcripts", 0))),
        (
            t("backup.recordings"),
            f"{t.number(len(kept))} ({t('backup.megabytes', size=t.number(size / 1e6, 1))}), "
            + t(f"backup.sounds.{manifest.sounds.value}"),
        ),
    )
    return Table("", (t("backup.contents"), ""), rows)


def _moment(session: Session, manifest: Manifest) -> str:
    return session.t.moment(manifest.made_at, "d MMMM y, HH:mm")


COMMANDS = (
    Command(("backup",), backup),
    Command(("backup-key",), backup_key),
    Command(("restore",), restore),
    Command(("verify",), verify),
    Command(("retention",), retention),
    Command(("erase",), erase),
    Command(("access-report",), access_report),
)
