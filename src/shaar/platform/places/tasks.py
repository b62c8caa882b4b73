"""Work of the worker: the map of the city."""

from __future__ import annotations

from django_tasks import task

from . import city_map


@task(queue_name="slow")
def make_map() -> None:
    """Make the vector map; one that is there is left as it is."""
    city_map.make()
