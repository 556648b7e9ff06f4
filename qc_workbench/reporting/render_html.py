"""A document as one HTML file: style, plots and data inside, nothing fetched, readable without scripts."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from qc_workbench.reporting.document import Document, Heading, Notice, Paragraph, Plot, Table, Tiles
from qc_workbench.reporting.plots import to_svg

#: Fonts that every system has something of; text of plots stays text.
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

_KINDS = {Paragraph: "paragraph", Notice: "notice", Heading: "heading", Tiles: "tiles", Table: "table", Plot: "plot"}


def render_html(document: Document) -> str:
    """The file's text. Every value of the data is escaped; only our own plots go in as markup."""
    return _template().render(
        document=document,
        font=FONT,
        kind=lambda block: _KINDS[type(block)],
        # vl-convert escapes the text it puts into SVG.
        svg=lambda plot: Markup(to_svg(plot.specification, FONT)),  # noqa: S704
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("qc_workbench.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("document.html.j2")
