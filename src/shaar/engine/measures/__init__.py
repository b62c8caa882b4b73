"""The typed changes a city may make; a scenario is a city and its ordered changes."""

from shaar.engine.measures.models import AddLine, Change, Headway, NewStop, PopulationTotal, RemoveLine, SetHeadway
from shaar.engine.measures.scenario import (
    Scenario,
    apply,
    carry_out,
    parse_scenario,
    read_scenario,
    scenario_schema,
    write_scenario,
)
from shaar.engine.measures.sentences import LANGUAGES, sentence
from shaar.engine.measures.state import State

__all__ = [
    "LANGUAGES",
    "AddLine",
    "Change",
    "Headway",
    "NewStop",
    "PopulationTotal",
    "RemoveLine",
    "Scenario",
    "SetHeadway",
    "State",
    "apply",
    "carry_out",
    "parse_scenario",
    "read_scenario",
    "scenario_schema",
    "sentence",
    "write_scenario",
]
