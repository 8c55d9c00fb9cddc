"""The kinds of value that several sections of the configuration have: paths, addresses, networks."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer, PlainValidator, ValidationInfo

from blocker.addresses import Address


def _beside_the_file(value: Path, info: ValidationInfo) -> Path:
    base: Path = (info.context or {}).get("base", Path.cwd())
    try:
        return (base / value.expanduser()).resolve()
    except RuntimeError as error:  # ~somebody whom this host does not know
        raise ValueError(f"`{value}` leads to no folder: {error}") from error


def _address(value: Any) -> Address:
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueError("write an IP address and a port: 127.0.0.1:53 or [::1]:53")  # noqa: TRY004 - pydantic's way
    return Address.parse(value)


def _network(value: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(f"not a network: {error}") from error


def _each_once(value: tuple[Address, ...]) -> tuple[Address, ...]:
    if not value or len(set(value)) < len(value):
        raise ValueError("give at least one address, and each of them once")
    return value


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
AddressField = Annotated[Address, PlainValidator(_address), PlainSerializer(str)]
Listen = Annotated[tuple[AddressField, ...], AfterValidator(_each_once)]
NetworkField = Annotated[IPv4Network | IPv6Network, PlainValidator(_network)]
