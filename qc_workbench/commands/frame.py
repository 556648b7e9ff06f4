"""Commands to a typer application: common options on every level, translated help, errors, exit codes."""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from qc_workbench import __version__
from qc_workbench.commands.parsed import command_class, group_class, too_many
from qc_workbench.commands.printable import printable
from qc_workbench.commands.session import CommonOptions, Done, Session
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.logs import event
from qc_workbench.ui.i18n import Language, Translator

#: Exit code when a person stopped the command (128 + SIGINT, as shells say it).
STOPPED = 130
#: Exit code of a mistake in this program (EX_SOFTWARE).
BUG = 70


class Lang(StrEnum):
    RU = "ru"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its words after ``qcw``, and the function that does it.

    The function takes a :class:`Session` first, then its own arguments and options (options only where other
    commands go on from its one word: it is what that group does when none of them is named). Texts of the
    catalogue: ``cli.help.<words with dots>`` and ``cli.param.<name>``, where a command may have its own
    ``cli.param.<words>.<name>``.
    """

    words: tuple[str, ...]
    function: Callable[..., Done]


def build(commands: tuple[Command, ...], language: Language) -> typer.Typer:
    """The application in one language."""
    t = Translator(language)
    one = command_class(t)
    root = _group(t, "cli.help", more=root_parameters(t))
    groups: dict[str, typer.Typer] = {}
    longer = {command.words[0] for command in commands if len(command.words) == 2}
    alone = {command.words[0]: command for command in commands if len(command.words) == 1}
    for command in commands:
        place = root
        if len(command.words) == 1 and command.words[0] in longer:
            continue
        if len(command.words) == 2:
            word = command.words[0]
            if word not in groups:
                groups[word] = _group(t, f"cli.help.{word}", alone.get(word))
                root.add_typer(groups[word], name=word, rich_help_panel=t("cli.panel.commands"))
            place = groups[word]
        name = command.words[-1]
        place.command(
            name,
            cls=one,
            help=t("cli.help." + ".".join(command.words)),
            options_metavar=t("cli.metavar.options"),
            rich_help_panel=t("cli.panel.commands"),
            context_settings={"allow_extra_args": True},  # so that they are refused in the reader's language
        )(_adapted(command, t))
    return root


def _group(
    t: Translator, help_code: str, alone: Command | None = None, more: Sequence[inspect.Parameter] = ()
) -> typer.Typer:
    """A group of commands; ``alone``: what it does when none of them is named; ``more``: options of its own."""
    group = typer.Typer(
        cls=group_class(t),
        help=t(help_code),
        options_metavar=t("cli.metavar.options"),
        subcommand_metavar=t("cli.metavar.command"),
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None if os.environ.get("NO_COLOR") == "all" else "rich",
        context_settings={"help_option_names": ["--help", "-h"]},
    )

    own = described_parameters(alone, t) if alone else []
    run_alone = _adapted(alone, t) if alone else None

    def remember(context: typer.Context, **values: Any) -> None:
        if context.invoked_subcommand is None:
            if run_alone is None:
                typer.echo(context.get_help(), nl=False)
                raise typer.Exit(UsageError.exit_code)
            run_alone(context, **values)
        context.obj = _common(context, values).over(context.obj or CommonOptions())

    _give_signature(remember, [_context_parameter(), *own, *more, *common_parameters(t)])
    group.callback()(remember)
    return group


def described_parameters(command: Command, t: Translator) -> list[inspect.Parameter]:
    """The command's own parameters, with their help texts in one language."""
    hints = get_type_hints(command.function, include_extras=True)
    return [
        parameter.replace(annotation=_described(hints[name], command, name, t), kind=inspect.Parameter.KEYWORD_ONLY)
        for position, (name, parameter) in enumerate(inspect.signature(command.function).parameters.items())
        if position > 0  # the first is the session
    ]


def _adapted(command: Command, t: Translator) -> Callable[..., None]:
    """The command's function as typer wants it: own parameters, then the common ones."""
    parameters = described_parameters(command, t)
    names = {parameter.name for parameter in parameters}

    @functools.wraps(command.function)
    def adapted(context: typer.Context, **values: Any) -> None:
        if context.args:
            raise too_many(context)
        options = _common(context, values).over(context.obj or CommonOptions())
        language = options.lang or t.language
        own = {name: value for name, value in values.items() if name in names}
        raise typer.Exit(perform(command.function, Session(options, Translator(language)), own))

    del adapted.__wrapped__  # typer must see the new signature, not the function's own
    _give_signature(adapted, [_context_parameter(), *parameters, *common_parameters(t)])
    return adapted


def perform(function: Callable[..., Done], session: Session, arguments: Mapping[str, Any]) -> int:
    """Run a command: its result or its error, said as the options ask; returns the exit code."""
    started = time.monotonic()
    exit_code = _perform(function, session, arguments)
    event(
        "command.ended",
        logging.WARNING if exit_code else logging.INFO,
        command=function.__name__,
        exit_code=exit_code,
        duration_s=time.monotonic() - started,
    )
    return exit_code


