"""The command line as a person and as a script meet it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from qc_workbench import __version__
from qc_workbench.cli import COMMANDS, application
from qc_workbench.commands.frame import perform
from qc_workbench.commands.session import CommonOptions, Done, Session, choose_language
from qc_workbench.errors import UsageError
from qc_workbench.store.address import START_LOCK
from qc_workbench.ui.i18n import Language, Translator, catalogue
from qc_workbench.workspace import Workspace

CALLS = """call_id,started_at,direction,manager_id,client_phone,talk_s,outcome
a-1,2026-10-05T10:00:00+03:00,outbound,m1,+79000000001,61,answered
a-2,2026-10-05T11:00:00+03:00,inbound,m1,+79000000002,0,missed
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty workspace."""
    home = tmp_path / "W"
    assert qcw("init", str(home)).exit_code == 0
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to import, without recordings."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "calls.csv").write_text(CALLS, encoding="utf-8")
    return folder


def qcw(*arguments: str, language: Language = "en") -> Result:
    return CliRunner().invoke(application(language), list(arguments), prog_name="qcw")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qc_workbench.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def one_object(stdout: str) -> dict[str, object]:
    """The only thing on stdout is one JSON object."""
    value = json.loads(stdout)
    assert isinstance(value, dict)
    return value


def test_init_makes_a_workspace_whose_settings_are_all_explained(home: Path) -> None:
    text = (home / "qcw.toml").read_text(encoding="utf-8")
    assert "#counted_from_s = 40" in text
    assert qcw("--home", str(home), "check").exit_code == 0


def test_init_in_english_makes_an_english_workspace(tmp_path: Path) -> None:
    assert qcw("init", str(tmp_path / "W"), "--lang", "en").exit_code == 0
    assert 'language = "en"' in (tmp_path / "W" / "qcw.toml").read_text(encoding="utf-8").replace("#", "")
    assert choose_language(["--home", str(tmp_path / "W")], {"LANG": "ru_RU.UTF-8"}) == "en"


def test_init_leaves_an_existing_workspace_alone(home: Path) -> None:
    before = (home / "qcw.toml").read_bytes()
    again = qcw("init", str(home))
    assert again.exit_code == 3
    assert "already" in again.stderr
    assert (home / "qcw.toml").read_bytes() == before


def test_init_refuses_a_folder_with_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    assert qcw("init", str(tmp_path)).exit_code == 3
    assert not (tmp_path / "qcw.toml").exists()


@pytest.mark.parametrize("order", ["before", "after", "between"])
def test_common_options_are_taken_before_and_after_the_command(home: Path, order: str) -> None:
    common = ["--home", str(home), "--json", "--as-of", "2026-11-01T09:00+03:00"]
    lines = {
        "before": [*common, "models", "list"],
        "between": ["models", *common, "list"],
        "after": ["models", "list", *common],
    }
    result = qcw(*lines[order])
    assert result.exit_code == 0
    assert "known" in one_object(result.stdout)


def test_an_option_after_the_command_wins_over_the_same_one_before(home: Path, tmp_path: Path) -> None:
    result = qcw("--home", str(tmp_path / "nowhere"), "sample", "--home", str(home), "--json")
    assert result.exit_code == 0


def test_the_home_may_come_from_the_environment(home: Path) -> None:
    result = CliRunner(env={"QCW_HOME": str(home)}).invoke(application("en"), ["sample", "--json"])
    assert result.exit_code == 0


def test_an_option_before_the_command_wins_over_the_environment(home: Path, tmp_path: Path) -> None:
    runner = CliRunner(env={"QCW_HOME": str(tmp_path / "nowhere"), "QCW_LANG": "ru"})
    for words in (["sample"], ["schedule"], ["models", "list"]):
        result = runner.invoke(application("en"), ["--home", str(home), "--lang", "en", *words])
        assert result.exit_code == 0, (words, result.stderr)
    found = runner.invoke(application("en"), ["--lang", "en", "sample"])
    assert found.exit_code == 3, "the home of the environment"
    assert "no workspace" in found.stderr


def test_a_missing_workspace_is_exit_code_3_and_names_the_next_step(tmp_path: Path) -> None:
    result = qcw("--home", str(tmp_path / "none"), "sample")
    assert result.exit_code == 3
    assert "qcw init" in result.stderr
    assert result.stdout == ""


def test_errors_speak_the_language_asked_for(tmp_path: Path) -> None:
    result = qcw("--home", str(tmp_path / "none"), "sample", "--lang", "ru")
    assert "нет рабочего пространства" in result.stderr


def test_wrong_settings_are_exit_code_2_with_the_key(home: Path) -> None:
    (home / "qcw.toml").write_text("[effective]\ncounted_from_s = -1\n", encoding="utf-8")
    result = qcw("--home", str(home), "run")
    assert result.exit_code == 2
    assert "counted_from_s" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "nonsense"],
        ["no-such-command"],
        ["report", "month", "2026-13", "--out", "m.html"],
        ["report", "month", "October", "--out", "m.html"],
        ["report", "month", "2026-10", "--out", "m.docx"],
        ["report", "day", "yesteryear", "--out", "d.html"],
        ["transcribe", "--all", "--call", "x"],
        ["ingest", "csv"],
        ["ingest", "ringostat"],
        ["ingest", "ringostat", "some-folder"],
        ["sample", "--as-of", "tomorrow"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(home: Path, arguments: list[str]) -> None:
    result = qcw("--home", str(home), *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr


def test_a_connector_that_is_not_there_says_not_configured(home: Path) -> None:
    result = qcw("--home", str(home), "ingest", "ringostat", "--since", "2026-10-01")
    assert result.exit_code == 2
    assert "ringostat" in result.stderr
    assert "qcw.toml" in result.stderr


def test_an_import_lists_what_it_read_and_ends_with_0(home: Path, folder: Path) -> None:
    result = qcw("--home", str(home), "ingest", "csv", str(folder), "--json")
    assert result.exit_code == 0
    counts = one_object(result.stdout)["counts"]
    assert isinstance(counts, dict)
    assert counts["calls"]["new"] == 2


def test_rejected_rows_are_exit_code_1_and_are_listed(home: Path, folder: Path) -> None:
    bad = "a-3,yesterday,outbound,m1,+79000000001,61,answered\n"
    (folder / "calls.csv").write_text(CALLS + bad, encoding="utf-8")
    result = qcw("--home", str(home), "ingest", "csv", str(folder))
    assert result.exit_code == 1
    assert "calls.csv, row 4, column started_at" in result.stdout


def test_sources_of_the_settings_are_imported_by_name(home: Path, folder: Path) -> None:
    source = f'[[sources]]\nname = "crm"\nkind = "csv"\nfolder = {json.dumps(str(folder))}\n'
    (home / "qcw.toml").write_text(source, encoding="utf-8")
    assert qcw("--home", str(home), "ingest", "crm").exit_code == 0
    exported = qcw("--home", str(home), "export", "calls")
    assert [json.loads(line)["call_id"] for line in exported.stdout.splitlines()] == ["a-1", "a-2"]
    with Workspace.open(home).store.reading() as reader:
        assert reader.value("select object from audit where action = 'data_exported'") == "calls"


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample"],
        ["detect"],
        ["check"],
        ["export", "calls"],
        ["export", "evaluations"],
        ["report", "month", "2026-10", "--out", "{out}.html"],
        ["report", "day", "2026-10-05", "--out", "{out}.html"],
        ["models", "list"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_json_is_exactly_one_object_on_stdout(home: Path, folder: Path, tmp_path: Path, arguments: list[str]) -> None:
    qcw("--home", str(home), "ingest", "csv", str(folder))
    given = [argument.replace("{out}", str(tmp_path / "out")) for argument in arguments]
    result = qcw("--home", str(home), "--json", "--as-of", "2026-11-01T09:00+03:00", *given)
    assert result.exit_code == 0, result.output
    one_object(result.stdout)


def test_with_json_an_error_is_an_object_too(tmp_path: Path) -> None:
    result = qcw("--home", str(tmp_path / "none"), "sample", "--json")
    error = one_object(result.stdout)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "workspace_missing"


def test_quiet_says_nothing_when_all_is_well(home: Path, folder: Path) -> None:
    result = qcw("--home", str(home), "-q", "ingest", "csv", str(folder))
    assert (result.exit_code, result.output) == (0, "")


def test_a_mistake_of_the_program_is_no_traceback_but_a_named_file(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_session: Session) -> Done:
        raise ZeroDivisionError

    assert perform(broken, Session(CommonOptions(), Translator("en")), {}) == 70
    message = capsys.readouterr().err
    assert "Traceback" not in message
    report = Path(next(word for word in message.split() if "qcw-error-" in word).rstrip(":"))
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    report.unlink()


def test_an_error_keeps_its_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def refused(_session: Session) -> Done:
        raise UsageError("month_invalid", value="x")

    assert perform(refused, Session(CommonOptions(), Translator("ru")), {}) == 2
    assert "не месяц" in capsys.readouterr().err


def test_ctrl_c_is_a_sentence_and_130(capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(_session: Session) -> Done:
        raise KeyboardInterrupt

    assert perform(stopped, Session(CommonOptions(), Translator("en")), {}) == 130
    assert "goes on from here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--lang", "ru"], {"QCW_LANG": "en"}, "ru"),
        (["--lang=en"], {}, "en"),
        ([], {"QCW_LANG": "en", "LANG": "ru_RU.UTF-8"}, "en"),
        ([], {"LANG": "ru_RU.UTF-8"}, "ru"),
        ([], {"LANG": "C"}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_first(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    home = ["--home", str(tmp_path)]
    assert choose_language([*arguments, *home], environment) == expected


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_every_command_explains_itself_in_both_languages(language: Language) -> None:
    for command in COMMANDS:
        result = qcw(*command.words, "--help", language=language)
        assert result.exit_code == 0, command.words
        assert Translator(language)("cli.panel.common") in result.output


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_version_is_told_without_a_command_and_stands_in_the_help(language: Language) -> None:
    told = qcw("--version", language=language)
    assert (told.exit_code, told.output) == (0, f"qcw {__version__}\n")
    asked = qcw("--help", language=language).output
    assert "--version" in asked
    assert Translator(language)("cli.param.version") in asked


#: What somebody typed -> what has to be told: what is wrong, what was expected, where to read on.
MISTYPED = {
    "ingset": ("ingset", "ingest", "qcw --help"),
    "mail nonsense": ("mail nonsense", "qcw mail --help"),
    "ingest": ("csv|SOURCE", "qcw.toml", "qcw ingest --help"),
    "ingest --folder x": ("--folder", "qcw ingest --help"),
    "report month 2026-10": ("--out", "qcw report month --help"),
    "export calls --format docx": ("docx", "--format", "jsonl, csv, parquet", "qcw export --help"),
    "sample today": ("today", "qcw sample --help"),
    "serve --port web": ("web", "--port", "65535", "qcw serve --help"),
    "jobs --as-of": ("--as-of", "--help"),
    "forms import nowhere.yaml": ("nowhere.yaml", "FILE", "qcw forms import --help"),
    "forms import .": ("FILE", "qcw forms import --help"),
}


@pytest.mark.parametrize("line", MISTYPED)
def test_a_line_that_cannot_be_read_is_answered_in_the_language_asked_for_with_the_next_step(line: str) -> None:
    in_english, in_russian = qcw(*line.split()), qcw(*line.split(), language="ru")
    for result in (in_english, in_russian):
        assert (result.exit_code, result.stdout) == (2, "")
        assert [part for part in MISTYPED[line] if part not in result.stderr] == []
    assert re.search("[а-яё]", in_russian.stderr)
    foreign = "Usage|Error|Try|Missing|Invalid|No such|value|option|argument|required"
    assert not re.search(foreign, in_russian.stderr)
    assert not re.search("[а-яё]", in_english.stderr, re.IGNORECASE)


def test_with_json_a_line_that_cannot_be_read_is_an_object_too() -> None:
    error = one_object(qcw("export", "nonsense", "--json").stdout)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "parameter_wrong"


@pytest.mark.parametrize("words", [(), ("report",), ("--lang", "ru"), ("--home", "somewhere", "forms")], ids=" ".join)
def test_a_group_alone_shows_its_help(words: tuple[str, ...]) -> None:
    result = qcw(*words, language="ru")
    assert (result.exit_code, result.stderr) == (2, "")
    assert Translator("ru")("cli.panel.commands") in result.stdout


def test_the_doctor_of_a_folder_without_a_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    told = qcw("--home", str(tmp_path / "none"), "doctor", language="ru").stdout
    assert f'qcw init "{tmp_path / "none"}"' in told
    assert "qcw demo" in told


def test_no_word_of_the_russian_help_is_typers_english() -> None:
    for words in ((), ("serve",), ("forms", "import"), ("report", "month"), ("people", "add")):
        shown = qcw(*words, "--help", language="ru").output
        assert not re.search("Usage|Options|Arguments|Commands|Show this|default:|required|env var|<bool>", shown)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_help_keeps_the_sections_of_the_settings_it_names(language: Language) -> None:
    assert "[retention]" in qcw("retention", "--help", language=language).output
    assert "[upload]" in qcw("--help", language=language).output


def test_the_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = ("duckdb", "pydantic", "faster_whisper", "librosa", "sklearn", "streamlit", "pymorphy3", "numpy")
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom qc_workbench.cli import application\n"
        "assert CliRunner().invoke(application('en'), ['--help']).exit_code == 0\n"
        f"print(sorted(set({heavy!r}) & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_real_process_leaves_with_the_exit_code(tmp_path: Path) -> None:
    process = start("--home", str(tmp_path / "none"), "--lang", "en", "--json", "sample")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 3
    assert one_object(out)["error"]
    assert "Traceback" not in err


def test_a_reader_that_stops_early_is_no_error(home: Path, folder: Path) -> None:
    row = "a-{},2026-10-05T10:00:00+03:00,outbound,m1,+79000000001,61,answered\n"
    many = CALLS.splitlines(keepends=True)[0] + "".join(row.format(number) for number in range(3000))
    (folder / "calls.csv").write_text(many, encoding="utf-8")
    assert qcw("--home", str(home), "ingest", "csv", str(folder)).exit_code == 0
    process = start("--home", str(home), "export", "calls")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=120)


def waits_for_something(pid: int) -> None:
    """Until a process has worked and then slept for a second and a half.

    One that only waits for a processor is not asleep (state R), so this holds however busy the machine is.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        time.sleep(8)
        return
    states, spent = "", 0
    while states[-15:].count("S") < 14 or spent < 50:  # hundredths of a second of the processor
        state, *rest = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        states, spent = states + state, int(rest[10]) + int(rest[11])
        assert len(states) < 600, "it never came to wait"
        time.sleep(0.1)


def test_sigint_stops_a_real_process_with_a_sentence(home: Path, folder: Path) -> None:
    """The process waits for the store, which this test holds."""
    Workspace(home).store.release()  # the process has to start an owner, and waits for its turn to do so
    with FileLock(home / ".locks" / START_LOCK):
        process = start("--home", str(home), "--lang", "en", "ingest", "csv", str(folder))
        waits_for_something(process.pid)  # start-up is over; from then on it waits for the lock
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "goes on from here" in err
    assert "Traceback" not in err


def test_every_text_of_the_help_is_a_sentence_so_that_others_can_follow_it() -> None:
    told = {code: entry for code, entry in catalogue().items() if code.startswith(("cli.help", "cli.param"))}
    assert [code for code, entry in told.items() if not all(str(text).endswith(".") for text in entry.values())] == []
