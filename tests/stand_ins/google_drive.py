"""Google Drive as its document has it: tokens for a signed assertion, files of a folder found by their own properties,
small files in one request, large ones in pieces of 256 KiB that go on where they stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

FOLDER = "folder-1"
_UNIT = 256 * 1024
#: Whom the vendor's library addresses, wherever it asks.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class DriveStandIn(Behaviour):
    """``files`` by id: their name, properties and content. ``lose_pieces``: so many pieces get lost on their way.
    ``elsewhere``: where it sends the pieces."""

    address: str = ""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    lose_pieces: int = 0
    elsewhere: str = ""
    tokens: int = 0

    def account(self) -> str:
        """The JSON key of a service account of this server."""
        pem = _KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account", "client_email": "qc@example.test", "private_key": pem.decode(),
                "private_key_id": "1", "token_uri": f"{self.address}/token",
            }
        )  # fmt: skip

    def answer(self, question: Question) -> Answer:
        if question.path == "/token":
            return self._token(question)
        if question.method == "PUT":
            return self._piece(question)
        if question.headers.get("authorization") != f"Bearer token-{self.tokens}":
            return as_json({"error": {"code": 401}}, 401)
        if question.path == "/drive/v3/files":
            asked, found = question.params["q"], []
            for key, item in self.files.items():
                name = item["about"]["appProperties"]["qcw_name"]
                if f"value='{name}'" in asked and f"'{FOLDER}' in parents" in asked:
                    found.append({"id": key})
            return as_json({"files": found})
        if not question.path.startswith("/upload/drive/v3/files") or question.params["supportsAllDrives"] != "true":
            return as_json({"error": {"code": 404}}, 404)
        return self._upload(question, question.path.removeprefix("/upload/drive/v3/files").strip("/"))

    def _token(self, question: Question) -> Answer:
        public = _KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        claims = jwt.decode(question.form["assertion"], certs=public, audience=_AUDIENCE)
        assert claims["iss"] == "qc@example.test"
        self.tokens += 1
        return as_json({"access_token": f"token-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"})

    def _upload(self, question: Question, known: str) -> Answer:
        if question.params["uploadType"] == "multipart":
            kind = question.headers["content-type"].encode()
            first, second = message_from_bytes(b"content-type: " + kind + b"\r\n\r\n" + question.content).get_payload()
            return self._keep(json.loads(first.get_payload(decode=True)), second.get_payload(decode=True), known)
        session = f"s{len(self.sessions) + 1}"
        self.sessions[session] = {
            "about": question.body, "content": b"", "known": known,
            "size": int(question.headers["x-upload-content-length"]),
        }  # fmt: skip
        place = f"{self.elsewhere or self.address}/upload/drive/v3/files?uploadType=resumable&upload_id={session}"
        return Answer(b"{}", headers={"Location": place})

    def _piece(self, question: Question) -> Answer:
        session = self.sessions[question.params["upload_id"]]
        told = question.headers["content-range"].removeprefix("bytes ")
        reach, _, size = told.partition("/")
        assert int(size) == session["size"]
        if reach != "*":
            start, end = (int(number) for number in reach.split("-"))
            assert len(question.content) == end - start + 1
            assert end + 1 == session["size"] or len(question.content) % _UNIT == 0
            if self.lose_pieces:
                self.lose_pieces -= 1
                session["content"] += question.content[: len(question.content) // 2 // _UNIT * _UNIT]
                return Answer(b"", "text/plain", 503)
            assert start == len(session["content"]), "a gap or an overlap"
            session["content"] += question.content
        if len(session["content"]) == session["size"]:
            return self._keep(session["about"], session["content"], session["known"])
        reached = len(session["content"])
        return Answer(b"", status=308, headers={"Range": f"bytes=0-{reached - 1}"} if reached else {})

    def _keep(self, about: dict[str, Any], content: bytes, known: str) -> Answer:
        if not known and about["parents"] != [FOLDER]:
            return as_json({"error": {"code": 404}}, 404)
        key = known or f"file-{len(self.files) + 1}"
        self.files[key] = {"about": about, "content": content}
        return as_json({"id": key})
