"""The database: one DuckDB file, reached only through :class:`~qc_workbench.store.database.Store`."""
