"""A certificate authority of the tests' own: for servers and for those who ask them, revocation included."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """The authority in a folder; `certificate` is its own, `chain` a server's with its key, `revoked` a list."""

    folder: Path
    certificate: Path
    chain: Path
    revoked: Path
    _name: x509.Name
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def made(cls, folder: Path, host: str = "localhost") -> Self:
        """Make an authority, a certificate for `host` (a name or an address), and an empty list of revocations."""
        folder.mkdir(parents=True, exist_ok=True)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test authority {folder.name}")])
        made = cls(folder, folder / "ca.pem", folder / "chain.pem", folder / "revoked.pem", name, _new_key())
        own = _signed(_builder(name, name, made._key, authority=True), made._key)
        made.certificate.write_bytes(own.public_bytes(PEM))
        made.issue("chain", host)
        made.revoke()
        return made

    def issue(self, name: str, host: str | None = None) -> Path:
        """Return a file with a certificate and its key: a server's if it is for a `host`."""
        key, file = _new_key(), self.folder / f"{name}.pem"
        builder = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host or name)]), self._name, key)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + _signed(builder, self._key).public_bytes(PEM))
        return file

    def revoke(self, *chains: Path) -> None:
        """Write the list of revocations anew: these certificates count no more."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
        for chain in chains:
            serial = x509.load_pem_x509_certificate(chain.read_bytes()).serial_number
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - timedelta(hours=1))
            builder = builder.add_revoked_certificate(one.build())
        self.revoked.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(PEM))


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    signs = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(signs, critical=True)
    )
