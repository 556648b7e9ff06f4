"""Databases that Asterisk and FreePBX write their calls into: a real PostgreSQL and a real MariaDB, of one's own.

Each is started in a folder of its own, on a free port, without rights of root. Where the program is not on the machine
nothing is started: :func:`postgres_program` and :func:`mariadb_program` say so. ``QCW_MARIADBD`` and
``QCW_MARIADB_SHARE`` name a MariaDB that is not installed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from psycopg import sql

#: As FreePBX makes it; plain Asterisk's has ``start``, ``answer`` and ``end`` in the place of ``calldate``.
FREEPBX_COLUMNS = (
    "calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration", "billsec",
    "disposition", "amaflags", "accountcode", "uniqueid", "userfield", "did", "cnum", "cnam", "outbound_cnum",
    "outbound_cnam", "dst_cnam", "recordingfile", "linkedid", "peeraccount", "sequence",
)  # fmt: skip
_NUMBERS = {"duration", "billsec", "amaflags", "sequence"}
READER, READERS_PASSWORD, OWNERS_PASSWORD = "qcw", "reader's \\ päss", "owner"


@dataclass(frozen=True, slots=True)
class Database:
    """A running server with a database ``asteriskcdrdb`` and a user who may only read ``cdr``."""

    kind: str
    port: int

    def run(self, *statements: str, values: Sequence[Sequence[Any]] = ()) -> None:
        """As the owner. ``values``: of each statement, where they have some."""
        with contextlib.closing(self._owners()) as connection, connection.cursor() as cursor:
            for number, statement in enumerate(statements):
                cursor.execute(statement, values[number] if values else None)
            connection.commit()

    def _owners(self) -> Any:
        if self.kind == "mysql":
            return _mysql(self.port, "asteriskcdrdb")
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname="asteriskcdrdb", user="owner")

    def make_table(self, columns: Sequence[str] = FREEPBX_COLUMNS, table: str = "cdr") -> None:
        kinds = {"calldate": "timestamp", "start": "timestamp"} if self.kind == "postgresql" else {
            "calldate": "datetime", "start": "datetime"}  # fmt: skip
        told = ", ".join(
            f"{name} {kinds.get(name) or ('integer' if name in _NUMBERS else 'varchar(80)')}" for name in columns
        )
        grant = f"grant select on {table} to {READER}" if self.kind == "postgresql" else (
            f"grant select on asteriskcdrdb.{table} to '{READER}'@'%'")  # fmt: skip
        self.run(f"drop table if exists {table}", f"create table {table} ({told})", grant)

    def put(self, *rows: Mapping[str, Any], table: str = "cdr") -> None:
        """Rows as :mod:`tests.stand_ins.asterisk` makes them; ``start`` becomes ``calldate``."""
        statements, values = [], []
        for row in rows:
            told = {**row, "calldate": row.get("calldate") or row.get("start")}
            known = {name: told[name] for name in FREEPBX_COLUMNS if name in told and told[name] != "DOCUMENTATION"}
            places = ", ".join(["%s"] * len(known))
            statements.append(f"insert into {table} ({', '.join(known)}) values ({places})")
            values.append(list(known.values()))
        self.run(*statements, values=values)


def postgres_program() -> Path | None:
    found = shutil.which("postgres")
    return Path(found).resolve() if found else None


def mariadb_program() -> Path | None:
    found = os.environ.get("QCW_MARIADBD") or shutil.which("mariadbd") or shutil.which("mysqld")
    return Path(found) if found and Path(found).exists() else None


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """PostgreSQL; connections with a password but from its owner."""
    program = postgres_program()
    assert program is not None
    data, user = folder / "pg", _nobody()
    data.mkdir(mode=0o700)
    _hand_over(data, user)
    _run([program.parent / "initdb", "-D", data, "-U", "owner", "-A", "trust", "--no-sync"], user)
    port = _free_port()
    (data / "pg_hba.conf").write_text("host all owner all trust\nhost all all all scram-sha-256\n")
    command = [program, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", data, "-c", "fsync=off"]
    process = subprocess.Popen(command, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=data)
    try:
        _until(lambda: psycopg.connect(host="127.0.0.1", port=port, user="owner", dbname="postgres").close())
        with psycopg.connect(host="127.0.0.1", port=port, user="owner", dbname="postgres", autocommit=True) as made:
            made.execute("create database asteriskcdrdb")
            made.execute(sql.SQL("create user {} password {}").format(sql.Identifier(READER), READERS_PASSWORD))
        yield Database("postgresql", port)
    finally:
        process.send_signal(signal.SIGINT)  # without waiting for those who are connected
        process.wait(timeout=20)


@contextmanager
def mariadb(folder: Path) -> Iterator[Database]:
    program = mariadb_program()
    assert program is not None
    share = Path(os.environ.get("QCW_MARIADB_SHARE", "/usr/share/mysql"))
    data, user = folder / "md", _nobody()
    data.mkdir(mode=0o700)
    _hand_over(data, user)
    common = [program, "--no-defaults", f"--datadir={data}", f"--lc-messages-dir={share / 'english'}"]
    tables = "create database mysql;\nuse mysql;\n" + "".join(
        (share / name).read_text() for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
    )
    _run([*common, "--bootstrap", "--skip-networking"], user, stdin=tables)
    port = _free_port()
    command = [*common, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={data}/s", f"--pid-file={data}/p"]
    command += ["--skip-name-resolve", "--character-set-server=utf8mb4", f"--init-file={_first_users(data, user)}"]
    process = subprocess.Popen(
        [str(part) for part in command], user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=data
    )
    try:
        _until(lambda: _mysql(port, "asteriskcdrdb").close())
        yield Database("mysql", port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _first_users(data: Path, user: str | None) -> Path:
    file = data / "first.sql"
    password = READERS_PASSWORD.replace("\\", "\\\\").replace("'", "''")
    file.write_text(
        "create database if not exists asteriskcdrdb;\n"
        f"create user 'owner'@'%' identified by '{OWNERS_PASSWORD}';\n"
        "grant all on *.* to 'owner'@'%' with grant option;\n"
        f"create user '{READER}'@'%' identified by '{password}';\n",
        encoding="utf-8",
    )
    _hand_over(file, user)
    return file


def _mysql(port: int, database: str) -> Any:
    return pymysql.connect(host="127.0.0.1", port=port, user="owner", password=OWNERS_PASSWORD, database=database)


def _nobody() -> str | None:
    """Neither server runs as root."""
    return "nobody" if os.getuid() == 0 else None


def _hand_over(path: Path, user: str | None) -> None:
    if user is None:
        return
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    for parent in path.parents:  # pytest's folders are closed to others
        with contextlib.suppress(PermissionError):
            if parent.stat().st_uid == os.getuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)


def _run(command: Sequence[object], user: str | None, stdin: str | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, input=stdin, text=True, check=False, timeout=60,
        capture_output=True, cwd="/",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until(works: Any, longest_s: float = 30.0) -> None:
    deadline = time.monotonic() + longest_s
    while True:
        try:
            works()
            return
        except (psycopg.Error, pymysql.Error, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
