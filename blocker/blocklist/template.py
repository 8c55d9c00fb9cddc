"""A directive's file to be filled in: every key that the procedure asks for, and no value that somebody must decide."""

import re
from collections import Counter
from collections.abc import Iterable

from blocker.blocklist.schema import hint

_ID = re.compile(r"(?P<series>[A-Za-z]+)-(?P<year>\d{4})-(?P<number>\d{4,})\Z", re.ASCII)
DEFAULT_SERIES = "FR"


def next_directive(used: Iterable[str], year: int) -> str:
    """Return the next free id of the form SERIES-YEAR-NUMBER; `used` are all ids that ever were, lifted ones too."""
    ids = [found for each in used if (found := _ID.match(each)) is not None]
    series = Counter(found["series"] for found in ids).most_common(1)
    chosen = series[0][0] if series else DEFAULT_SERIES
    of_year = [int(found["number"]) for found in ids if found["series"] == chosen and int(found["year"]) == year]
    return f"{chosen}-{year}-{max(of_year, default=0) + 1:04}"


def template(directive: str, case: str, ground: str) -> str:
    """Return the file; `redhand lists check` names each value that is still missing."""
    return f"""{hint("directive", depth=1)}
# À compléter, puis : redhand lists check .       To be completed, then: redhand lists check .
directive: {directive}
case: {case}
ground: {ground}

# Décision de blocage, par exemple 2026-11-21T14:05:00+01:00 · the decision to block, for example as above
issued:

# L’éditeur ou l’hébergeur d’abord : demande 24 heures au moins avant `issued`, contenu revu dans les 60 minutes avant ;
# s’il ne peut être identifié : owner_step: {{skipped: no-identification}}
# The owner or host first: asked at least 24 hours before `issued`, content seen again in the 60 minutes before it;
# if nobody can be identified: owner_step: {{skipped: no-identification}}
owner_step:
  asked:
  verified_present:

# Deux agents différents, par leur numéro : [agent-014, agent-022] · two different officials, by number, as shown
approved_by: []

# Réexamen 3 mois au plus après `issued`, fin de `review_by` à 14 jours après, par exemple 2027-02-21
# Review at most 3 months after `issued`, end from `review_by` to 14 days after it, for example 2027-02-21
review_by:
expires:

# scope: host (ce nom seul) ou domain (ce nom et tout ce qui est en dessous)
# scope: host (this name alone) or domain (this name and everything below it)
names:
  - {{name: "", scope: }}
"""
