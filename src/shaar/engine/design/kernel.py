"""The decorator of the search kernels: numba, cached on disk, and made anew when any kernel module changed.

numba looks only at a function's own file to see whether its cached machine code is stale; code inlined from another
file would live on. Here the stamp of every kernel is the newest of them all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

_MODULES = ("kernels*.py", "moves.py", "state.py", "problem.py", "construct.py")
_STAMP = max(
    (file.stat().st_mtime_ns, file.stat().st_size)
    for pattern in _MODULES
    for file in Path(__file__).parent.glob(pattern)
)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile in nopython mode without the interpreter lock, cached on disk."""
    compiled = njit(cache=True, nogil=True)(function)
    index = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if index is not None and hasattr(index, "_source_stamp"):
        index._source_stamp = (index._source_stamp, _STAMP)
    return compiled
