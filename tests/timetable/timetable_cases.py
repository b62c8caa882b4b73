"""A small feed that tests change in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SMALL: dict[str, str] = {
    "agency": "agency_id,agency_name,agency_url,agency_timezone\n1,Bus,https://example.org,Asia/Bishkek\n",
    "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
    "A,Ала-Тоо,42.87,74.60\nB,Ошский базар,42.87,74.61\nC,ЦУМ,42.87,74.63\nD,Вокзал,42.87,74.64\n",
    "routes": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,1,7,,3\n",
    "trips": "route_id,service_id,trip_id,direction_id\nR,wk,T1,0\nR,wk,T2,0\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T1,8:00:00,8:00:00,A,1\nT1,,,B,2\nT1,,,C,3\nT1,08:08:00,08:08:00,D,4\n"
    "T2,23:50:00,23:50:00,A,1\nT2,24:00:00,24:01:00,C,2\nT2,24:10:00,24:10:00,D,3\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wk,1,1,1,1,1,0,0,20260302,20260531\n",
    "calendar_dates": "service_id,date,exception_type\nwk,20260505,2\nwk,20260509,1\n",
}

MakeFeed = Callable[..., Path]
