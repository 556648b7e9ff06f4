"""One table of PostgreSQL, MySQL or MariaDB, asked for pages in an order. Reading only; what a person typed never gets
into a statement but as a quoted identifier that was matched first.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol

import psycopg
import pymysql
from psycopg import sql
from psycopg.rows import dict_row
from pymysql.cursors import DictCursor

from qc_workbench.errors import SourceError, SourceRefused, SourceUnreachable
from qc_workbench.sources.recording_links import LinkRefusedError, LinkRules, resolved

DatabaseKind = Literal["mysql", "postgresql"]
#: A column or a part of a table's name. Everything else is refused before it is quoted.
IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
CONNECT_S: Final = 10
#: One page of a table with an index on its time takes milliseconds; without one, seconds.
ANSWER_S: Final = 60


class TableAccess(Protocol):
    @property
    def table(self) -> str: ...

    def columns(self) -> Sequence[str]: ...

    def page(
        self, columns: Sequence[str], time: str, at: datetime, unique_id: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Rows from (``at``, ``unique_id``) on, that one included, in this order; at most ``limit``."""

    def close(self) -> None: ...


class PostgresTable:
    """A table or view of PostgreSQL."""

    def __init__(
        self, source: str, table: str, *, host: str, port: int, database: str, user: str, password: str, tls: bool,
        public_only: bool = False,
    ) -> None:  # fmt: skip
        self.table = table
        self._source = source
        self._name = sql.Identifier(*identifiers(table))
        tls_options: dict[str, Any] = (
            {"sslmode": "verify-full", "sslrootcert": "system"} if tls else {"sslmode": "prefer"}
        )
        at: dict[str, Any] = {"hostaddr": outer_address(source, host, port or 5432)} if public_only else {}
        try:
            self._connection = psycopg.connect(
                host=host, port=port or 5432, dbname=database, user=user, password=password, autocommit=True,
                connect_timeout=CONNECT_S, row_factory=dict_row, application_name="qc-workbench",
                options=f"-c statement_timeout={ANSWER_S}s -c default_transaction_read_only=on", **tls_options, **at,
            )  # fmt: skip
        except psycopg.Error as error:
            raise _of_postgres(source, table, error) from error

    def columns(self) -> Sequence[str]:
        return [column.name for column in self._ask(sql.SQL("select * from {} limit 0").format(self._name))[1]]

    def page(
        self, columns: Sequence[str], time: str, at: datetime, unique_id: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        names = sql.SQL(", ").join(sql.Identifier(checked(name)) for name in columns)
        query = sql.SQL(
            "select {names} from {table} where {time} > %(at)s or ({time} = %(at)s and {id} >= %(id)s) "
            "order by {time}, {id} limit %(limit)s"
        ).format(names=names, table=self._name, time=sql.Identifier(checked(time)), id=sql.Identifier("uniqueid"))
        return self._ask(query, {"at": at, "id": unique_id, "limit": limit})[0]

    def close(self) -> None:
        self._connection.close()

    def _ask(self, query: sql.Composed, values: Mapping[str, Any] | None = None) -> tuple[list[dict[str, Any]], Any]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall(), cursor.description
        except psycopg.Error as error:
            raise _of_postgres(self._source, self.table, error) from error


class MysqlTable:
    """A table or view of MySQL or MariaDB."""

    def __init__(
        self, source: str, table: str, *, host: str, port: int, database: str, user: str, password: str, tls: bool,
        public_only: bool = False,
    ) -> None:  # fmt: skip
        self.table = table
        self._source = source
        self._name = ".".join(f"`{part}`" for part in identifiers(table))
        address = outer_address(source, host, port or 3306) if public_only else None
        try:
            self._connection = pymysql.connect(
                host=host, port=port or 3306, database=database, user=user, charset="utf8mb4",
                password=password.encode(),  # a text would be written in Latin-1
                connect_timeout=CONNECT_S, read_timeout=ANSWER_S, cursorclass=DictCursor, autocommit=True,
                ssl=ssl.create_default_context() if tls else None, init_command="set session transaction read only",
                defer_connect=True,
            )  # fmt: skip
            # a certificate is compared with the host's name, whichever of its addresses is connected to
            self._connection.connect(address and socket.create_connection((address, port or 3306), CONNECT_S))
        except (pymysql.Error, OSError) as error:
            raise _of_mysql(source, table, error) from error

    def columns(self) -> Sequence[str]:
        return [column[0] for column in self._ask(f"select * from {self._name} limit 0")[1]]  # noqa: S608 - matched

    def page(
        self, columns: Sequence[str], time: str, at: datetime, unique_id: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        names, by = ", ".join(f"`{checked(name)}`" for name in columns), f"`{checked(time)}`"
        query = (
            f"select {names} from {self._name} where {by} >= %(at)s "  # noqa: S608 - identifiers that were matched
            f"and ({by} > %(at)s or `uniqueid` >= %(id)s) order by {by}, `uniqueid` limit %(limit)s"
        )
        return self._ask(query, {"at": at, "id": unique_id, "limit": limit})[0]

    def close(self) -> None:
        if self._connection.open:
            self._connection.close()

    def _ask(self, query: str, values: Mapping[str, Any] | None = None) -> tuple[Sequence[dict[str, Any]], Any]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, values)
                return list(cursor.fetchall()), cursor.description
        except (pymysql.Error, OSError) as error:
            raise _of_mysql(self._source, self.table, error) from error


def open_table(
    kind: DatabaseKind, source: str, table: str, *, host: str, port: int, database: str, user: str, password: str,
    tls: bool, public_only: bool = False,
) -> TableAccess:  # fmt: skip
    """``public_only``: the host was typed in the app, and is connected to where it is of the open internet.

    Raises :class:`~qc_workbench.errors.SourceError`, which never says the password."""
    opener: Any = PostgresTable if kind == "postgresql" else MysqlTable
    opened: TableAccess = opener(
        source, table, host=host, port=port, database=database, user=user, password=password, tls=tls,
        public_only=public_only,
    )  # fmt: skip
    return opened


def outer_address(source: str, host: str, port: int) -> str:
    """The address to connect to, so that a name is not resolved a second time to something else.

    Raises :class:`SourceRefused` ``source_inner_network`` where any of the host's addresses is of the inner network,
    :class:`SourceUnreachable` where it has none."""
    try:
        addresses = resolved(host, port)
        LinkRules(public_only=True).check_addresses(f"https://{host}", addresses)
    except LinkRefusedError as error:
        raise SourceRefused("source_inner_network", source=source, host=host) from error
    except (OSError, ValueError) as error:
        raise SourceUnreachable("source_unreachable", source=source, detail=type(error).__name__) from error
    return addresses[0]


def identifiers(table: str) -> tuple[str, ...]:
    """``schema.table`` in its parts. Raises :class:`ValueError` for what is no name."""
    return tuple(checked(part) for part in table.split("."))


def checked(name: str) -> str:
    if not IDENTIFIER.fullmatch(name):
        raise ValueError("not a name of a table or column")
    return name


def _of_postgres(source: str, table: str, error: psycopg.Error) -> SourceError:
    state = error.sqlstate or ""
    if state[:2] == "28" or (not state and "authentication failed" in str(error)):
        return SourceRefused("source_login_refused", source=source)
    if state == "3D000" or (not state and "does not exist" in str(error)):
        return SourceRefused("source_no_database", source=source)
    if state == "42501":
        return SourceRefused("source_no_right", source=source, table=table)
    if state in ("42P01", "3F000"):
        return SourceRefused("source_no_table", source=source, table=table)
    return SourceUnreachable("source_unreachable", source=source, detail=state or type(error).__name__)


#: Codes of MySQL: wrong user or password; no such database, or no right to it; no right to the table; no such table.
_MYSQL: Final[Mapping[int, str]] = {
    1045: "source_login_refused", 1698: "source_login_refused", 1251: "source_login_refused",
    1049: "source_no_database", 1044: "source_no_database", 1142: "source_no_right", 1143: "source_no_right",
    1146: "source_no_table",
}  # fmt: skip


def _of_mysql(source: str, table: str, error: Exception) -> SourceError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    code = _MYSQL.get(number)
    if code is not None:
        return SourceRefused(code, source=source, table=table)
    return SourceUnreachable("source_unreachable", source=source, detail=str(number or type(error).__name__))
