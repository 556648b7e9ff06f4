"""Settings of reports that are handed over by themselves: ``[upload]``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.config_sources import MaybeSecretPlace


class Upload(Section):
    """Where reports go by themselves. Without ``to`` nowhere."""

    to: Literal["", "folder", "s3", "drive"] = Field(
        "", description="Where reports go: a folder, an S3-compatible store, Google Drive. Empty: nowhere."
    )
    reports: tuple[Literal["day", "month"], ...] = Field(
        ("month",), description="Which: day, the daily page of the days of [day]; month, a month once it is signed."
    )
    formats: tuple[Literal["html", "pdf", "xlsx"], ...] = Field(("pdf",), description="Formats of each report.")
    languages: tuple[Literal["ru", "en"], ...] = Field(
        (), description="Languages of each report. Empty: the company's."
    )
    folder: Path | None = Field(
        None, description="folder: where the files are put; relative to the workspace. It must be there."
    )
    bucket: str = Field("", pattern=r"^[\w./-]*$", description="s3: the bucket, with a prefix if wished: reports/qc.")
    endpoint: str = Field(
        "", pattern=r"^(|https?://[^\s/]+)$", description="s3: where the store answers. Empty: Amazon's own."
    )
    region: str = Field("", pattern=r"^[\w-]*$", description="s3: region of the store, where it has one.")
    key: MaybeSecretPlace = Field("", description="s3: the access key's id: env:NAME, secret:NAME or file:PATH.")
    secret: MaybeSecretPlace = Field("", description="s3: its secret: env:NAME, secret:NAME or file:PATH.")
    drive_folder: str = Field("", pattern=r"^[\w-]*$", description="drive: id of the folder, as in its address.")
    service_account: MaybeSecretPlace = Field(
        "", description="drive: the service account's JSON key: file:PATH, secret:NAME or env:NAME."
    )
    drive_address: str = Field(
        "https://www.googleapis.com", pattern=r"^https?://[^\s/]+$", description="drive: where the interface answers."
    )

    @field_validator("bucket")
    @classmethod
    def _bucket_is_a_path(cls, value: str) -> str:
        if ".." in value.split("/") or value.startswith("/"):
            raise ValueError("a bucket, or a bucket and a prefix such as reports/qc, is expected")
        return value.strip("/")
