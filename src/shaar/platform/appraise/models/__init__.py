"""Tables of the room, one file an aggregate."""

from __future__ import annotations

from .contest import Contest
from .run import EffectRow, Run
from .study import Alternative, Study

__all__ = ["Alternative", "Contest", "EffectRow", "Run", "Study"]
