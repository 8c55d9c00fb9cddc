"""The configuration file: strict, and every fault at once."""

from pathlib import Path

import pytest

from blocker import config
from blocker.addresses import Address
from blocker.errors import ConfigError

ISSUE_EXAMPLE = b"""
data: ./data
resolver:
  listen: ["127.0.0.1:5300", "[::1]:5300"]
  workers: 1
  allow: ["127.0.0.0/8", "::1/128"]
  upstreams: ["127.0.0.1:5399"]
blocklist:
  index: ./data/list/current.index
  lists: ./lists
page:
  listen: ["127.0.0.1:8451"]
  ipv4: ["127.0.0.1"]
  ipv6: ["::1"]
admin:
  listen: "127.0.0.1:8400"
  database: ./data/redhand.sqlite3
  lists: ./data/lists
"""
BASE = Path("/srv/redhand")


def read(text: bytes) -> config.Settings:
    return config.parse(text, "redhand.yaml", BASE)


def faults(text: bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def test_every_section_is_optional_and_has_the_documented_defaults():
    given = read(ISSUE_EXAMPLE)
    bare = read(b"# nothing here\n")
    assert bare.resolver == given.resolver.model_copy(update={"upstreams": ()})
    assert bare.blocklist == given.blocklist.model_copy(update={"lists": None})
    assert bare.page == given.page
    assert bare.admin == given.admin
    assert bare.data == BASE / "data"


@pytest.mark.parametrize(
    ("listen", "upstream", "why"),
    [
        ("127.0.0.1:5300", "127.0.0.1:5300", "is where we listen ourselves"),
        ("[::1]:5300", "[0:0:0:0:0:0:0:1]:5300", "is where we listen ourselves"),
        ("127.0.0.1:5300", "0.0.0.0:5300", "stands for every address"),
        ("127.0.0.1:5300", "[::]:5300", "stands for every address"),
    ],
)
def test_an_upstream_is_somebody_else(listen, upstream, why):
    (fault,) = faults(f'resolver:\n  listen: ["{listen}"]\n  upstreams: ["192.0.2.53:53", "{upstream}"]\n'.encode())
    assert fault.startswith("redhand.yaml:3:")
    assert why in fault


def test_an_upstream_may_share_our_address_on_another_port():
    settings = read(b'resolver: {listen: ["127.0.0.1:5300"], upstreams: ["127.0.0.1:53", "127.0.0.2:5300"]}')
    assert [one.address.port for one in settings.resolver.upstreams] == [53, 5300]


def test_paths_are_relative_to_the_file():
    assert read(b"blocklist: {lists: ../lists}").blocklist.lists == Path("/srv/lists")


def test_defaults_lie_under_the_data_directory_that_is_given():
    settings = read(b"data: /var/lib/redhand\nadmin: {listen: '127.0.0.2:80'}")
    assert settings.blocklist.index == Path("/var/lib/redhand/list/current.index")
    assert settings.admin.database == Path("/var/lib/redhand/redhand.sqlite3")
    assert settings.admin.listen == Address("127.0.0.2", 80)


def test_a_section_whose_keys_are_all_commented_out_is_an_empty_one():
    assert read(b"resolver:\n  # workers: 4\nadmin:\n") == read(b"")


def test_all_faults_are_reported_at_once_each_at_its_place():
    text = b"""data: ./d
resolver:
  listen: [127.0.0.1:53, "::1", nowhere]
  workers: x
  lsiten: []
blocklst: {}
page: {ipv4: 192.0.2.1, ipv6: [zz]}
admin: {isps: [{id: A, name: n, mail: m}]}
admin: {listen: "127.0.0.1:99999"}
"""
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert [(fault.line, fault.column, fault.rule) for fault in caught.value.faults] == [
        (3, 26, "schema"),
        (3, 33, "schema"),
        (4, 12, "schema"),
        (5, 3, "schema"),
        (6, 1, "schema"),
        (7, 14, "schema"),
        (7, 32, "schema"),
        (9, 1, "yaml"),
        (9, 17, "schema"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"data: [", "redhand.yaml:2:1: yaml"),
        (b"data: \xff", "redhand.yaml:1:7: yaml: not UTF-8"),
        (b"- a", "redhand.yaml:1:1: schema: expected keys and values, found a list"),
        (b"page: {implementer: 'https://isp.example/>; rel=x'}", "redhand.yaml:1:21: schema: write a URI"),
        (b"resolver: {allow: [10.0.0.1/8]}", "redhand.yaml:1:20: schema: not a network"),
        (b"resolver: {workers: 257}", "redhand.yaml:1:21: schema"),
        (b"resolver: none", "redhand.yaml:1:11: schema: expected keys and values, found `none`"),
        (b"resolver: {listen: []}", "redhand.yaml:1:20: schema: give at least one address"),
        (b"page: {listen: ['127.0.0.1:80', '127.0.0.1:80']}", "redhand.yaml:1:16: schema: give at least one address"),
        (b"blocklist: {lists: ~nobody-of-that-name/x}", "redhand.yaml:1:20: schema: `~nobody-of-that-name/x` leads"),
    ],
)
def test_a_fault_names_file_line_and_column(text, said):
    assert faults(text)[0].startswith(said)


def test_an_absent_file_is_a_fault_of_the_configuration(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path / "absent.yaml")


def test_an_upstream_is_trusted_only_where_that_is_written():
    settings = read(b'resolver: {upstreams: ["192.0.2.53:53", {address: "127.0.0.1:53", trusted: true}]}')
    assert [one.trusted for one in settings.resolver.upstreams] == [False, True]
    (fault,) = faults(b'resolver:\n  upstreams:\n    - {address: "127.0.0.1", trusted: true}\n')
    assert fault.startswith("redhand.yaml:3:")
    assert "write an IP address and a port" in fault
