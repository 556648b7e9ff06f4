"""The certificate of an erasure as a document: the act and the extract from the log that Russian law asks for.

What it must say: Roskomnadzor's order No. 179 of 28.10.2022, which article 21, part 7 of Federal Law 152-FZ points to.
Places that only people can fill (position, signature, address) are left open.
"""

from __future__ import annotations

from qc_workbench.domain.erasure import Certificate
from qc_workbench.reporting.document import Cell, Document, Notice, Paragraph, Section, Table, Words, text, whole


def certificate_document(certificate: Certificate, words: Words) -> Document:
    """The document in one language."""
    t = words
    moment = t.moment(certificate.erased_at, "d MMMM y, HH:mm")
    return Document(
        language=t.language,
        title=t("erasure.certificate.title"),
        subtitle=t("erasure.certificate.subtitle", number=certificate.certificate_id, moment=moment),
        made=t("erasure.certificate.made", system=certificate.system, sha256=certificate.sha256),
        sections=(
            Section(t("erasure.certificate.act"), (Paragraph(t("erasure.certificate.basis")), _act(certificate, t))),
            Section(
                t("erasure.certificate.log"),
                (Paragraph(t("erasure.certificate.log_says")), _log(certificate, t, moment)),
            ),
            Section(
                t("erasure.certificate.kept"),
                tuple(Paragraph(t(f"erasure.ground.{item.value}")) for item in certificate.kept),
            ),
            Section(t("erasure.certificate.backups"), _backups(certificate, t)),
            Section(
                t("erasure.certificate.outside"),
                (Notice(t("erasure.certificate.outside_says")), Paragraph(t("erasure.certificate.keep"))),
            ),
        ),
    )


def _act(certificate: Certificate, t: Words) -> Table:
    open_line = "_" * 32
    rows = (
        ("operator", certificate.operator or open_line),
        ("address", open_line),
        ("subject", t("erasure.certificate.subject_says", phones=", ".join(certificate.phones))),
        ("hash", ", ".join(certificate.keyed_hashes)),
        ("categories", t("erasure.certificate.categories_say")),
        ("system", certificate.system),
        ("way", t("erasure.certificate.way_says")),
        ("reason", certificate.reason or t("erasure.certificate.reason_default")),
        ("day", t.moment(certificate.erased_at, "d MMMM y, HH:mm")),
        ("by", certificate.by),
        ("signature", open_line),
    )
    return Table(
        "act",
        (t("erasure.certificate.field"), t("erasure.certificate.value")),
        tuple((text(t(f"erasure.certificate.{name}")), text(value)) for name, value in rows),
        widths=(1, 2),
    )


def _log(certificate: Certificate, t: Words, moment: str) -> Table:
    rows = tuple(
        (
            text(t(f"erasure.kind.{item.kind}")),
            whole(t, item.count),
            text(t("erasure.anonymised" if item.anonymised else "erasure.deleted")),
            Cell(moment, certificate.erased_at),
        )
        for item in certificate.removed
    )
    columns = tuple(t(f"erasure.column.{name}") for name in ("what", "count", "how", "when"))
    return Table("log", columns, rows, widths=(3, 1, 2, 2))


def _backups(certificate: Certificate, t: Words) -> tuple[Paragraph | Table, ...]:
    rows = tuple(
        (
            Cell(t.moment(item.made_at, "d MMMM y, HH:mm"), item.made_at),
            text(item.name),
            text(t("erasure.certificate.encrypted" if item.encrypted else "erasure.certificate.plain")),
            text(t("erasure.certificate.there" if item.is_there else "erasure.certificate.not_there")),
        )
        for item in certificate.backups
    )
    if not rows:
        return (Paragraph(t("erasure.certificate.no_backups")),)
    columns = tuple(t(f"erasure.column.{name}") for name in ("made", "file", "protection", "place"))
    return Paragraph(t("erasure.certificate.backups_say")), Table("backups", columns, rows, widths=(2, 3, 2, 2))
