"""«Порядок в CRM»: which rules are broken, by whom, since when; what each rule asks."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.consent_parts import consent_lists
from qc_workbench.ui.components.discipline_parts import (
    choose_order,
    choose_part,
    exchange_list,
    logged_table,
    table_and_list,
)
from qc_workbench.ui.components.discipline_rules import rule_pages
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.components.violation_ruling import violation_rulings
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.discipline"), room.t("discipline.room_says"))
show_flash(room)
choice = choose_order(room)
match choose_part(room):
    case "rulings":
        violation_rulings(room, choice.within, "order_rulings")
    case "logged":
        logged_table(room, choice)
    case "exchange":
        exchange_list(room, choice)
    case "consent":
        consent_lists(room, choice)
    case "rules":
        rule_pages(room, choice)
    case _:
        table_and_list(room, choice)
