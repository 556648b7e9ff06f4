"""Getting a speech model when nobody has said which: the best that this machine runs and that can be had."""

from __future__ import annotations

from pipelines.progress import Progress
from qc_workbench.errors import ModelError
from qc_workbench.transcription.models import (
    InstalledModel,
    Machine,
    get_model,
    installed_models,
    registry,
    this_machine,
)


def fetch_model(name: str | None, progress: Progress, *, if_absent: bool = False) -> InstalledModel:
    """Fetch a model by name; without one the best suitable, going down when it can't be had.

    ``if_absent``: any model already here will do when none is named.
    """
    if name is not None:
        return get_model(name, progress=progress)
    present = installed_models()
    if if_absent and present:
        return present[0]
    names = suitable_names(this_machine())
    for candidate in names[:-1]:
        try:
            return get_model(candidate, progress=progress)
        except ModelError:
            continue  # not to be had here and now: the next lighter one
    return get_model(names[-1], progress=progress)


def suitable_names(machine: Machine) -> tuple[str, ...]:
    """Known models that this machine runs fast enough, best first. ``tiny`` is not offered: it hears too badly."""
    fitting = [
        (known.rank, name)
        for name, known in registry().items()
        if name != "tiny"
        and (machine.memory_mib is None or machine.memory_mib >= known.memory_mib)
        and (machine.cuda_devices or machine.cpu_cores >= known.cpu_cores)
    ]
    return tuple(name for _, name in sorted(fitting, reverse=True)) or ("base",)
