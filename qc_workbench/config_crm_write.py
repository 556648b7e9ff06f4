"""Settings of what is written into the CRM: ``[crm_write]``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final, Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.crm_write import WriteKind, WriteMode

#: What call tracking tells, as the mapping of fields may name it.
TRACKING_NAMES: Final = ("source", "medium", "campaign", "term", "content", "landing", "client_id")
CallsMeant = Literal["inbound", "outbound", "missed"]
_MODE = (
    "off: not planned; dry: planned and shown, never written; approved: written once a person has approved it; "
    "automatic: written without asking."
)


class WriteRule(Section):
    """One kind of write."""

    mode: Literal["off", "dry", "approved", "automatic"] = Field("dry", description=_MODE)
    since: date | None = Field(None, description="Only calls of this day and later; without it, as newest_days says.")
    calls: tuple[CallsMeant, ...] = Field(
        ("inbound", "outbound", "missed"),
        description="Which calls: inbound and outbound ones that were answered, and missed ones (nobody answered).",
    )
    least_talk_s: float = Field(0, ge=0, description="Answered calls with at least this many connected seconds.")

    @property
    def is_on(self) -> bool:
        return self.mode != "off"


class TaskRule(WriteRule):
    missed_callers: bool = Field(
        True, description="Also for callers who got no answer and whom nobody has called back."
    )


class DealRule(WriteRule):
    calls: tuple[CallsMeant, ...] = Field(
        ("inbound", "missed"), description="Which calls of a new number make a deal: inbound, outbound, missed."
    )
    pipeline: str = Field("", description="Id of the pipeline (Bitrix24: category) in the CRM. Empty: its first one.")
    stage: str = Field("", description="Id of the stage in the CRM. Empty: the first of the pipeline.")


class TrackingRule(WriteRule):
    mode: Literal["off", "dry", "approved", "automatic"] = Field("off", description=_MODE)
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="What call tracking tells (source, medium, campaign, term, content, landing, client_id) -> key or "
        "id of the deal's field in the CRM. Fields that are filled in there are left alone.",
    )

    @field_validator("fields")
    @classmethod
    def _names_are_known(cls, value: dict[str, str]) -> dict[str, str]:
        if not set(value) <= set(TRACKING_NAMES):
            raise ValueError(f"some of {', '.join(TRACKING_NAMES)} are expected")
        return value


class NoteRule(WriteRule):
    mode: Literal["off", "dry", "approved", "automatic"] = Field("off", description=_MODE)
    calls: tuple[CallsMeant, ...] = Field(("inbound", "outbound"), description="Which calls: inbound, outbound.")
    least_talk_s: float = Field(60, ge=0, description="Calls with at least this many connected seconds.")


class CrmWriting(Section):
    """What the workbench writes into a CRM by itself or once it was approved. Empty ``into``: nothing."""

    into: str = Field("", description="Name of the CRM among [[sources]] that is written into. Empty: none.")
    newest_days: int = Field(7, ge=1, le=90, description="Calls older than this many days are not written about.")
    undo_min: int = Field(5, ge=0, le=1440, description="Minutes that an approval can be taken back before it is sent.")
    quiet_from: time = Field(
        time(20, 0),
        description="Nothing is written from then on, by the company's clock: a CRM tells people at once.",
    )
    quiet_until: time = Field(time(8, 0), description="Up to this time. The same as quiet_from: no quiet hours.")
    link: str = Field(
        "",
        pattern=r"^(|https?://[^\s/]\S*)$",
        description="Address of the workbench in a browser; links to calls begin with it. Empty: no links.",
    )
    callback_task: TaskRule = TaskRule()
    call_activity: WriteRule = WriteRule()
    new_deal: DealRule = DealRule()
    tracking_fields: TrackingRule = TrackingRule()
    call_note: NoteRule = NoteRule()

    @property
    def rules(self) -> Mapping[WriteKind, WriteRule]:
        return MappingProxyType({kind: getattr(self, kind.value) for kind in WriteKind})

    def mode_of(self, kind: WriteKind) -> WriteMode:
        return WriteMode(self.rules[kind].mode)

    def is_quiet(self, at: time) -> bool:
        """``at``: by the company's clock."""
        if self.quiet_from == self.quiet_until:
            return False
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until
