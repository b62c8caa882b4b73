"""The self-contained HTML report of a plan, in four languages."""

from shaar.report.write import write_report

__all__ = ["write_report"]
