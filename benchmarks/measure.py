"""Run a command and say what it took: wall seconds and the peak memory of that process alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    stdout: str
    seconds: float
    peak_mb: float


def run(command: list[str]) -> Taken:
    """Run to the end; a failure is printed and ends the benchmark."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed: {err.read().strip()}")
        return Taken(out.read(), seconds, usage.ru_maxrss / 1024)
