"""Plots of the daily page as Vega-Lite specifications: calls by the hour, the evening controls of a month."""

from __future__ import annotations

from typing import Any, Final

from qc_workbench.domain.evening import Unkept
from qc_workbench.reporting.document import Plot, Words
from qc_workbench.reporting.plots import BLUE, GREEN, GREY, ORANGE, RED
from qc_workbench.reporting.today import Today

_COLOURS: Final = {Unkept.OVERDUE: RED, Unkept.MOVED: ORANGE, Unkept.STUCK: BLUE, Unkept.PROMISE: GREEN}
_LEGEND: Final = {"orient": "top", "title": None, "labelLimit": 400}


def hours_plot(page: Today, words: Words) -> Plot | None:
    """Calls by the hour of the company's clock, the missed ones apart; None on a day without calls."""
    if not page.hours:
        return None
    names = {code: words(f"today.plot.{code}") for code in ("answered", "missed", "outbound")}
    values = [
        {"hour": f"{item.hour:02d}", "kind": names[code], "order": order, "n": n}
        for item in page.hours
        for order, (code, n) in enumerate(
            (("answered", item.inbound - item.missed), ("missed", item.missed), ("outbound", item.outbound))
        )
        if n
    ]
    # A working day is seen whole: one call is one thin bar, not a wall.
    first, last = min(page.hours[0].hour, 9), max(page.hours[-1].hour, 18)
    encoding = {
        "x": {"field": "hour", "type": "ordinal", "title": words("today.plot.hour"), "axis": {"labelAngle": 0},
              "scale": {"domain": [f"{hour:02d}" for hour in range(first, last + 1)]}},
        "y": {"field": "n", "type": "quantitative", "title": words("today.figure.calls"), "axis": {"tickMinStep": 1}},
        "color": {"field": "kind", "type": "nominal", "legend": _LEGEND,
                  "scale": {"domain": list(names.values()), "range": [BLUE, RED, GREY]}},
        "order": {"field": "order"},
    }  # fmt: skip
    said = ", ".join(f"{item.hour:02d}: {item.inbound + item.outbound}/{item.missed}" for item in page.hours)
    return Plot(
        _specification(values, {"mark": {"type": "bar"}, "encoding": encoding}), f"{words('today.plot.hours')}. {said}"
    )


def history_plot(page: Today, words: Words) -> Plot | None:
    """What the frozen controls of the last month found; None with fewer than two of them."""
    history = page.control.history
    if len(history) < 2:
        return None
    names = {kind: words(f"unkept.{kind.value}") for kind in Unkept}
    values = [
        {"day": day.isoformat(), "kind": names[kind], "n": totals.get(kind, 0)}
        for day, totals in sorted(history.items())
        for kind in Unkept
    ]
    encoding = {
        "x": {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": None,
              "axis": {"format": "%d.%m", "tickCount": 8, "grid": False}},
        "y": {"field": "n", "type": "quantitative", "title": None, "axis": {"tickMinStep": 1}},
        "color": {"field": "kind", "type": "nominal", "legend": {**_LEGEND, "columns": 2},
                  "scale": {"domain": list(names.values()), "range": [_COLOURS[kind] for kind in Unkept]}},
    }  # fmt: skip
    layer = {"mark": {"type": "line", "point": True}, "encoding": encoding}
    return Plot(_specification(values, layer), words("today.plot.history"))


def _specification(values: list[dict[str, Any]], layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 560,
        "height": 170,
        "background": "transparent",
        "data": {"values": values},
        "layer": [layer],
        "config": {"view": {"stroke": None}, "axis": {"grid": True, "gridColor": "#e6e9ee", "domainColor": "#aab1bb"}},
    }
