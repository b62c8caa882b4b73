"""Tags of the desk's pages."""

from __future__ import annotations

from django import template
from django.template.context import Context

from shaar.platform.desk import queues

register = template.Library()


@register.inclusion_tag("desk/queues.html", takes_context=True)
def desk_queues(context: Context) -> dict[str, object]:
    """The navigation of the desk: the queues of this person with what waits in each."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None):
        return {"queues": []}
    return {"queues": queues.shown(request.user, request.path), "request": request}
