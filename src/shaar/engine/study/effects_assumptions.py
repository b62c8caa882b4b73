"""What an appraisal assumes, in words with their numbers."""

from __future__ import annotations

from shaar.engine.findings import Finding
from shaar.engine.measures.scenario import Scenario
from shaar.engine.study.baseline_walks import TRANSFER_M
from shaar.engine.study.effects_side import Side
from shaar.engine.study.results import Options


def assumptions(
    before: Side, after: Side, options: Options, *, reference: bool, modelled: bool, scenario: Scenario
) -> tuple[Finding, ...]:
    """Say what the figures rest on."""
    change = min(TRANSFER_M, options.max_walk_m)
    out = []
    if reference:
        out.append(
            Finding(
                "effects.reference",
                f"No timetable of {before.city.meta.name} is published with its data: the network compared with is "
                f"designed by Shaar ({len(before.service.lines)} lines) and does not run there.",
                len(before.service.lines),
                severity="assumed",
                values={"city": before.city.meta.name, "lines": len(before.service.lines)},
            )
        )
    out.append(
        Finding(
            "baseline.walking",
            f"People walk at {options.walk_kmh:g} km/h, at most {options.max_walk_m:.0f} m to or from a stop and "
            f"{change:.0f} m between stops; journeys over {options.max_minutes:.0f} min do not count.",
            severity="assumed",
            values={"kmh": options.walk_kmh, "metres": options.max_walk_m, "change": change,
                    "minutes": options.max_minutes},
        )
    )  # fmt: skip
    if modelled:
        out.append(
            Finding(
                "baseline.demand", "Journeys are weighted by modelled demand, not by counted trips.", severity="assumed"
            )
        )
    out.append(
        Finding(
            "effects.same_trips",
            "The same trips are made before and after: nobody travels more, elsewhere or by another mode because of "
            "the change.",
            severity="assumed",
        )
    )
    draws = max(before.draws, after.draws)
    if draws > 1:
        out.append(
            Finding(
                "effects.draws",
                f"Lines with headways and no clock times are judged by {draws} random draws of their phases; the "
                "ranges hold all of them.",
                draws,
                severity="assumed",
                values={"draws": draws},
            )
        )
    if before.groups.findings:
        out += list(before.groups.findings)
    rail = sorted({x.name for s in (before, after) for x in s.service.lines.values() if not x.vehicle_type})
    if rail:
        out.append(
            Finding(
                "effects.no_bus",
                f"{len(rail)} lines are no buses (such as {rail[0]}); their cost, energy and emissions do not count.",
                len(rail),
                rail[0],
                "assumed",
                {"lines": len(rail), "line": rail[0]},
            )
        )
    return tuple(out)
