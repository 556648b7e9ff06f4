"""Hostile input at every border of the program: one target a border, driven by the fuzzer, by Hypothesis and by files.

``rule.py`` says what must hold, ``borders.py`` lists the borders, ``python -m tests.fuzzing BORDER SECONDS`` runs the
coverage-guided fuzzer on one, docs/fuzzing.md tells how and what came of it.
"""
