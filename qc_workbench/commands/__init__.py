"""The commands of ``qcw``: each parses, calls one step of :mod:`pipelines` and says what came of it."""
