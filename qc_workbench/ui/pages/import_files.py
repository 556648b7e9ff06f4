"""«Файлы»: what people export from Excel, 1C and other programs, brought in by a mapping."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.import_files_kept import kept_things
from qc_workbench.ui.components.import_files_upload import uploaded
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.import_files"), room.t("files.says"))
uploaded(room)
kept_things(room)
