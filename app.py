"""Starts the interface: ``streamlit run app.py`` or, with recordings and schedule, ``qcw serve``."""

from qc_workbench.ui.main import main

main()
