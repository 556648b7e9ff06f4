"""``python -m tests.broken_inputs.make``: writes the inputs of ``made/`` anew, and what comes of every input into
``expected.tsv``. The table is what the tests hold the program to: read the difference before it is committed.

``found/`` holds what the fuzzer found, as it was found; no command writes there.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.broken_inputs import answers, sounds, tables, texts
from tests.broken_inputs.files import Files
from tests.fuzzing.borders import BORDERS, CRM, LINKS, TELEPHONY, WEBHOOKS
from tests.fuzzing.kept import without_database
from tests.fuzzing.rule import judged

HERE: Final = Path(__file__).parent
TABLE: Final = HERE / "expected.tsv"


def made() -> dict[str, Files]:
    return {
        "csv": tables.of_csv(), "mapped_text": tables.of_text_files(), "xlsx": tables.of_workbooks(),
        "asterisk": tables.of_asterisk(), "asterisk_sql": tables.of_asterisk_sql(),
        "settings": texts.of_settings(), "forms": texts.of_forms(), "search": texts.of_search(),
        "secrets": texts.of_secrets(), "backup": texts.of_backups(), "app": texts.of_app(),
        **{kind: answers.of_system(kind) for kind in (*TELEPHONY, *CRM)},
        **{f"{kind}_link": answers.of_links(kind) for kind in LINKS},
        **{f"{kind}_one": answers.of_one(kind) for kind in CRM},
        **{f"webhook_{kind}": texts.of_webhook(kind) for kind in WEBHOOKS},
        **{kind: sounds.of_sound(kind) for kind in ("wav", "mp3", "ogg", "flac", "m4a")},
    }  # fmt: skip


def outcome(border: str, data: bytes) -> str:
    found = BORDERS[border]
    with without_database():
        return str(judged(lambda: found.read_guarded(data), has_key=found.has_key))


def inputs() -> list[Path]:
    return sorted(path for folder in ("made", "found") for path in (HERE / folder).glob("*/*") if path.is_file())


def _without_padding(tar: bytes) -> bytes:
    """The end of a tar is filled with zeros up to 10 kB; two blocks of them are enough."""
    kept = len(tar.rstrip(b"\0"))
    return tar[: -(-kept // 512) * 512 + 1024]


def main() -> None:
    shutil.rmtree(HERE / "made", ignore_errors=True)
    for border, files in made().items():
        folder = HERE / "made" / border
        folder.mkdir(parents=True)
        for name, content in files:
            (folder / name).write_bytes(_without_padding(content) if border == "backup" else content)
    lines = ["file\toutcome"]
    for path in inputs():
        try:
            said = outcome(path.parent.name, path.read_bytes())
        except Exception as error:
            said = f"BROKEN {type(error).__name__}: {error}"
        lines.append(f"{path.relative_to(HERE).as_posix()}\t{said}")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
