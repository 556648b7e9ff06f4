"""A mail as it travels: RFC 5322 and MIME, made by the standard library from parts that can't break out of a header."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from qc_workbench.domain.mail import Mail

#: What can't stand in one line of a header; a subject with a line break in it must not become a second header.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: What file systems refuse or read as a path.
_NOT_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\:*?\"<>|]+")
#: What has no place in a text: control characters but tabs and line ends.
_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Bodies in seven bits, so that every server takes them without being asked first.
_POLICY: Final = SMTP.clone(cte_type="7bit")
_TYPE: Final = re.compile(r"([a-z]+)/([A-Za-z0-9.+-]+)")


def one_line(text: str) -> str:
    """The text without control characters and line breaks."""
    return _CONTROL.sub(" ", text).strip()


def on_the_wire(address: str) -> str:
    """The address in ASCII: a Cyrillic domain as its IDNA form."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode('ascii')}"


def sender_of(sender: str) -> tuple[str, str]:
    """(name, address) of ``Name <address>`` or of an address alone."""
    return parseaddr(sender)


def message_bytes(mail: Mail, mail_id: str, sender: str, at: datetime) -> bytes:
    """The message, ending in CRLF lines. ``sender``: ``Name <address>`` or an address. ``at``: when it was written.

    The same mail has the same Message-ID whenever it is sent, so that a mailbox that gets it twice can tell.
    """
    name, address = sender_of(sender)
    local, _, domain = on_the_wire(address).rpartition("@")
    to_local, _, to_domain = on_the_wire(mail.to).rpartition("@")
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(one_line(name), local, domain)
    message["To"] = Address("", to_local, to_domain)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail_id}@{domain}>"
    # RFC 3834: no machine may answer; Exchange heeds only its own word for it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_body(mail.text))
    if mail.html:
        message.add_alternative(_body(mail.html), subtype="html")
    for item in mail.attachments:
        found = _TYPE.fullmatch(item.content_type)
        kind, subtype = found.groups() if found and found[1] not in ("text", "multipart", "message") else (
            "application", "octet-stream",
        )  # fmt: skip
        # Text of ours is attached as bytes too: a mail server may change the line ends of text, and its hash with them.
        file_name = _NOT_IN_NAMES.sub("_", item.name).strip(" .") or "file"
        message.add_attachment(item.content, maintype=kind, subtype=subtype, filename=file_name)
    return message.as_bytes()


def _body(text: str) -> str:
    return _NOT_IN_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
