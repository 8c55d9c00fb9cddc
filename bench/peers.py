"""The peers from Debian with the same names and the same upstream, each on one thread where it can be told so."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

PAGE, PAGE6 = "192.0.2.66", "2001:db8::66"
ZONE = "rpz.bench"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to be measured: its package in Debian, its configuration file, its command, and what it listens to.

    In both `{folder}`, `{port}` and `{upstream}` are replaced.
    """

    name: str
    package: str
    file: str
    config: str
    command: tuple[str, ...]

    def prepare(self, folder: Path, port: int, upstream: int) -> list[str]:
        """Write the configuration and return the command."""
        values = {"{folder}": str(folder), "{port}": str(port), "{upstream}": str(upstream)}

        def filled(text: str) -> str:
            for key, value in values.items():
                text = text.replace(key, value)
            return text

        (folder / self.file).write_text(filled(dedent(self.config)).lstrip())
        return [filled(word) for word in self.command]


def write_zone(names: list[str], path: Path) -> None:
    """Write the list as a response policy zone: each name, and all below it, leads to the page."""
    head = f"$TTL 60\n@ SOA {ZONE}. {ZONE}. 1 3600 600 86400 60\n@ NS localhost.\n"
    lines = (f"{owner} A {PAGE}\n{owner} AAAA {PAGE6}\n" for name in names for owner in (name, f"*.{name}"))
    path.write_text(head + "".join(lines))


PEERS = (
    Peer(
        "Unbound",
        "unbound",
        "unbound.conf",
        """
        server:
            interface: 127.0.0.1@{port}
            do-daemonize: no
            chroot: ""
            username: ""
            directory: "{folder}"
            pidfile: "{folder}/unbound.pid"
            use-syslog: no
            num-threads: 1
            access-control: 127.0.0.0/8 allow
            do-not-query-localhost: no
            module-config: "respip iterator"
            msg-cache-size: 128m
            rrset-cache-size: 256m
            outgoing-range: 4096
            num-queries-per-thread: 4096
            so-rcvbuf: 4m
        remote-control:
            control-enable: no
        rpz:
            name: rpz.bench
            zonefile: "{folder}/rpz.zone"
        forward-zone:
            name: "."
            forward-addr: 127.0.0.1@{upstream}
        """,
        ("unbound", "-d", "-c", "{folder}/unbound.conf"),
    ),
    Peer(
        "BIND",
        "bind9",
        "named.conf",
        """
        options {
            directory "{folder}";
            listen-on port {port} { 127.0.0.1; };
            listen-on-v6 { none; };
            pid-file none;
            session-keyfile none;
            allow-query { 127.0.0.0/8; };
            recursion yes;
            forward only;
            forwarders { 127.0.0.1 port {upstream}; };
            dnssec-validation no;
            empty-zones-enable no;
            max-cache-size 512m;
            response-policy { zone "rpz.bench"; } qname-wait-recurse no;
        };
        controls { };
        zone "rpz.bench" { type primary; file "rpz.zone"; allow-query { none; }; };
        """,
        ("named", "-f", "-4", "-n", "1", "-c", "{folder}/named.conf"),
    ),
    Peer(
        "Knot Resolver",
        "knot-resolver",
        "kresd.conf",
        """
        net.listen('127.0.0.1', {port}, { kind = 'dns' })
        log_level('crit')
        modules = { 'policy' }
        trust_anchors.remove('.')
        cache.size = 512 * MB
        policy.add(policy.rpz(policy.DENY, '{folder}/rpz.zone'))
        policy.add(policy.all(policy.STUB('127.0.0.1@{upstream}')))
        """,
        ("kresd", "-n", "-c", "{folder}/kresd.conf", "{folder}"),
    ),
    Peer(
        "PowerDNS Recursor",
        "pdns-recursor",
        "recursor.conf",
        """
        local-address=127.0.0.1
        local-port={port}
        threads=1
        daemon=no
        write-pid=no
        socket-dir={folder}
        setuid=
        setgid=
        include-dir=
        allow-from=127.0.0.0/8
        dont-query=
        forward-zones-recurse=.=127.0.0.1:{upstream}
        dnssec=off
        pdns-distributes-queries=no
        security-poll-suffix=
        lua-config-file={folder}/rpz.lua
        """,
        ("pdns_recursor", "--config-dir={folder}"),
    ),
    Peer(
        "dnsdist",
        "dnsdist",
        "dnsdist.conf",
        """
        setLocal('127.0.0.1:{port}')
        setACL({'127.0.0.0/8'})
        setSecurityPollSuffix('')
        newServer({address='127.0.0.1:{upstream}', checkInterval=60})
        getPool(''):setCache(newPacketCache(500000))
        names = newSuffixMatchNode()
        for line in io.lines('{folder}/names') do names:add(newDNSName(line)) end
        addAction(SuffixMatchNodeRule(names), SpoofAction({'192.0.2.66', '2001:db8::66'}))
        """,
        ("dnsdist", "-C", "{folder}/dnsdist.conf", "--supervised", "--disable-syslog"),
    ),
)
RPZ_LUA = 'rpzFile("{folder}/rpz.zone", {policyName="bench"})\n'