def _perform(function: Callable[..., Done], session: Session, arguments: Mapping[str, Any]) -> int:
    try:
        done = function(session, **arguments)
        session.deliver(done, sys.stdout)
        sys.stdout.flush()
    except QcwError as error:
        event("command.refused", logging.WARNING, command=function.__name__, exception=error)
        return _refuse(session, error.code, session.t.error(error), error.exit_code)
    except KeyboardInterrupt:
        return _refuse(session, "stopped", session.t("cli.stopped"), STOPPED)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        event("command.broken", logging.ERROR, command=function.__name__, exception=error)
        if os.environ.get("QCW_DEBUG"):
            raise
        return _refuse(session, "unexpected", session.t("cli.unexpected", file=str(_keep_traceback())), BUG)
    return done.exit_code


def _refuse(session: Session, code: str, message: str, exit_code: int) -> int:
    print(printable(message), file=sys.stderr)
    if session.options.json:
        failed = Done({"error": {"code": code, "message": message}})
        session.deliver(failed, sys.stdout)
    return exit_code


def _keep_traceback() -> Path:
    """Where the details of an unexpected error are written for whoever repairs it."""
    with tempfile.NamedTemporaryFile("w", prefix="qcw-error-", suffix=".txt", delete=False, encoding="utf-8") as report:
        report.write(" ".join(sys.argv) + "\n\n" + traceback.format_exc())
    return Path(report.name)


def common_parameters(t: Translator) -> list[inspect.Parameter]:
    """The options of :class:`CommonOptions`, with their help texts in one language."""
    panel = t("cli.panel.common")

    def option(*names: str, name: str, **more: Any) -> Any:
        more |= {"show_default": False, "show_envvar": False}  # the help text names the variable
        return typer.Option(*names, help=t(f"cli.param.{name}"), rich_help_panel=panel, **more)

    home = option("--home", name="home", envvar="QCW_HOME", metavar="DIR", file_okay=False)
    as_of = option("--as-of", name="as_of", metavar="ISO-TIME")
    as_json = option("--json", name="json", metavar="")
    quiet = option("--quiet", "-q", name="quiet", metavar="")
    lang = option("--lang", name="lang", envvar="QCW_LANG")
    return [
        _keyword("home", Annotated[Path | None, home], None),
        _keyword("as_of", Annotated[str | None, as_of], None),
        _keyword("json", Annotated[bool, as_json], False),
        _keyword("quiet", Annotated[bool, quiet], False),
        _keyword("lang", Annotated[Lang | None, lang], None),
    ]


def root_parameters(t: Translator) -> list[inspect.Parameter]:
    """The options of ``qcw`` itself, which no command repeats."""
    version = typer.Option(
        "--version",
        help=t("cli.param.version"),
        metavar="",
        rich_help_panel=t("cli.panel.options"),
        is_eager=True,
        callback=_tell_version,
        show_default=False,
    )
    return [_keyword("version", Annotated[bool, version], False)]


def _tell_version(asked: bool) -> None:
    """Say the program's version and do nothing else; eager, so that it needs no command beside it."""
    if asked:
        print(f"qcw {__version__}")
        raise typer.Exit


def _common(context: typer.Context, values: Mapping[str, Any]) -> CommonOptions:
    """What was given here. A variable of the environment gives way to an option before the command's words as well."""
    told = {name: value for name, value in values.items() if context.obj is None or not _of_environment(context, name)}
    lang = told.get("lang")
    return CommonOptions(
        home=told.get("home"),
        as_of=values.get("as_of"),
        json=bool(values.get("json")),
        quiet=bool(values.get("quiet")),
        lang=cast(Language, lang.value) if lang else None,
    )


def _of_environment(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "ENVIRONMENT"


def _described(annotation: Any, command: Command, name: str, t: Translator) -> Any:
    """The annotation with the help text of the catalogue put into its typer part."""
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"{command.words}: {name} needs Annotated[..., typer.Option() or typer.Argument()]")
    base, *extras = get_args(annotation)
    own = ".".join(("cli.param", *command.words, name))
    described = []
    for extra in extras:
        if isinstance(extra, ParameterInfo):
            extra = copy.copy(extra)
            extra.help = t(own if t.knows(own) else f"cli.param.{name}")
            if base is bool and extra.metavar is None:
                extra.metavar = ""  # a switch takes no value
            if isinstance(extra, OptionInfo):
                extra.rich_help_panel = t("cli.panel.options")
            elif isinstance(extra, ArgumentInfo):
                extra.rich_help_panel = t("cli.panel.arguments")
        described.append(extra)
    return Annotated[base, *described]


def _context_parameter() -> inspect.Parameter:
    return inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _give_signature(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    vars(function)["__signature__"] = inspect.Signature(parameters)  # what inspect.signature() asks first
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
