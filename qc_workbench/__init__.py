"""QC Workbench: call quality control and speech analytics for sales departments."""

__version__ = "0.9.0"
