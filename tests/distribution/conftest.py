"""A ministry that published a list, its server, and an ISP that has it in force; `listed` says which names."""

import pytest

from tests.distribution.publishing import Ministry, Receiver, serving


@pytest.fixture
def listed():
    return ("propaganda.example", "other.example")


@pytest.fixture
def ministry(tmp_path, listed):
    made = Ministry(tmp_path / "ministry").found()
    made.block(*listed)
    made.publish()
    return made


@pytest.fixture
def server(ministry):
    with serving(ministry.shelf.public) as server:
        yield server


@pytest.fixture
def isp(ministry, server, tmp_path, listed):
    receiver = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
    assert receiver.outcome() == ("in-force", "")
    assert receiver.names() == set(listed)
    return receiver
