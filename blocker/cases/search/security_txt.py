"""security.txt (RFC 9116): where it lies, and whom it names.

It names whom to tell of security faults, not of unlawful content: often the one address at which somebody reads.
"""

from blocker.cases.search.finding import Contact, mail_in


def urls(site: str) -> tuple[str, ...]:
    """Return where the file of a site (`https://name`) lies: its place, and the older one (RFC 9116 §3)."""
    return (f"{site}/.well-known/security.txt", f"{site}/security.txt")


def contacts_in(text: str) -> tuple[Contact, ...]:
    """Return the mail addresses of its Contact fields (RFC 9116 §2.5.3), the preferred first."""
    values = [line.partition(":")[2] for line in text.splitlines() if line.lower().startswith("contact:")]
    return tuple(dict.fromkeys(Contact("publisher", mail, "security.txt") for each in values for mail in mail_in(each)))
