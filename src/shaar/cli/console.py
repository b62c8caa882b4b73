"""What the commands print with: a progress bar on a terminal, plain lines elsewhere, and aligned tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shaar.engine.progress import Progress as ProgressFunction

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[ProgressFunction]:
    """Yield a progress function: bars on a terminal, one line per finished stage where output goes to a file."""
    if not err.is_terminal:
        yield _Lines()
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=err,
    )
    tasks: dict[str, int] = {}
    with bar:

        def show(stage: str, done: float, total: float | None = None, note: str = "") -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, note=note)
            bar.update(tasks[stage], completed=done, total=total, note=note)  # type: ignore[arg-type]

        yield show


class _Lines:
    def __init__(self) -> None:
        self.started: dict[str, float] = {}

    def __call__(self, stage: str, done: float, total: float | None = None, note: str = "") -> None:
        start = self.started.setdefault(stage, time.monotonic())
        if total is not None and done >= total:
            print(
                f"{stage}: {time.monotonic() - start:.1f} s{'; ' + note if note else ''}", file=sys.stderr, flush=True
            )


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first column is text, the others are right-aligned."""
    t = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for k, name in enumerate(columns):
        t.add_column(name, justify="left" if k == 0 else "right", overflow="fold")
    for row in rows:
        t.add_row(*[str(v) for v in row])
    out.print(t)
