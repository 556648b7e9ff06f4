"""What ``qcw`` starts with: are the packages beside this one ours?

``pipelines`` and ``models`` are plain names. Another program's folder of that name, found earlier on the path, would be
taken in silence, and its files for ours; so that is looked at before anything of them is imported.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import qc_workbench
from qc_workbench.private_files import keep_private

#: Packages of this program under names that others might use as well.
BESIDE: Final = ("pipelines", "models")
#: The exit code of an installation that cannot work (``cli.EXIT_CODES``).
_UNFIT: Final = 3


def strangers() -> dict[str, str]:
    """Package of ours -> the folder where another one of that name was found instead, or nothing."""
    ours = Path(qc_workbench.__file__).resolve().parent.parent
    found = {}
    for name in BESIDE:
        spec = find_spec(name)
        place = Path(spec.origin).resolve().parent if spec and spec.origin else None
        if place != ours / name:
            found[name] = str(place or "-")
    return found


def command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """``qcw`` with these arguments as a process of its own: its command line and its environment.

    With ``-P``, so that a folder where the app was started and that is called like one of our packages does not take
    its place; our own folder goes first on the path instead.
    """
    paths = [str(Path(qc_workbench.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    line = [sys.executable, "-P", "-m", "qc_workbench.start", *arguments]
    return line, {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def main() -> None:
    keep_private()
    taken = strangers()
    if taken:
        from qc_workbench.errors import WorkspaceError
        from qc_workbench.ui.i18n import LANGUAGES, Translator

        [(name, place), *_] = taken.items()
        home = Path(qc_workbench.__file__).parent.parent
        error = WorkspaceError("program_shadowed", name=name, found=place, ours=str(home / name))
        for language in LANGUAGES:  # whose language it is stands in settings that cannot be read yet
            sys.stderr.write(Translator(language).error(error) + "\n")
        sys.exit(_UNFIT)
    from qc_workbench.cli import main as run

    run()


if __name__ == "__main__":
    main()
