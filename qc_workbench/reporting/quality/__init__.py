"""How good the detectors are against calls that people have labelled; one module a task, each with its conventions.

    labels + store -> judge(call) per task -> figures with intervals, confusion matrices, mistakes -> Evaluation

See docs/evaluation.md.
"""

from qc_workbench.reporting.quality.comparison import Change, Comparison, compare
from qc_workbench.reporting.quality.evaluation import DIMENSIONS, TASKS, Evaluation, Slice, evaluate
from qc_workbench.reporting.quality.figures import Cell, Figure, Matrix, Mistake, Unit
from qc_workbench.reporting.quality.labels import FoundCall, TrueCall, TruePromise, TrueSpan

__all__ = (
    "DIMENSIONS", "TASKS", "Cell", "Change", "Comparison", "Evaluation", "Figure", "FoundCall", "Matrix", "Mistake",
    "Slice", "TrueCall", "TruePromise", "TrueSpan", "Unit", "compare", "evaluate",
)  # fmt: skip
