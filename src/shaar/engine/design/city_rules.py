"""What reducing a city to stop groups assumes; every value can be replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaar.engine.design.candidates import StopRules
from shaar.engine.design.city_streets import RunTimes


@dataclass(frozen=True, slots=True)
class CityRules:
    """What the reduction of a city assumes; every value can be replaced.

    Parameters
    ----------
    target_groups
        About so many stop groups.
    walk_kmh, walk_detour, reach
        Walking speed, street over straight distance, and how far (straight metres) people walk to a stop.
    choices
        A zone's people use at most so many groups.
    transfer_walk, transfer_discomfort
        Minutes that a transfer costs besides its wait.
    usual_headway
        Headway (min) from which the search takes the wait of a transfer: half of it.
    min_nodes, max_nodes, max_minutes
        Stop groups of a line and its longest one-direction run time.
    max_detour
        Run time of a line over the least between its ends; see :func:`shaar.engine.design.lines_straight.straighten`.
    terminal_share
        Share of groups with most trips that may be termini because many people start there.
    """

    target_groups: int = 220
    walk_kmh: float = 4.0
    walk_detour: float = 1.3
    reach: float = 800.0
    choices: int = 4
    transfer_walk: float = 1.0
    transfer_discomfort: float = 4.0
    usual_headway: float = 10.0
    min_nodes: int = 5
    max_nodes: int = 36
    max_minutes: float = 60.0
    max_detour: float = 1.4
    terminal_share: float = 0.15
    run: RunTimes = field(default_factory=RunTimes)
    stops: StopRules = field(default_factory=StopRules)

    @property
    def transfer(self) -> float:
        """Minutes a transfer costs besides its wait."""
        return self.transfer_walk + self.transfer_discomfort
