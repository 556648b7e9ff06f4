"""All that pyproject.toml cannot say: the sample company of `samples/` goes into the built package, where the installed
`qcw demo` finds it. In the repository it stays beside the packages."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SAMPLES = Path("samples")


class WithSamples(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for file in sorted(path for path in SAMPLES.rglob("*") if path.is_file()):
            target = Path(self.build_lib, "qc_workbench", file)
            self.mkpath(str(target.parent))
            self.copy_file(str(file), str(target), preserve_mode=False)


setup(cmdclass={"build_py": WithSamples})
