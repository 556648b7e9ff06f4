"""The script Streamlit runs."""

from qc_workbench.ui.main import main

main()
