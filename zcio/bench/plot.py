"""Rows as a picture: how many times faster than each rival zcio is, on a logarithmic scale, losses left of the line.

Importing this needs matplotlib.
"""

import itertools
import os

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

__all__ = ["check", "draw"]

_COLOURS = ("#d1495b", "#00798c", "#edae49", "#66a182", "#8d6a9f", "#2e4057")


def check(path):
    """Raises ValueError where ``path`` ends in no kind of picture, OSError where it cannot be written."""
    kinds = FigureCanvasAgg(Figure()).get_supported_filetypes()
    if os.path.splitext(path)[1].lstrip(".") not in kinds:
        raise ValueError("%s: the name must end in one of .%s" % (path, ", .".join(sorted(kinds))))
    open(path, "ab").close()


def draw(path, groups, title):
    """Write the picture of ``groups``, a dict of lists of rows by group, to ``path``. Raises OSError, ValueError."""
    groups = {name: rows for name, rows in groups.items() if rows}
    # A legend stands above its panel, two rivals in a line.
    heights = [len(rows) + 2 + len(_rivals(rows)) / 2 for rows in groups.values()]
    ratios = [row.ratio(rival) for rows in groups.values() for row in rows for rival in _rivals([row])]
    # Narrow, so that a phone shows its letters large enough. The same picture for the same figures: no date, no random
    # ids. Letters stay letters.
    with rc_context({"svg.hashsalt": "zcio", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(4.6, 1.1 + 0.19 * sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(
            len(groups), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
        ).ravel()
        for panel, (group, rows) in zip(panels, groups.items()):
            _fill(panel, group, rows)
        panels[-1].set_xscale("log")
        panels[-1].set_xlim(min(0.4, 0.8 * min(ratios)), max(2.5, 1.25 * max(ratios)))
        panels[-1].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if max(ratios) < 20 * min(ratios) else (1, 3)))
        panels[-1].xaxis.set_major_formatter("{x:g}x")
        panels[-1].xaxis.set_minor_formatter(NullFormatter())
        panels[-1].set_xlabel("times the rival's speed (shaded: slower)", loc="right")
        figure.suptitle(title, fontsize=8)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.endswith(".svg") else None)


def _rivals(rows):
    return list(dict.fromkeys(rival for row in rows for rival in row.times if rival != "zcio"))


def _fill(panel, group, rows):
    panel.axvspan(1e-9, 1, color="#d1495b", alpha=0.07, linewidth=0)
    panel.axvline(1, color="black", linewidth=0.8)
    for colour, rival in zip(itertools.cycle(_COLOURS), _rivals(rows)):
        dots = [(row.ratio(rival), at) for at, row in enumerate(rows) if rival in row.times]
        panel.plot(*zip(*dots), "o", color=colour, markersize=5, label=rival)
    panel.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncol=2,
        fontsize=8,
        frameon=False,
        borderaxespad=0,
        handletextpad=0,
        columnspacing=0.5,
    )
    panel.set_yticks(range(len(rows)))
    panel.set_yticklabels([row.question for row in rows])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.grid(axis="x", alpha=0.3)
    # Above the labels, where no legend is.
    panel.text(-0.03, 1.01, group, transform=panel.transAxes, ha="right", va="bottom", fontweight="bold", fontsize=10)
