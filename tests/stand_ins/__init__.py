"""Stand-ins of the systems that users have: real HTTP on a free port, with state, limits and faults on demand."""
