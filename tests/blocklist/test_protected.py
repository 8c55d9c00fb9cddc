"""The names that ship as never blockable: their groups, and examples of everything that such a list must hold."""

import pytest

from blocker.blocklist.files import ProtectedFile
from blocker.blocklist.guards import Guards
from blocker.distribution.source import shipped, suffixes
from blocker.located import read_yaml
from blocker.names import DomainName
from tests.blocklist.making import blocklist, protected

FILE = read_yaml(shipped().protected, "protected.yaml").validate(ProtectedFile)
GUARDS = Guards(blocklist(protected=protected(shipped().protected)), suffixes())
# What people would miss within the hour, one line a kind; the first three were blocked by mistake on 17 October 2016.
EXAMPLES = {
    "the mistake of 2016": ["google.fr", "fr.wikipedia.org", "ovh.com"],
    "search": ["www.google.com", "qwant.com", "bing.com"],
    "mail and webmail": ["gmail.com", "laposte.net", "mail.proton.me"],
    "messaging": ["signal.org", "web.whatsapp.com", "telegram.org"],
    "press": ["www.lemonde.fr", "lefigaro.fr", "liberation.fr", "mediapart.fr", "afp.com"],
    "broadcasters": ["francetvinfo.fr", "radiofrance.fr", "tf1.fr", "bfmtv.com", "arte.tv", "bbc.co.uk"],
    "banks and payment": ["bnpparibas.com", "credit-agricole.fr", "paypal.com", "visa.com"],
    "government": ["impots.gouv.fr", "service-public.fr", "elysee.fr", "ameli.fr", "caf.fr", "justice.fr", "europa.eu"],
    "emergency": ["samusocial.paris", "pompiers.fr", "3018.fr"],
    "schools and universities": ["education.gouv.fr", "sorbonne-universite.fr", "renater.fr"],
    "providers' portals": ["orange.fr", "free.fr", "sfr.fr", "bouyguestelecom.fr"],
    "standards, registries, registrars": [
        "ietf.org",
        "w3.org",
        "icann.org",
        "iana.org",
        "afnic.fr",
        "nic.fr",
        "gandi.net",
    ],
    "root and TLD servers": ["a.root-servers.net", "d.nic.fr", "a.gtld-servers.net"],
    "CDNs, clouds, hosting": [
        "cloudflare.com",
        "akamai.net",
        "amazonaws.com",
        "cloudfront.net",
        "ovh.net",
        "hetzner.com",
    ],
    "platforms": ["youtube.com", "facebook.com", "wordpress.com", "blogger.com", "dailymotion.com", "github.com"],
    "updates": ["windowsupdate.com", "update.microsoft.com", "deb.debian.org", "swcdn.apple.com"],
    "certificates": ["ocsp.digicert.com", "letsencrypt.org", "r3.o.lencr.org", "ocsp.sectigo.com"],
    "archives and encyclopaedias": ["archive.org", "web.archive.org", "wikidata.org", "gallica.bnf.fr"],
}


def test_several_hundred_names_are_protected_each_in_one_group():
    names = [each.name for group in FILE.groups for each in group.names]
    assert len(names) > 600
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("group", FILE.groups, ids=lambda group: group.id)
def test_each_group_says_why_and_who_may_change_it_in_both_languages(group):
    assert all(group.reason[language] for language in ("fr", "en"))
    assert group.changed_by is not None
    assert all(group.changed_by[language] for language in ("fr", "en"))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in EXAMPLES.items() for name in names])
def test_what_people_would_miss_within_the_hour_cannot_be_blocked(kind, name):
    assert GUARDS.refusal(DomainName(name)) is not None, kind


@pytest.mark.parametrize("name", ["someone.github.io", "shop.wordpress.com", "a-site.blogspot.com", "unlawful-site.fr"])
def test_a_site_of_its_own_can_be_blocked_wherever_it_is_hosted(name):
    assert GUARDS.refusal(DomainName(name)) is None
