"""Starts the interface with ``streamlit run app.py``; the same as ``qcw serve`` of the workspace ``QCW_HOME``."""

from streamlit import App

from qc_workbench.private_files import keep_private
from qc_workbench.ui.server import SCRIPT, parts

keep_private()

# `streamlit run` looks for a call of App in this very file: that is why create_app() is not called here.
app = App(SCRIPT, **parts())
