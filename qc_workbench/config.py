"""Settings: ``qcw.toml`` in the workspace, read into frozen values.

Every key has a meaning, a unit and a default, here or in the module of its section
(``config_*.py``); ``docs/settings.md`` and the commented ``qcw.toml`` of ``qcw init``
are generated from these fields. An unknown key, a wrong type or a value out of range is an
error that names the place.
"""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from qc_workbench.config_bonus import Bonus
from qc_workbench.config_consent import Consent
from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.config_day import DayPage
from qc_workbench.config_discipline import Discipline
from qc_workbench.config_post import MailServer
from qc_workbench.config_privacy import Privacy
from qc_workbench.config_sampling import Sampling
from qc_workbench.config_schedule import Polling, Schedule
from qc_workbench.config_section import Section as _Section
from qc_workbench.config_serve import Serve
from qc_workbench.config_sources import Source
from qc_workbench.config_targets import Targets
from qc_workbench.config_upload import Upload
from qc_workbench.domain.flag import FlagKind
from qc_workbench.errors import SettingsError
from qc_workbench.review.due import DueRule
from qc_workbench.settings_errors import bounded, settings_error, syntax_error


class Company(_Section):
    name: str = Field("", description="Name shown on reports and letters.")
    timezone: str = Field(
        "Europe/Moscow",
        description="Zone of the company: borders of days, weeks and months, and times said in calls.",
    )
    country: str = Field("RU", pattern="^[A-Z]{2}$", description="Country of public holidays (ISO 3166).")
    phone_region: str = Field("RU", pattern="^[A-Z]{2}$", description="Country of phones written without +code.")
    language: Literal["ru", "en"] = Field(
        "ru", description="Language of the interface, reports and letters where a person has chosen none."
    )
    day_starts: time = Field(time(9, 0), description="Working day starts; «morning» is counted from it.")
    day_ends: time = Field(time(19, 0), description="Working day ends; the evening control runs at it.")
    workdays: tuple[int, ...] = Field((1, 2, 3, 4, 5), description="Working days of the week, Monday = 1.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("an IANA time zone such as Europe/Moscow is expected")
        return value

    @field_validator("workdays")
    @classmethod
    def _days_of_week(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or any(day not in range(1, 8) for day in value):
            raise ValueError("at least one day, each from 1 (Monday) to 7 (Sunday), is expected")
        return tuple(sorted(set(value)))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Effective(_Section):
    counted_from_s: float = Field(
        40, gt=0, description="The CRM counts a call as effective from this many connected seconds."
    )
    conversation_from_s: float = Field(
        10,
        gt=0,
        description="A call with at least this many seconds of live two-way speech was a conversation.",
    )


class Detectors(_Section):
    padded_precision: float = Field(
        0.95,
        ge=0,
        le=1,
        description="Share of padded-call flags that people must confirm. Below it the detector is downgraded: "
        "its flags are shown as «check» and don't count in reports until a person confirms them. 0: never.",
    )
    refusal_precision: float = Field(
        0.95, ge=0, le=1, description="The same for flags of false refusals. 0: never downgraded."
    )
    rulings_needed: int = Field(
        20,
        ge=5,
        description="From this many rulings on the share itself decides; with fewer (at least 5) the whole "
        "95 % interval must lie below the target.",
    )
    pattern_days: int = Field(
        90, ge=7, description="Patterns of agents are counted over this many days up to the last call."
    )

    @property
    def targets(self) -> dict[FlagKind, float]:
        """The least share of confirmed flags by their kind."""
        return {FlagKind.FAKE_EFFECTIVE: self.padded_precision, FlagKind.FALSE_REFUSAL: self.refusal_precision}


class Speech(_Section):
    model: str = Field(
        "auto",
        description="faster-whisper model name, a folder with one, or auto: the best one present "
        "that this machine runs fast enough.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the speech model runs.")
    compute_type: str = Field("auto", description="CTranslate2 number format; auto: int8 on a CPU, float16 on a GPU.")
    threads: int = Field(0, ge=0, description="CPU threads of the speech model; 0: all cores.")
    beam_size: int = Field(
        3,
        ge=1,
        le=10,
        description="Search width of recognition; 5 takes a tenth longer and makes hardly fewer errors, "
        "1 is a quarter faster and makes a tenth more.",
    )
    batch_size: int = Field(8, ge=1, le=64, description="Stretches of speech recognised together.")
    languages: tuple[str, ...] = Field(
        ("ru", "en"), min_length=1, description="Languages spoken in the calls; detection chooses among them."
    )
    dictionary: tuple[str, ...] = Field(
        (),
        max_length=60,
        description="Words of the company that recognition misspells: its name, agents' first names, products. They "
        "are put where the sound is like them. Costs a second reading of the speech. See docs/transcription.md.",
    )


class Recordings(_Section):
    agent_channel: Literal["left", "right"] = Field(
        "left", description="Channel of the agent in stereo recordings of sources that do not say otherwise."
    )
    truncated_below: float = Field(
        0.8,
        gt=0,
        le=1,
        description="A recording shorter than this share of the connected seconds is marked truncated.",
    )


class Review(_Section):
    targeted_days: int = Field(
        5, ge=1, le=60, description="A call that the machine picked is to be heard within this many days."
    )
    second_looks_to_another: float = Field(
        0.05,
        ge=0,
        le=0.5,
        description="Share of each reviewer's scored calls that is silently given to another reviewer too. See "
        "docs/queue.md. 0: none.",
    )
    second_looks_to_same: float = Field(
        0.05,
        ge=0,
        le=0.5,
        description="Share of each reviewer's scored calls that silently comes back to the same reviewer after two "
        "weeks. 0: none.",
    )
    answer_days: float = Field(
        5, gt=0, le=365, description="Days that an agent may acknowledge or dispute a score, from its publication."
    )
    appeal_days: float = Field(
        3, gt=0, le=365, description="Days that an agent may appeal against a ruling on a dispute."
    )


class Investigation(_Section):
    lock_day: int = Field(
        5,
        ge=1,
        le=28,
        description="Last day of the month on which a hypothesis about it counts as said in advance; a later one is "
        "marked as late.",
    )
    grace_days: float = Field(
        2, ge=0, le=14, description="Days after a letter whose calls are not yet judged by the repeat check."
    )
    answer_days: int = Field(5, ge=1, le=31, description="Days that a letter gives the agent to answer.")


class AutoAnswers(_Section):
    company_names: tuple[str, ...] = Field(
        (), description="How agents name the company in calls, beside company.name: brands, short forms."
    )
    forbidden_words: tuple[str, ...] = Field(
        (), description="Words and phrases that agents must not say, beside the rude ones of the lexicon."
    )
    slowest_words_per_min: float = Field(90, gt=0, description="An agent's slowest good pace, words a minute.")
    fastest_words_per_min: float = Field(180, gt=0, description="An agent's fastest good pace, words a minute.")
    most_interruptions: int = Field(1, ge=0, description="Times that an agent may cut in on the client in one call.")
    largest_talk_share: float = Field(0.65, gt=0, le=1, description="Largest good share of the agent in the talking.")
    longest_monologue_s: float = Field(60, gt=0, description="Longest good speech of an agent without an answer.")
    least_patience_s: float = Field(
        0.3, ge=0, description="Least good pause (median) between the client's words and the agent's."
    )
    longest_silence_s: float = Field(12, gt=0, description="Longest good silence within a conversation.")


class Logs(_Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least grave lines that are kept.")
    keep_days: int = Field(30, ge=1, description="Days that the files of logs/ are kept.")
    keep_mib: int = Field(1024, ge=1, description="Most space of logs/, in MiB; the oldest days go first, today stays.")


class Work(_Section):
    executor: str = Field(
        "local",
        pattern=r"^(local|dask://[^/\s]+:\d+)$",
        description="Who measures and transcribes: local, processes of this machine, or a cluster: dask://host:port.",
    )
    workers: int = Field(
        0, ge=0, description="Worker processes of this machine; 0: as many as its cores and memory carry."
    )
    timeout_factor: float = Field(
        4,
        gt=0,
        description="A worker that takes this many times the length of the sound (and three minutes for starting) "
        "is taken for hung and replaced.",
    )
    recordings_at: str = Field(
        "",
        pattern=r"^(|/.*|[A-Za-z]:[\\/].*|\\\\.*|s3://[^/].*|https?://[^/].*)$",
        description="Where workers on other machines find the recordings: empty, at the workspace's own path; a path "
        "prefix; s3://bucket/prefix; or the address of the app. See docs/scale-out.md.",
    )
    cluster_key: Path = Field(
        Path("cluster.pem"),
        description="File with the key of the cluster, made by qcw cluster key; relative to the workspace.",
    )


class Retention(_Section):
    """Months that things are kept, counted from the day of the call or entry; 0 keeps them for ever."""

    recordings_months: int = Field(
        0, ge=0, le=1200, description="Recordings are removed after this many months; 0: never. See docs/backup.md."
    )
    transcripts_months: int = Field(
        0,
        ge=0,
        le=1200,
        description="Transcripts and all quotes from them are removed after this many months, not before the "
        "recordings; 0: never.",
    )
    audit_months: int = Field(
        0, ge=0, le=1200, description="Lines of the audit log are removed after this many months; 0: never."
    )

    mail_months: int = Field(
        0, ge=0, le=1200, description="Mail that was sent or given up is removed after this many months; 0: never."
    )

    @field_validator("transcripts_months")
    @classmethod
    def _words_outlive_sound(cls, value: int, info: ValidationInfo) -> int:
        # Words that go first would be recognised again from the sound that stays.
        if value and not 0 < info.data.get("recordings_months", 0) <= value:
            raise ValueError("0, or at least recordings_months, which must not be 0 then, is expected")
        return value


class Settings(_Section):
    company: Company = Company()
    effective: Effective = Effective()
    detectors: Detectors = Detectors()
    speech: Speech = Speech()
    recordings: Recordings = Recordings()
    sampling: Sampling = Sampling()
    review: Review = Review()
    discipline: Discipline = Discipline()
    investigation: Investigation = Investigation()
    bonus: Bonus = Bonus()
    targets: Targets = Targets()
    auto_answers: AutoAnswers = AutoAnswers()
    consent: Consent = Consent()
    serve: Serve = Serve()
    logs: Logs = Logs()
    work: Work = Work()
    retention: Retention = Retention()
    privacy: Privacy = Privacy()
    day: DayPage = DayPage()
    mail: MailServer = MailServer()
    schedule: Schedule = Schedule()
    upload: Upload = Upload()
    polling: Polling = Polling()
    crm_write: CrmWriting = CrmWriting()
    sources: tuple[Source, ...] = Field((), description="What qcw run imports from.")

    @field_validator("sources")
    @classmethod
    def _unique_sources(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        names = [source.name for source in value]
        if len(names) != len(set(names)):
            raise ValueError("names of sources must differ")
        return value

    @property
    def due_rule(self) -> DueRule:
        """By which day drawn calls are to be heard."""
        return DueRule(self.company.workdays, self.review.targeted_days)


def parse_settings(text: str, place: str) -> Settings:
    """Read the text of a qcw.toml. ``place`` is the file named in errors.

    Raises :class:`SettingsError`: see :mod:`qc_workbench.settings_errors`.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(bounded(text))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is one; a number of 5000 digits is another
        raise syntax_error(error, text, place) from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise settings_error(error, text, place, Settings) from error


def load_settings(path: Path) -> Settings:
    """Read a qcw.toml. A missing file gives the defaults."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # whole: read as a stream, half a mark of UTF-8 would be no text
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("settings_unreadable", file=str(path), detail=str(error)) from error
    return parse_settings(text, str(path))
