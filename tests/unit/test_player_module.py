"""The player's module: the library is the one looked at, nothing comes from elsewhere, every key has a text."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import pytest

from pipelines import vendor_player
from qc_workbench.ui.components import player
from qc_workbench.ui.components.player import KEYS, PARTS, VENDORED, module_text, player_data
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.playback import Lane, Playback, SpokenTurn

FOLDER = Path(player.__file__).parent


def test_the_bundled_library_is_the_one_whose_sums_are_written_down() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor_player.FOLDER.iterdir()}
    assert found == {name: sha256 for name, (_, sha256) in vendor_player.FILES.items()}
    assert set(VENDORED.values()) < set(found)
    assert "BSD" in (vendor_player.FOLDER / "LICENSE.txt").read_text(encoding="utf-8")


def test_a_package_that_is_not_the_pinned_one_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    other = io.BytesIO()
    with tarfile.open(fileobj=other, mode="w:gz"):
        pass
    with pytest.raises(ValueError, match="expected"):
        vendor_player.vendor(tmp_path / "vendor", lambda _: other.getvalue())
    assert not (tmp_path / "vendor").exists()


def test_the_module_fetches_nothing_and_names_no_other_site() -> None:
    text = module_text()
    assert re.findall(r"^\s*import\b|\bimport\(|importScripts", text, re.MULTILINE) == []
    ours = "".join((FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    assert "://" not in ours
    assert text.count("export default") == 1
    assert "export{" not in text


def test_each_file_of_the_player_holds_one_idea() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.js")}
    assert set(lengths) == {f"{part}.js" for part in (*PARTS, "clip")}
    assert max(lengths.values()) < 400


def keys_taken(file: Path) -> set[str]:
    names = r"(Digit\d|Key[A-Z]|(?:Numpad)?Enter|Space|Escape|Comma|Period|Slash|Backspace|Delete|Arrow[A-Z][a-z]+)"
    bound = re.compile(rf'^\s+{names}: |event\.code === "{names}"\) return \(\)', re.MULTILINE)
    return {name or other for name, other in bound.findall(file.read_text(encoding="utf-8"))}


def test_no_key_of_the_call_page_belongs_to_both_the_player_and_the_form() -> None:
    """The player takes its keys before the form sees them. Escape is the form's while no range is chosen."""
    players, forms = keys_taken(FOLDER / "keys.js"), keys_taken(FOLDER.parent / "scoring_panel" / "keys.js")
    assert {"KeyC", "KeyQ", "Space"} < players
    assert {"KeyS", "KeyX", "KeyH", "KeyN", "Enter"} < forms
    assert players & forms == {"Escape"}
    assert not any(name.startswith("Digit") for name in players)


#: How a key is called in the lists that people read, where it is not by its own letter.
CALLED = {
    "Space": "space", "Comma": ",", "Period": ".", "BracketLeft": "[", "BracketRight": "]", "Equal": "+",
    "NumpadAdd": "+", "Minus": "−", "NumpadSubtract": "−", "Slash": "/", "Shift+Slash": "?", "Escape": "Esc",
    "Enter": "Enter", "NumpadEnter": "Enter", "Backspace": "Backspace", "Delete": "Delete", "ArrowLeft": "←",
    "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", "Shift+ArrowLeft": "Shift+←", "Shift+ArrowRight": "Shift+→",
}  # fmt: skip


def called(code: str) -> str:
    """A key that is neither a letter nor in CALLED has no name that people know: give it one there."""
    return CALLED[code] if code in CALLED else re.fullmatch(r"(Shift\+)?Key([A-Z])", code).expand(r"\1\2")  # type: ignore[union-attr]


def keys_of_map(file: Path) -> set[str]:
    """The names in the object of a key map: a line of it each."""
    (body,) = re.findall(r"^ +return \{\n(.*?)^ +\}", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names = [re.match(r' +"?([\w+]+)"?: ', line) for line in body.splitlines()]
    assert None not in names, "a line of the map is no key"
    return {called(name[1]) for name in names if name}


def test_every_key_the_player_listens_to_is_in_the_list_of_keys() -> None:
    assert keys_of_map(FOLDER / "keys.js") == {name for names, _ in KEYS for name in names.split()}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_key_of_the_form_is_in_the_list_of_keys(language: str) -> None:
    file = FOLDER.parent / "scoring_panel" / "keys.js"
    text = file.read_text(encoding="utf-8")
    taken = keys_of_map(file) | {called(code) for code in re.findall(r'code === "(\w+)"', text)}
    assert {"S", "N", "↓", "Esc", "Delete"} <= taken
    assert "(?:Digit|Numpad)" in text
    assert "event.ctrlKey" in text
    said = Translator(language)("scoring.keys")
    listed = set(re.findall(r"[A-Z]\b|Esc|Enter|Backspace|Delete|Ctrl\+Enter|[↑↓←→]|1–9|0", said))
    assert listed == taken | {"1–9", "0", "Ctrl+Enter"}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_travels_is_small_and_says_what_is_unsure(language: str) -> None:
    words = ((1.004, 1.5, " да", 0.9), (1.5, 2.25, " может", 0.3))
    turn = SpokenTurn("agent", "x", 1.004, 2.25, "да может", words, None)
    shown = Playback("c", None, 10.0, ((0, 50, 100),), (Lane("unknown", "x"),), (), (turn,), None, None, ((3.0, 9.0),))
    data = player_data(shown, Translator(language), 0.0, False)
    assert data["turns"][0]["words"] == [[1.0, 50, "да"], [1.5, 75, "может", 1]]
    assert data["peaks"] == ["ADJk"]  # 0, 50, 100 as bytes
    assert data["quiet"] == [[3.0, 9.0]]
    assert (data["comment_url"], data["heard_url"], data["comments"]) == (None, None, [])
    assert all(does for _, does in data["keys"])
