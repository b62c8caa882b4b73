"""What the workers of the executor tests do: a module, so that workers can find it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError


def late(number: int, seconds: float) -> tuple[int, int]:
    """Wait, then return the number doubled and the process it was done in."""
    time.sleep(seconds)
    return 2 * number, os.getpid()


def double(number: int) -> int:
    if number == 3:
        raise InputError("three is not doubled here", file="numbers.csv", row=3)
    if number == 5:
        return number // 0
    return 2 * number


def die(number: int) -> int:
    if number == 1:
        os._exit(9)
    return number


def lock() -> Any:
    """Return something that cannot be sent between processes."""
    return threading.Lock()


def leave_a_mark(folder: Path, number: int) -> int:
    """The first returns at once; the others would leave a file after a while."""
    if number > 0:
        time.sleep(30)
    (folder / str(number)).touch()
    return number
