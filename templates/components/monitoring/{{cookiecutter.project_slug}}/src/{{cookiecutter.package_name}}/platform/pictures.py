"""The plots of the report: a column in the reference and in the window, and late quality."""

import json
from html import escape

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from .columns import Bin, Column
from .monitor import Report
from .quality import Quality
from .report import chip

MOST_PLOTS = 60
MOST_BINS, MOST_LETTERS = 12, 14
BEFORE, INK, LINE = "#c9d2dc", "#3c4a5a", "#e6ebf0"
COLOURS = {"drift": "#c2352b", "notice": "#c07a12"}
CALM = "#3b78b8"
DRAW = """
const figures = JSON.parse(document.getElementById("figures").textContent);
for (const [id, figure] of Object.entries(figures))
  Plotly.newPlot(id, figure.data, figure.layout, {displayModeBar: false, responsive: true});
"""


def pictures(report: Report) -> str:
    """HTML that draws every column, and late quality if there is any, with all that it needs."""
    drawn = [column for column in report.columns if column.bins][:MOST_PLOTS]
    figures = {f"plot{place}": figure(column) for place, column in enumerate(drawn)}
    cards = [_card(place, column) for place, column in enumerate(drawn)]
    wide = ""
    if report.quality and report.quality.value is not None:
        figures["quality"] = quality_figure(report.quality)
        wide = '<div class="card wide"><div id="quality"></div></div>'
    undrawn = len(report.columns) - len(drawn)
    key = [(BEFORE, "reference"), (CALM, "window"), (COLOURS["drift"], "window, where it drifted")]
    told = "".join(f'<i style="background:{colour}"></i>{name}' for colour, name in key)
    told += f" · {undrawn} more columns are not drawn" if undrawn else ""
    data = json.dumps({name: each.to_plotly_json() for name, each in figures.items()})
    data = data.replace("<", "\\u003c")  # or a category could end the script
    return "\n".join(
        [
            wide,
            "<h2>Pictures</h2>",
            f'<p class="key">{told}</p>',
            '<div class="grid">',
            *cards,
            "</div>",
            f"<script>{get_plotlyjs()}</script>",
            f'<script type="application/json" id="figures">{data}</script>',
            f"<script>{DRAW}</script>",
        ]
    )


def figure(column: Column) -> go.Figure:
    """The shares of a column's bins, before and now, side by side."""
    bins = _shown(column.bins)
    places = list(range(len(bins)))
    names = [escape(each.label) for each in bins]
    told = {"x": places, "customdata": names, "hovertemplate": "%{customdata}: %{y:.1%}"}
    before, now = [each.reference for each in bins], [each.window for each in bins]
    found = go.Figure()
    found.add_bar(y=before, name="reference", marker_color=BEFORE, **told)
    found.add_bar(y=now, name="window", marker_color=COLOURS.get(column.status, CALM), **told)
    short = [escape(_short(each.label)) for each in bins]
    found.update_xaxes(tickvals=places, ticktext=short, tickangle=-40 if len(bins) > 4 else 0)
    found.update_yaxes(tickformat=".0%", rangemode="tozero", gridcolor=LINE, nticks=4)
    found.update_layout(barmode="group", bargap=0.25, bargroupgap=0.05, **_layout(220))
    return found


def quality_figure(quality: Quality) -> go.Figure:
    """The metric on the hold-out, and on the predictions whose labels came, with 95 % intervals."""
    found = go.Figure()
    for place, name, value, error, colour in (
        (1, "held out", quality.before, quality.error_before, INK),
        (0, "labelled", quality.value, quality.error, COLOURS.get(quality.status, CALM)),
    ):
        half = None if error is None else {"type": "data", "array": [1.96 * error], "thickness": 2}
        found.add_scatter(
            x=[value], y=[place], error_x=half, mode="markers", name=name,
            marker={"size": 11, "color": colour}, hovertemplate="%{x:.4g}",
        )  # fmt: skip
    found.update_yaxes(
        tickvals=[0, 1], ticktext=["labelled", "held out"], range=[-0.6, 1.6], zeroline=False
    )
    found.update_xaxes(gridcolor=LINE, zeroline=False, title=quality.metric)
    found.update_layout(**_layout(190))
    return found


def _card(place: int, column: Column) -> str:
    title = f"<h3>{escape(column.name)} {chip(column.status)}</h3>"
    return f'<div class="card">{title}<div id="plot{place}"></div></div>'


def _layout(height: int) -> dict[str, object]:
    font = {"family": "system-ui, sans-serif", "size": 11, "color": INK}
    margin = {"l": 8, "r": 8, "t": 6, "b": 8}
    return {
        "height": height, "margin": margin, "font": font, "showlegend": False, "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis_automargin": True, "yaxis_automargin": True,
    }  # fmt: skip


def _shown(bins: tuple[Bin, ...]) -> list[Bin]:
    """The bins that fit: of many words those with the most rows, the others in one."""
    if len(bins) <= MOST_BINS:
        return list(bins)
    most = sorted(bins, key=lambda each: -max(each.reference, each.window))[: MOST_BINS - 1]
    rest = [each for each in bins if each not in most]
    others = Bin(
        f"{len(rest)} others",
        sum(each.reference for each in rest),
        sum(each.window for each in rest),
    )
    return [each for each in bins if each in most] + [others]


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
