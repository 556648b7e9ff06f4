"""Artefacts, never code: phrase lexicons and the list of speech models with their checksums.

A package only so that no other folder called ``models`` on the path can take its place.
"""
