"""Contacts: written once in grounds.yaml, named by their id where a ground sends people to them, looked at every year.

Whom the warning page sends people to is a promise, and a number that has changed breaks it. So each contact says where
it is published and when somebody last compared the two; the check of a list for real people asks for that once a year.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from blocker.blocklist.entry import Contact
from blocker.errors import Fault
from blocker.located import Document

LOOKED_AT_EVERY = timedelta(days=365)


def contacts_by_id(value: Any) -> Any:
    """Return the value of grounds.yaml with each contact put where a ground names its id.

    What has another form than it should is left as it is: the models refuse it at its place.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("grounds"), list):
        return value
    contacts = {str(each.get("id")): _sound(each) for each in _mappings(value.get("contacts"))}
    return {**value, "grounds": [_with_contacts(ground, contacts) for ground in value["grounds"]]}


def _with_contacts(ground: Any, contacts: Mapping[str, Any]) -> Any:
    if not isinstance(ground, Mapping) or not isinstance(ground.get("help"), list):
        return ground
    return {**ground, "help": [_with_contact(each, contacts) for each in ground["help"]]}


def _with_contact(value: Any, contacts: Mapping[str, Any]) -> Any:
    named = value.get("contact") if isinstance(value, Mapping) else None
    return {**value, "contact": contacts[named]} if isinstance(named, str) and named in contacts else value


def _sound(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a contact, or a blank in the place of one that is refused: once is enough, where it is written."""
    try:
        Contact.model_validate(value)
    except ValidationError:
        return {"id": "refused", "shown": "refused"}
    return value


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def each_once(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """Return the contacts, if no two have the same id; otherwise ValueError, for pydantic to place."""
    ids = [contact.id for contact in contacts]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        raise ValueError(f"the contact `{twice}` stands twice: keep one")
    return contacts


def unchecked_contacts(document: Document, contacts: Iterable[Contact], today: date) -> list[Fault]:
    """Return a warning for each contact that nobody has compared with its source for a year, or ever."""
    faults = []
    for number, contact in enumerate(contacts):
        if contact.checked is not None and today - contact.checked <= LOOKED_AT_EVERY:
            continue
        if contact.checked is None:
            message = f"the contact `{contact.id}` was never compared with its source: look there, then write `checked`"
        else:
            message = f"the contact `{contact.id}` was last compared with its source on {contact.checked}: do it again"
        faults.append(document.fault(("contacts", number, "checked"), "contacts", message, warning=True))
    return faults
