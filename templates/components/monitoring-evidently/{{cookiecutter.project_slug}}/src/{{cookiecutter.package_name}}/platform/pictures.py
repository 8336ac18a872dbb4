"""Evidently's report of the same questions, as a part of the page."""

from html import escape

from . import evidently
from .drift import MUCH
from .monitor import Report

FIT = """
const frame = document.getElementById("evidently");
frame.addEventListener("load", () => {
  const drawn = frame.contentDocument;
  const fit = () => { frame.style.height = drawn.documentElement.scrollHeight + "px"; };
  new ResizeObserver(fit).observe(drawn.body);
});
"""


def pictures(report: Report) -> str:
    """HTML that holds what Evidently draws of the columns that were judged."""
    if not report.questions:
        return "<h2>Evidently</h2><p>Too few rows to compare.</p>"
    drawn = evidently.ask("draw", report.questions, level=report.level, much=MUCH)
    style = "display:block;width:100%;height:900px;border:0;border-radius:10px;background:#fff"
    return "\n".join(
        [
            "<h2>Evidently</h2>",
            '<p class="key">Counts of independent rows, in the bins of training.</p>',
            f'<iframe id="evidently" title="Evidently" style="{style}" srcdoc="{escape(drawn)}">',
            "</iframe>",
            f"<script>{FIT}</script>",
        ]
    )
