"""Plots of the reports as Vega-Lite specifications (https://vega.github.io/vega-lite/): data and marks, no picture.

The app shows them as they are; files get SVG from :func:`to_svg`. Colours are told apart by
colour-blind readers too (Okabe & Ito, 2008).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from qc_workbench.reporting.document import Chart, Plot

BLUE, ORANGE, GREEN, GREY, RED = "#0072B2", "#E69F00", "#009E73", "#8A8F98", "#D55E00"


def grouped_bars(
    groups: Sequence[str], series: Mapping[str, Sequence[int | None]], colours: Sequence[str], y_title: str
) -> dict[str, Any]:
    """Bars of several series side by side in each group, with their values above."""
    names = list(series)
    values = [
        {"group": group, "series": name, "value": value}
        for name, row in series.items()
        for group, value in zip(groups, row, strict=True)
        if value  # a bar of nothing needs no room and no label
    ]
    position = {
        "x": {"field": "group", "type": "nominal", "sort": list(groups), "title": None, "axis": {"labelAngle": 0}},
        "xOffset": {"field": "series", "sort": names},
        "y": {"field": "value", "type": "quantitative", "title": y_title, "axis": {"tickMinStep": 1}},
    }
    colour = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": list(colours)},
        "legend": {"orient": "top", "title": None, "labelLimit": 400},
    }
    return _specification(
        values,
        [
            {"mark": {"type": "bar"}, "encoding": {**position, "color": colour}},
            {
                "mark": {"type": "text", "dy": -6, "fontSize": 10},
                "encoding": {**position, "text": {"field": "value", "type": "quantitative"}},
            },
        ],
        height=190,
    )


def plot_of_groups(
    groups: Sequence[str],
    series: Mapping[str, Sequence[int | None]],
    colours: Sequence[str],
    y_title: str,
    title: str,
    description: str,
) -> Plot:
    """:func:`grouped_bars` for the app and for paper, and the chart of a workbook. ``title``: of the chart."""
    chart = Chart(title, tuple(groups), {name: tuple(row) for name, row in series.items()}, tuple(colours))
    return Plot(grouped_bars(groups, series, colours, y_title), description, chart)


def plot_of_bars(rows: Sequence[tuple[str, int, str]], x_title: str, title: str, description: str) -> Plot:
    """:func:`bars` for the app and for paper, and the chart of a workbook."""
    chart = Chart(
        title, tuple(name for name, _, _ in rows), {x_title: tuple(value for _, value, _ in rows)},
        tuple(colour for _, _, colour in rows[:1]), is_lying=True,
    )  # fmt: skip
    return Plot(bars(rows, x_title), description, chart)


def intervals(
    rows: Sequence[tuple[str, float, float, float]], x_title: str, domain: tuple[float, float]
) -> dict[str, Any]:
    """A point and its interval in each line: name, low, value, high; in the order given."""
    values = [{"name": name, "low": low, "value": value, "high": high} for name, low, value, high in rows]
    y = {"field": "name", "type": "nominal", "sort": [row["name"] for row in values], "title": None,
         "axis": {"labelLimit": 380}}  # fmt: skip
    scale = {"domain": list(domain)}
    ends = {"type": "quantitative", "title": x_title, "scale": scale}
    return _specification(
        values,
        [
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": GREY},
                "encoding": {"y": y, "x": {"field": "low", **ends}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "color": BLUE},
                "encoding": {"y": y, "x": {"field": "value", **ends}},
            },
        ],
        height=max(60, 26 * len(values)),
    )


def bars(rows: Iterable[tuple[str, int, str]], x_title: str) -> dict[str, Any]:
    """Lying bars: name, value, colour; in the order given."""
    values = [{"name": name, "value": value, "colour": colour} for name, value, colour in rows]
    position = {
        "y": {"field": "name", "type": "nominal", "sort": [row["name"] for row in values], "title": None,
              "axis": {"labelLimit": 360}},
        "x": {"field": "value", "type": "quantitative", "title": x_title,
              "axis": {"labels": False, "ticks": False, "grid": False}},  # each bar carries its number
    }  # fmt: skip
    return _specification(
        values,
        [
            {
                "mark": {"type": "bar"},
                "encoding": {**position, "color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
                "encoding": {**position, "text": {"field": "value", "type": "quantitative"}},
            },
        ],
        height=max(60, 24 * len(values)),
    )


def _specification(values: list[dict[str, Any]], layers: list[dict[str, Any]], height: int) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 560,
        "height": height,
        "background": "transparent",
        "data": {"values": values},
        "layer": layers,
        "config": {"view": {"stroke": None}, "axis": {"grid": True, "gridColor": "#e6e9ee", "domainColor": "#aab1bb"}},
    }


#: A font whose widths are known to the one who lays the plot out: with any other it takes letters for far wider than
#: they are, and cuts names.
_MEASURED: Final = "sans-serif"


def to_svg(specification: Mapping[str, Any], font: str) -> str:
    """The plot as SVG with text as text in the named font. Nothing is fetched: data is inside."""
    import vl_convert

    config = {**specification.get("config", {}), "font": _MEASURED}
    drawn = str(vl_convert.vegalite_to_svg({**specification, "config": config}, allowed_base_urls=[]))
    return drawn.replace(f'font-family="{_MEASURED}"', f'font-family="{font}"')
