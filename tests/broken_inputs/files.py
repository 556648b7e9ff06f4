"""What makes inputs of a border yields: a name of a file and its bytes."""

from collections.abc import Iterator

Files = Iterator[tuple[str, bytes]]
