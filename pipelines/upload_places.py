"""Places outside that reports are handed over to, behind one interface: a folder, an S3-compatible store, Google Drive.

Handing over the same name again replaces what is there, so that a run which was killed between handing over and writing
that down leaves one file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol, TypeVar

import httpx

from pipelines.drive import Drive, whole_answer
from pipelines.whole_file import whole_file
from qc_workbench.config_upload import Upload
from qc_workbench.errors import NotConfigured, UploadFailed
from qc_workbench.private_files import as_its_folder
from qc_workbench.sources.object_store import signed_address, signer, trusted
from qc_workbench.sources.secrets_place import secret_at

#: Who asks for a secret, in messages about it.
SECTION: Final = "upload"
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)

Given = TypeVar("Given", str, Path)


class Delivery(Protocol):
    @property
    def place(self) -> str:
        """Where to, for the ledger and for people: no keys in it."""

    def deliver(self, name: str, content: bytes) -> str | None:
        """Put a file there; its id there, where it has one. Raises :class:`~qc_workbench.errors.UploadFailed`."""

    def close(self) -> None: ...


class Folder:
    """A folder of this machine or one that is mounted here. It is not made: an unmounted disk must not pass unseen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = f"folder:{folder}"

    def deliver(self, name: str, content: bytes) -> str | None:
        if not self._folder.is_dir():
            raise UploadFailed("upload_no_folder", place=str(self._folder))
        with whole_file(self._folder / name) as stream:
            stream.write(content)
        as_its_folder(self._folder / name)
        return None

    def close(self) -> None:
        pass


class ObjectStore:
    """An S3-compatible store, by the keys of the settings and nobody else's of this machine."""

    def __init__(self, settings: Upload, key: str, secret: str) -> None:
        client = {"endpoint_url": settings.endpoint or None, "region_name": settings.region or None}
        try:
            self._signs = signer(
                is_amazon=not settings.endpoint, key=key, secret=secret, skip_instance_cache=True,
                client_kwargs={name: value for name, value in client.items() if value},
            )  # fmt: skip
        except ImportError as error:
            raise NotConfigured("upload_no_s3fs") from error
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, verify=trusted())
        self._bucket = settings.bucket
        self.place = f"s3:{settings.endpoint.partition('://')[2]}/{settings.bucket}"

    def deliver(self, name: str, content: bytes) -> str | None:
        try:
            link = signed_address(self._signs, f"{self._bucket}/{name}", "put_object")
            request = self._client.build_request("PUT", link, content=content, headers={"Accept-Encoding": "identity"})
            status = whole_answer(self._client, request).status_code
        except Exception as error:  # whatever the client of the store raises
            raise UploadFailed("upload_unreachable", place=self.place, detail=type(error).__name__) from error
        if status == httpx.codes.NOT_FOUND:
            raise UploadFailed("upload_no_bucket", place=self.place)
        if status >= 300:
            code = "upload_refused" if status in (401, 403) else "upload_unreachable"
            raise UploadFailed(code, place=self.place, detail=str(status))
        return None

    def close(self) -> None:
        self._client.close()


def open_place(settings: Upload, home: Path) -> Delivery:
    """Raises :class:`~qc_workbench.errors.NotConfigured` for what is missing in ``[upload]``."""
    if settings.to == "folder":
        return Folder(home / _given(settings.folder, "folder").expanduser())
    if settings.to == "s3":
        _given(settings.bucket, "bucket")
        key, secret = (
            secret_at(_given(place, name), home, SECTION)
            for name, place in (("key", settings.key), ("secret", settings.secret))
        )
        return ObjectStore(settings, key, secret)
    if settings.to == "drive":
        account = secret_at(_given(settings.service_account, "service_account"), home, SECTION)
        return Drive(_given(settings.drive_folder, "drive_folder"), settings.drive_address, account)
    raise NotConfigured("upload_nowhere")


def _given(value: Given | None, name: str) -> Given:
    if not value:
        raise NotConfigured("upload_incomplete", key=name)
    return value
