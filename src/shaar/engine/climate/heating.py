"""Heat that a bus needs through the year, and what it costs in electricity or fuel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def heat_need_kw(outside: float, p: Mapping[str, float], *, midi: bool = False) -> float:
    """Return the heat to keep the cabin at its level, kW: loss coefficient times degrees below the heating limit."""
    return p["heat_loss_midi" if midi else "heat_loss"] * max(0.0, p["heating_below"] - outside)


def cooling_need_kw(outside: float, p: Mapping[str, float], *, midi: bool = False) -> float:
    """Return the cold to take in, kW: the same coefficient times degrees above the cooling limit."""
    return p["heat_loss_midi" if midi else "heat_loss"] * max(0.0, outside - p["cooling_above"])


def heating_cop(outside: float, p: Mapping[str, float]) -> float:
    """Return heat per electricity: ``cop_cold`` up to -10 deg C, ``cop_mild`` from +5 deg C, linear between."""
    share = min(1.0, max(0.0, (outside + 10.0) / 15.0))
    return p["cop_cold"] + share * (p["cop_mild"] - p["cop_cold"])


def electric_climate_kw(months: Sequence[float], p: Mapping[str, float], *, fuel_heater: bool = False) -> float:
    """Return the mean electric power for heating and cooling over the year, kW.

    Parameters
    ----------
    months
        Mean temperatures, deg C, of months that count alike.
    fuel_heater
        True: heat comes from a fuel-fired heater and only cooling is electric.
    """
    total = 0.0
    for t in months:
        heat = 0.0 if fuel_heater else heat_need_kw(t, p) / heating_cop(t, p)
        total += heat + cooling_need_kw(t, p) / p["cop_cooling"]
    return total / len(months)


def heater_fuel_kw(
    months: Sequence[float], engine_fuel_kw: float, p: Mapping[str, float], *, midi: bool = False
) -> float:
    """Return the mean fuel power of an auxiliary heater, kW: what the engine's waste heat (if any) does not cover.

    Parameters
    ----------
    engine_fuel_kw
        Fuel power of the running engine, kW; 0 for a battery bus with a fuel-fired heater.
    """
    spare = p["waste_heat"] * engine_fuel_kw
    lack = sum(max(0.0, heat_need_kw(t, p, midi=midi) - spare) for t in months)
    return lack / len(months) / p["heater_efficiency"]
