"""The outbox in an erasure: a mail that is about the person goes whole; half of it would say who is missing."""

from __future__ import annotations

import re

from pipelines.person_traces import Traces, says
from qc_workbench.domain.mail import Mail
from qc_workbench.store import outbox
from qc_workbench.store.database import Reader, Statement


def statements(reader: Reader, traces: Traces) -> list[Statement]:
    """Deletes mails that write the person's phone, name or calls, and those that still hold a file in which
    nobody can look for them (a PDF, a table) and may name them."""
    words = {*traces.calls, *traces.deals, *traces.client_names}
    found = [
        mail_id
        for mail_id in outbox.mail_ids(reader)
        if (mail := outbox.words_of(reader, mail_id)) is not None and _names_person(mail, traces, words)
    ]
    return [outbox.deleted(found)] if found else []


def _names_person(mail: Mail, traces: Traces, words: set[str]) -> bool:
    texts = [mail.subject, mail.text, mail.html]
    for item in mail.attachments:
        if not item.content:
            continue  # it has left
        if not item.content_type.startswith("text/"):
            return True
        texts.append(item.content.decode("utf-8", "replace"))
    named = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words)) or r"(?!)")
    return any(says(text, traces.numbers, ()) or named.search(text) for text in texts)
