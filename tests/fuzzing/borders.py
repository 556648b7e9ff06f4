"""Every border by its name: how an input is read there, and what mutations begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from tests.fuzzing.rule import Outcome

Read = Callable[[bytes], Outcome]


@dataclass(frozen=True, slots=True)
class Border:
    """Names of functions in a module of this package, which is imported when it is asked for: the fuzzer looks at
    whatever is imported. ``arguments`` stand before the input; ``of_seeds``: those of the seeds."""

    module: str
    reader: str
    seeder: str
    arguments: tuple[str, ...] = ()
    of_seeds: tuple[str, ...] = ()
    #: For inputs that may end the process: the reader that survives it.
    guarded: str = ""

    @property
    def has_key(self) -> bool:
        return self.module in ("telephony", "crm", "webhooks")

    def read(self, data: bytes) -> Outcome:
        return self._call(self.reader, *self.arguments, data)

    def read_guarded(self, data: bytes) -> Outcome:
        return self._call(self.guarded or self.reader, *self.arguments, data)

    def seeds(self) -> tuple[bytes, ...]:
        found: tuple[bytes, ...] = self._call(self.seeder, *self.of_seeds)
        return found

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(import_module(f"tests.fuzzing.{self.module}"), name)(*arguments)


TELEPHONY: Final = ("ringostat", "binotel", "mango", "uis", "zadarma", "twilio", "bitrix24_calls")
LINKS: Final = ("binotel", "mango", "zadarma", "bitrix24_calls")
CRM: Final = ("pipedrive", "amocrm", "bitrix24", "odata_1c")
WEBHOOKS: Final = (*TELEPHONY, "pipedrive", "amocrm", "bitrix24")
SOUND: Final = ("wav", "mp3", "ogg", "flac", "m4a")


def _of_kinds(module: str, reader: str, seeder: str, kinds: tuple[str, ...], name: str = "{}") -> dict[str, Border]:
    return {name.format(kind): Border(module, reader, seeder, (kind,), (kind,)) for kind in kinds}


BORDERS: Final[Mapping[str, Border]] = {
    "csv": Border("tables", "read_csv_folder", "csv_seeds"),
    "mapped_text": Border("tables", "read_any_file", "text_seeds", ("file.csv",)),
    "xlsx": Border("tables", "read_any_file", "workbook_seeds", ("file.xlsx",)),
    "settings": Border("texts", "read_settings", "settings_seeds"),
    "forms": Border("texts", "read_form_text", "form_seeds"),
    "search": Border("texts", "read_question", "question_seeds"),
    "secrets": Border("texts", "read_secrets", "secrets_seeds"),
    "backup": Border("texts", "read_backup", "backup_seeds"),
    "app": Border("routes", "read_request", "seeds"),
    "asterisk": Border("telephony", "read_master_csv", "master_seeds"),
    "asterisk_sql": Border("telephony", "read_table", "table_seeds"),
    **_of_kinds("telephony", "read_answers", "seeds", TELEPHONY),
    **_of_kinds("telephony", "read_link", "link_seeds", LINKS, "{}_link"),
    **_of_kinds("crm", "read_answers", "seeds", CRM),
    **_of_kinds("crm", "read_one", "one_seeds", CRM, "{}_one"),
    **_of_kinds("webhooks", "read_webhook", "webhook_seeds", WEBHOOKS, "webhook_{}"),
    **{kind: Border("media", "read_sound", "seeds", (), (kind,), "apart") for kind in SOUND},
}
