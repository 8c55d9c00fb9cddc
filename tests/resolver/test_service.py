import socket

import pytest

from blocker.resolver.service import ServiceManager


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_hears_what_it_is_told(tmp_path, abstract):
    address = f"@{tmp_path}/notify" if abstract else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0"))
        manager.settimeout(5)
        ServiceManager({"NOTIFY_SOCKET": address}).tell("RELOADING=1", "MONOTONIC_USEC=7")
        assert manager.recv(100) == b"RELOADING=1\nMONOTONIC_USEC=7"


def test_without_a_service_manager_nothing_is_said_and_nothing_fails(tmp_path):
    ServiceManager({}).tell("READY=1")
    ServiceManager({"NOTIFY_SOCKET": f"{tmp_path}/gone"}).tell("READY=1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("microseconds", "seconds"), [("30000000", 15.0), ("", None), ("soon", None)], ids=["set", "unset", "nonsense"]
)
def test_a_sign_of_life_is_due_twice_in_the_time_that_it_sets(microseconds, seconds):
    assert ServiceManager({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": microseconds}).every == seconds


def test_a_watchdog_without_a_socket_wants_nothing():
    assert ServiceManager({"WATCHDOG_USEC": "30000000"}).every is None
