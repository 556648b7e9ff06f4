"""Who does the heavy work: the workers that the settings name, and where they find recordings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from qc_workbench.transcription.models import ModelChoice, registry, resolve, this_machine
from qc_workbench.ui.recordings import worker_query
from qc_workbench.work.cluster import Cluster
from qc_workbench.work.identity import program_identity
from qc_workbench.work.local import LocalPool
from qc_workbench.work.recordings import location_of
from qc_workbench.work.sizing import PoolSize, pool_size, this_capacity
from qc_workbench.work.task import Executor
from qc_workbench.workspace import Workspace

#: The setting ``work.executor`` for worker processes of this machine.
LOCAL: Final = "local"
#: Memory of a model that the registry does not know, in MiB: that of a large one in int8.
_UNKNOWN_MODEL_MIB = 4000


@contextmanager
def executor_for(workspace: Workspace, choice: ModelChoice | None = None) -> Iterator[Executor]:
    """The workers of a workspace; they start with the first task and end with the context.

    ``choice``: the model that the tasks need, if any. Raises what says that a cluster can't be used:
    :class:`NotConfigured` and :class:`ClusterError`.
    """
    work = workspace.settings.work
    workers: Executor
    if work.executor == LOCAL:
        size = local_size(workspace, choice)
        workers = LocalPool(size.workers, size.threads)
    else:
        model = (choice.name, choice.digest) if choice else None
        workers = Cluster(work.executor, workspace.home / work.cluster_key, replace(program_identity(), model=model))
    try:
        yield workers
    finally:
        workers.close()


def choice_for(workspace: Workspace) -> ModelChoice:
    """The model that the settings name, as the workers run it: theirs is the card, not this machine's.

    Raises :class:`ModelError`.
    """
    settings = workspace.settings
    if settings.work.executor == LOCAL or settings.speech.device != "cuda":
        return resolve(settings.speech)
    here = this_machine()
    return resolve(settings.speech, machine=replace(here, cuda_devices=max(1, here.cuda_devices)))


def local_size(workspace: Workspace, choice: ModelChoice | None = None) -> PoolSize:
    """Worker processes of this machine and the threads of each."""
    on_gpu = choice is not None and choice.device == "cuda"
    known = registry().get(choice.name) if choice else None
    model_mib = (known.memory_mib if known else _UNKNOWN_MODEL_MIB) if choice else 0
    return pool_size(this_capacity(), model_mib, workspace.settings.work.workers, gpu=on_gpu)


def for_workers(workspace: Workspace, choice: ModelChoice) -> ModelChoice:
    """The model as a worker runs it: the cores of this machine are shared out; another machine knows its own."""
    if workspace.settings.speech.threads or workspace.settings.work.executor != LOCAL:
        return choice
    return replace(choice, threads=local_size(workspace, choice).threads)


def location(workspace: Workspace, relative: str) -> str:
    """Where workers find a recording of the workspace."""
    path = workspace.media_path(relative)
    work = workspace.settings.work
    if work.executor == LOCAL:
        return str(path)
    return location_of(workspace.home, relative, work.recordings_at, partial(worker_query, workspace.home))
