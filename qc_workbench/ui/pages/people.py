"""«Люди»: accounts, roles, teams, capacities, days away; ways in."""

from qc_workbench.ui.components.account_parts import everybody, newcomers, one_account, teams
from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.accounts import admitted

room = enter()
heading(room.t("room.people"), room.t("people.says"))
view = admitted(room.workspace, room.viewer, room.now)
chosen = everybody(room, view)
if chosen is None:
    newcomers(room, view)
    teams(room, view)
else:
    one_account(room, view, chosen)
