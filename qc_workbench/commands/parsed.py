"""The command line as typer reads it, in the reader's language: its help, and what is told of a line it cannot read."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import typer
from typer.core import TyperCommand, TyperGroup

from qc_workbench.commands.printable import printable
from qc_workbench.commands.session import CommonOptions, Done, Session
from qc_workbench.errors import Phrase, QcwError, UsageError
from qc_workbench.ui.i18n import Translator

#: What typer raises of a line. Its classes are not public; BadParameter is, and goes back to the one of all of them.
_Unreadable: Final[type[Exception]] = typer.BadParameter.__mro__[2]
#: The first word of a line of usage, which typer keeps in English.
_USAGE: Final = re.compile(r"^Usage: ")
_QUOTED: Final = re.compile(r"(?P<quote>['\"])(?P<value>.*)(?P=quote)")
#: How alike a word that was typed and one that is there are (0 to 1).
_NEAR: Final = 0.6


class _Translated:
    """A command or a group whose help is in the language of ``t``."""

    t: ClassVar[Translator]
    params: list[Any]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        told: Any
        for told in (self, *self.params):
            told.help = (told.help or "").replace("[", r"\[")  # [retention] is a section, no mark-up

    def get_usage(self, ctx: Any) -> str:
        return _USAGE.sub(self.t("cli.usage"), super().get_usage(ctx))  # type: ignore[misc]

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        option.help, option.metavar = self.t("cli.param.help"), ""
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils  # what draws the help is loaded when somebody asks for help

        rich_utils.DEFAULT_STRING = self.t("cli.default")
        rich_utils.REQUIRED_LONG_STRING = self.t("cli.required")
        rich_utils.OPTIONS_PANEL_TITLE = self.t("cli.panel.options")
        super().format_help(ctx, formatter)  # type: ignore[misc]


class _Group(_Translated, TyperGroup):
    """Says in that language as well what is wrong with a line that cannot be read."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands and not args[0].startswith("-"):
            near = _near(args[0], self.commands)
            raise UsageError("command_unknown", name=f"{ctx.command_path} {args[0]}", near=near, path=ctx.command_path)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *arguments: Any, **more: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, *arguments, **{**more, "standalone_mode": False})
        except QcwError as error:
            code = _refuse(error, given, self.t)
        except _Unreadable as error:
            code = _refuse(understood(error), given, self.t)
        sys.exit(code or 0)


def command_class(t: Translator) -> type[TyperCommand]:
    return type("Command", (_Translated, TyperCommand), {"t": t})


def group_class(t: Translator) -> type[TyperGroup]:
    return type("Group", (_Group,), {"t": t})


def understood(error: Exception) -> UsageError:
    """What typer found wrong, as an error of the catalogue: what, where, what was expected, where to read on."""
    told: Any = error
    path = _path(getattr(told, "ctx", None))
    parameter = getattr(told, "param", None)
    match type(error).__name__:
        case "NoSuchOption":
            near = _near(told.option_name, told.possibilities or ())
            return UsageError("option_unknown", option=told.option_name, near=near, path=path)
        case "BadOptionUsage":
            return UsageError("option_without_value", option=told.option_name, path=path)
        case "MissingParameter" if parameter is not None:
            return UsageError(
                "parameter_missing", name=_name(parameter), says=_says(parameter), path=path, **_expected(parameter)
            )
        case "BadParameter" if parameter is not None:
            value = _value(error)
            return UsageError(
                "parameter_wrong",
                name=_name(parameter),
                value=value,
                says=_says(parameter),
                path=path,
                **_expected(parameter, value),
            )
    return UsageError("line_unreadable", said=told.format_message(), path=path)


def too_many(context: typer.Context) -> UsageError:
    """Words behind a command that takes no more of them."""
    return UsageError("arguments_too_many", extra=" ".join(context.args), path=context.command_path)


def _refuse(error: QcwError, given: Sequence[str], t: Translator) -> int:
    message = t.error(error)
    print(printable(message), file=sys.stderr)
    if "--json" in given:
        failed = Done({"error": {"code": error.code, "message": message}})
        Session(CommonOptions(json=True), t).deliver(failed, sys.stdout)
    return error.exit_code


def _path(ctx: Any) -> str:
    return str(getattr(ctx, "command_path", "qcw"))


def _near(word: str, known: Iterable[str]) -> Phrase | str:
    found = difflib.get_close_matches(word, list(known), cutoff=_NEAR)
    return Phrase("cli.near", {"words": ", ".join(found)}) if found else ""


def _name(parameter: Any) -> str:
    """As a person types it: the longest name of an option, the sign of an argument."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name)


def _says(parameter: Any) -> str:
    return str(parameter.help or "").replace(r"\[", "[")


def _value(error: Exception) -> str:
    """What was typed, out of the check that refused it; of a file or folder it stands in the message alone."""
    check: Any = error.__cause__
    if hasattr(check, "errors"):
        return str(check.errors()[0]["input"])
    quoted = _QUOTED.search(str(getattr(error, "message", "")))
    return quoted["value"] if quoted else ""


def _expected(parameter: Any, value: str | None = None) -> dict[str, Phrase | str]:
    kind = getattr(parameter, "type_descriptor", None)
    return {"expected": next(_demands(kind, value), "") if kind is not None else ""}


def _demands(kind: Any, value: str | None) -> Iterator[Phrase]:
    """What the value of a parameter has to be, as far as its type says."""
    if kind.choices:
        yield Phrase("cli.expected.choice", {"values": ", ".join(str(getattr(c, "value", c)) for c in kind.choices)})
    elif kind.annotation is int or kind.is_ranged:
        least, most = kind.parameter_info.min, kind.parameter_info.max
        code = "number" + ("_from" if least is not None else "") + ("_to" if most is not None else "")
        yield Phrase(f"cli.expected.{code}", {"least": least, "most": most})
    elif kind.is_path and value:
        there, wants_file = Path(value), not kind.parameter_info.dir_okay
        yield Phrase(f"cli.expected.{'present' if not there.exists() else 'file' if wants_file else 'folder'}")
