"""The imperative shell: read, call a pure function, write. One module a step, each resumable.

Every step is a function ``(workspace, …, progress) -> a frozen report``; it can be killed at
any moment and started again: what was written stays, what was not is done again.
"""
