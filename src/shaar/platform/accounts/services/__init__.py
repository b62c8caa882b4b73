"""Everything that changes persons and roles, one module an aggregate."""

from .leaving import erase_person, export_person
from .persons import (
    agree,
    change_home,
    change_name,
    file_on_behalf,
    person_for_sign_in,
    prove,
    set_contacts,
    set_language,
    take_back,
)
from .roles import approve_role, end_role, grant_role, reset_second_factor
from .vouching import vouch, withdraw

__all__ = [
    "agree", "approve_role", "change_home", "change_name", "end_role", "erase_person", "export_person",
    "file_on_behalf", "grant_role", "person_for_sign_in", "prove", "reset_second_factor", "set_contacts",
    "set_language", "take_back", "vouch", "withdraw",
]  # fmt: skip
