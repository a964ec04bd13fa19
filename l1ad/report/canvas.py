"""A figure of one axes or more in the style of the house, written at once or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

__all__ = ["COLOURS", "canvas"]

# Okabe & Ito's colours, told apart with any kind of colour vision.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of lines, in the order of use."""

_DPI = 110

_STYLE = {
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "font.size": 15,
    "legend.fontsize": 12,
    # Letters of a PDF stay letters: they can be searched, and journals take them.
    "pdf.fonttype": 42,
}


@contextmanager
def canvas(
    path: Path | Sequence[Path], *, rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 6)
) -> Iterator[list[Any]]:
    """Open a figure to draw in; it is written when all is drawn.

    Args:
        path: File to write, `.png` or `.pdf`; of several files all are written, or none.
        rows: Rows of axes.
        columns: Axes in a row.
        size: Width and height in inches.

    Yields:
        The axes, row by row.
    """
    import matplotlib as mpl
    import mplhep

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    with plt.style.context([mplhep.style.ROOT, _STYLE]):
        figure, axes = plt.subplots(rows, columns, figsize=size, dpi=_DPI, layout="constrained", squeeze=False)
        figure.get_layout_engine().set(w_pad=0.15, h_pad=0.1)
        try:
            yield list(axes.ravel())
            _write(figure, [path] if isinstance(path, Path) else path)
        finally:
            plt.close(figure)


def _write(figure: Any, paths: Sequence[Path]) -> None:
    # Room for the words is found once: an engine that stays would draw the figure twice for each file.
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)
    temporary = {path: path.with_name(f".{path.name}.partial") for path in paths}
    with ExitStack() as leaving:
        for path, partial in temporary.items():
            leaving.callback(partial.unlink, missing_ok=True)
            kind = path.suffix.removeprefix(".")
            # A PDF would tell when it was drawn, and equal figures would not be equal bytes.
            metadata = {"CreationDate": None} if kind == "pdf" else None
            figure.savefig(partial, dpi=_DPI, format=kind, metadata=metadata)
        for path, partial in temporary.items():
            partial.replace(path)
