"""Who does the heavy work: the workers that the settings name, and where they find recordings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from qc_workbench.transcription.models import ModelChoice, registry
from qc_workbench.work.local import LocalPool
from qc_workbench.work.sizing import PoolSize, pool_size, this_capacity
from qc_workbench.work.task import Executor
from qc_workbench.workspace import Workspace

#: Memory of a model that the registry does not know, in MiB: that of a large one in int8.
_UNKNOWN_MODEL_MIB = 4000


@contextmanager
def executor_for(workspace: Workspace, choice: ModelChoice | None = None) -> Iterator[Executor]:
    """The workers of a workspace; they start with the first task and end with the context.

    ``choice``: the model that the tasks need, if any.
    """
    size = local_size(workspace, choice)
    pool = LocalPool(size.workers, size.threads)
    try:
        yield pool
    finally:
        pool.close()


def local_size(workspace: Workspace, choice: ModelChoice | None = None) -> PoolSize:
    """Worker processes of this machine and the threads of each."""
    on_gpu = choice is not None and choice.device == "cuda"
    known = registry().get(choice.name) if choice else None
    model_mib = (known.memory_mib if known else _UNKNOWN_MODEL_MIB) if choice else 0
    return pool_size(this_capacity(), model_mib, workspace.settings.work.workers, gpu=on_gpu)


def for_workers(workspace: Workspace, choice: ModelChoice) -> ModelChoice:
    """The model as a worker of this machine runs it: the cores are shared out."""
    if workspace.settings.speech.threads:
        return choice
    return replace(choice, threads=local_size(workspace, choice).threads)


def location(workspace: Workspace, relative: str) -> str:
    """Where workers find a recording of the workspace."""
    return str(workspace.media_path(relative))
