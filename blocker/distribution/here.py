"""What this network brings to the judgement of a list: its own protected names, and those that it lives on."""

import hashlib
from functools import cache
from urllib.parse import urlsplit

from blocker.blocklist.entry import Protected
from blocker.config import Settings
from blocker.distribution.gate import Popular
from blocker.distribution.judgement import Here, protected_names
from blocker.distribution.popular import read_file
from blocker.distribution.source import shipped, suffixes
from blocker.errors import ConfigError, Fault, FaultsError, InvalidNameError
from blocker.names import DomainName


def network(settings: Settings) -> tuple[Here, str]:
    """Return what entries are judged by here, and a digest of it: what changes it has everything judged anew.

    Raises:
        ConfigError: if the network's own files cannot be read.
    """
    blocklist = settings.blocklist
    rules = hashlib.sha256(shipped().protected)
    protected = list(_floor())
    if blocklist.protected is not None:
        try:
            data = blocklist.protected.read_bytes()
            protected += protected_names(data, str(blocklist.protected))
        except FaultsError as error:
            raise ConfigError(error.faults) from error
        except OSError as error:
            raise ConfigError([Fault(str(blocklist.protected), 1, 1, "file", f"cannot be read: {error}")]) from error
        rules.update(data)
    popular = Popular()
    if blocklist.popular is not None:
        popular = read_file(blocklist.popular)
        rules.update(blocklist.popular.read_bytes())
    own = _own_names(settings)
    rules.update(" ".join(own).encode())
    return Here(suffixes(), tuple(protected), own, popular), rules.hexdigest()


@cache
def _floor() -> tuple[Protected, ...]:
    return protected_names(shipped().protected, "protected.yaml")


def _own_names(settings: Settings) -> tuple[DomainName, ...]:
    """Return the names that this resolver itself depends on; blocking one would cut the branch it sits on."""
    urls = [settings.page.implementer, settings.sync.proxy, *(each.url for each in settings.blocklist.repositories)]
    urls += [settings.sync.acknowledge.url] if settings.sync.acknowledge else []
    found = []
    for url in urls:
        try:
            found.append(DomainName.parse(urlsplit(url or "").hostname or ""))
        except (InvalidNameError, ValueError):
            continue  # an address, or nothing
    return tuple(dict.fromkeys(found))
