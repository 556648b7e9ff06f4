"""What is kept of whom and how long; what went last and goes next; erasing a client; reports for persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.access_report import access_report
from pipelines.certificates import certificate_bytes
from pipelines.erasure import ErasureReport, erase
from pipelines.progress import Silent
from pipelines.retention import RetentionReport, apply_retention
from qc_workbench.domain.access import Action
from qc_workbench.domain.erasure import Certificate
from qc_workbench.domain.personal_data import KeptData, SubjectKind
from qc_workbench.errors import UsageError
from qc_workbench.review.personal_data import kept_data
from qc_workbench.store import safekeeping
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DataRoom:
    """``clients``, ``employees``: what is kept of each. ``retained_at``: when retention last removed something;
    ``erased_at``: when a person was last erased, ``erasures`` how often. ``is_limited``: some retention is set."""

    clients: tuple[KeptData, ...]
    employees: tuple[KeptData, ...]
    contact: str
    retained_at: datetime | None
    erased_at: datetime | None
    erasures: int
    is_limited: bool


def data_room(workspace: Workspace, t: Translator) -> DataRoom:
    settings = workspace.settings
    with workspace.store.reading() as reader:
        certificates = safekeeping.certificates(reader)
        retained_at = safekeeping.last_retention(reader)
    return DataRoom(
        clients=kept_data(settings, SubjectKind.CLIENT, t),
        employees=kept_data(settings, SubjectKind.EMPLOYEE, t),
        contact=settings.privacy.contact,
        retained_at=retained_at,
        erased_at=certificates[-1]["erased_at"] if certificates else None,
        erasures=len(certificates),
        is_limited=any(
            (settings.retention.recordings_months, settings.retention.transcripts_months,
             settings.retention.audit_months, settings.retention.mail_months)
        ),
    )  # fmt: skip


def next_retention(workspace: Workspace, viewer: Viewer, now: datetime) -> RetentionReport:
    """What would go now; nothing does. Raises :class:`UsageError` ``not_allowed``."""
    viewer.require(Action.ERASE_CLIENT)
    return apply_retention(workspace, now, Silent(), dry_run=True)


def erasure_preview(workspace: Workspace, viewer: Viewer, phone: str) -> ErasureReport:
    """What an erasure would remove; nothing is. Raises ``not_allowed``, ``phone_invalid``."""
    viewer.require(Action.ERASE_CLIENT)
    return erase(workspace, [phone], by=viewer.name, dry_run=True)


def erase_client(workspace: Workspace, viewer: Viewer, phone: str, digits: str, reason: str) -> ErasureReport:
    """``digits``: the last four of the number, typed once more. Raises ``not_allowed``, ``erase_digits`` and what
    :func:`pipelines.erasure.erase` does."""
    viewer.require(Action.ERASE_CLIENT)
    if len(digits.strip()) != _TYPED or not "".join(filter(str.isdigit, phone)).endswith(digits.strip()):
        raise UsageError("erase_digits")
    return erase(workspace, [phone], by=viewer.name, reason=reason.strip())


#: Digits to type again before a person is erased.
_TYPED = 4


def certificate_file(
    workspace: Workspace, viewer: Viewer, certificate: Certificate, form: str, t: Translator
) -> Callable[[], bytes]:
    def make() -> bytes:
        viewer.require(Action.ERASE_CLIENT)
        at = datetime.now(UTC)
        workspace.store.write(
            audit_entry(at, viewer.name, "certificate_exported", certificate.certificate_id, form=form)
        )
        return certificate_bytes(workspace, certificate, f".{form}", t.for_documents())

    return make


def own_report(workspace: Workspace, viewer: Viewer, t: Translator) -> Callable[[], bytes]:
    """Makes the report about whoever asks, when it is asked for."""

    def make() -> bytes:
        if viewer.agent_id is None:
            raise UsageError("access_nobody", agent=viewer.name)
        return access_report(
            workspace, viewer.name, datetime.now(UTC), t.for_documents(), agent=viewer.agent_id
        ).content

    return make


def report_about(workspace: Workspace, viewer: Viewer, t: Translator, *, phone: str = "", agent: str = "") -> bytes:
    """A report about a client or an employee, for whoever answers their question. Without recordings: whoever makes
    it here may hear none. Raises ``not_allowed`` and what :func:`pipelines.access_report.access_report` does."""
    viewer.require(Action.ERASE_CLIENT)
    return access_report(
        workspace, viewer.name, datetime.now(UTC), t.for_documents(),
        phones=(phone,) if phone else (), agent=agent or None,
    ).content  # fmt: skip
