"""Who asks, where an operation speaks of the person herself."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Forbidden


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in.

    Raises
    ------
    Forbidden
        Nobody is.
    """
    if not isinstance(request.user, Person):
        raise Forbidden("api.signed_out", _("Sign in first."))
    return request.user
