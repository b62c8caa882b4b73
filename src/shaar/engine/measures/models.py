"""All types of changes as data, under one name each: what a scenario file may hold."""

from __future__ import annotations

from shaar.engine.measures.add_line import AddLine, Headway
from shaar.engine.measures.add_road import AddRoad
from shaar.engine.measures.add_stop import AddStop
from shaar.engine.measures.bus_lane import BusLane
from shaar.engine.measures.charging_place import ChargingPlace
from shaar.engine.measures.close_road import CloseRoad
from shaar.engine.measures.crossing import Crossing
from shaar.engine.measures.cycle_lane import CycleLane
from shaar.engine.measures.extend_line import ExtendLine
from shaar.engine.measures.facility import Facility
from shaar.engine.measures.fare import Fare
from shaar.engine.measures.fields import Clock, Identifier, Lat, Lon, Minutes, Model, NewStop, clock, seconds
from shaar.engine.measures.footway import Footway
from shaar.engine.measures.green_standard import GreenStandard
from shaar.engine.measures.launch_service import LaunchService
from shaar.engine.measures.move_stop import MoveStop
from shaar.engine.measures.parking import ParkingPrice, ParkingSupply
from shaar.engine.measures.population_total import PopulationTotal
from shaar.engine.measures.rebuild_road import RebuildRoad
from shaar.engine.measures.remove_line import RemoveLine
from shaar.engine.measures.reroute_line import RerouteLine
from shaar.engine.measures.set_headway import SetHeadway
from shaar.engine.measures.set_span import SetSpan
from shaar.engine.measures.set_vehicle_type import SetVehicleType
from shaar.engine.measures.signal_priority import SignalPriority
from shaar.engine.measures.speed_limit import SpeedLimit
from shaar.engine.measures.vehicles import BuyVehicles, RetireVehicles

Change = (
    AddLine
    | ExtendLine
    | RerouteLine
    | RemoveLine
    | SetHeadway
    | SetSpan
    | SetVehicleType
    | AddStop
    | MoveStop
    | BusLane
    | SignalPriority
    | AddRoad
    | CloseRoad
    | RebuildRoad
    | SpeedLimit
    | ParkingSupply
    | ParkingPrice
    | CycleLane
    | Footway
    | Crossing
    | Fare
    | BuyVehicles
    | RetireVehicles
    | ChargingPlace
    | GreenStandard
    | Facility
    | LaunchService
    | PopulationTotal
)

__all__ = [
    "AddLine",
    "AddRoad",
    "AddStop",
    "BusLane",
    "BuyVehicles",
    "Change",
    "ChargingPlace",
    "Clock",
    "CloseRoad",
    "Crossing",
    "CycleLane",
    "ExtendLine",
    "Facility",
    "Fare",
    "Footway",
    "GreenStandard",
    "Headway",
    "Identifier",
    "Lat",
    "LaunchService",
    "Lon",
    "Minutes",
    "Model",
    "MoveStop",
    "NewStop",
    "ParkingPrice",
    "ParkingSupply",
    "PopulationTotal",
    "RebuildRoad",
    "RemoveLine",
    "RerouteLine",
    "RetireVehicles",
    "SetHeadway",
    "SetSpan",
    "SetVehicleType",
    "SignalPriority",
    "SpeedLimit",
    "clock",
    "seconds",
]
