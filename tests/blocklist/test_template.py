"""The file of a new directive: the next id, and what the check says of it until it is complete."""

import pytest

from blocker.blocklist.check import check
from blocker.blocklist.layout import laid_out
from blocker.blocklist.template import next_directive, template
from blocker.distribution.source import shipped, suffixes
from blocker.errors import ListRefusedError
from tests.blocklist.making import NOW

LIST = b"title: {fr: L, en: L}\nenvironment: staging\n"
PATH = "terrorism/FR-2026-0047.yaml"
TEXT = template("FR-2026-0047", "2026-000140", "terrorism")


@pytest.mark.parametrize(
    ("used", "name"),
    [
        ([], "FR-2026-0001"),
        (["FR-2026-0042", "FR-2026-0046", "FR-2025-0999"], "FR-2026-0047"),
        (["FR-2025-0999"], "FR-2026-0001"),
        (["BE-2026-0002", "BE-2026-0003", "FR-2026-0009"], "BE-2026-0004"),
        (["FR-2026-9999"], "FR-2026-10000"),
        (["IMPORT-1", "list", "FR-2026-0001.host"], "FR-2026-0001"),
    ],
)
def test_the_next_id_follows_the_highest_of_the_year(used: list[str], name: str) -> None:
    assert next_directive(used, 2026) == name


def faults(text: str) -> list[str]:
    with pytest.raises(ListRefusedError) as caught:
        check({"list.yaml": LIST, PATH: text.encode()}, shipped(), suffixes(), NOW)
    return [f"{fault.line}: {fault.message}" for fault in caught.value.faults]


def test_the_check_names_each_value_that_is_missing() -> None:
    lines = TEXT.splitlines()
    missing = {lines[int(fault.partition(":")[0]) - 1].strip().partition(":")[0] for fault in faults(TEXT)}
    assert missing == {"issued", "asked", "verified_present", "review_by", "expires", "- {name"}
    assert len(faults(TEXT)) == 7  # the name and its scope


def test_a_completed_template_passes_the_check() -> None:
    complete = (
        TEXT.replace("issued:\n", "issued: 2026-11-21T14:05:00+01:00\n")
        .replace("asked:\n", "asked: 2026-11-20T13:00:00+01:00\n")
        .replace("verified_present:\n", "verified_present: 2026-11-21T13:40:00+01:00\n")
        .replace("approved_by: []", "approved_by: [agent-014, agent-022]")
        .replace("review_by:\n", "review_by: 2027-02-21\n")
        .replace("expires:\n", "expires: 2027-02-21\n")
        .replace('{name: "", scope: }', "{name: unlawful-site.fr, scope: domain}")
    )
    checked = check({"list.yaml": LIST, PATH: complete.encode()}, shipped(), suffixes(), NOW)
    assert [entry.name for entry in checked.blocklist.entries] == ["unlawful-site.fr"]


def test_the_template_is_laid_out_and_fits_the_screen() -> None:
    assert laid_out(TEXT.encode(), PATH).decode() == TEXT
    assert max(map(len, TEXT.splitlines())) <= 120
