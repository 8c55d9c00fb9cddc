"""deploy/nginx-list-server.conf on a real nginx: an ISP with a certificate fetches the list, nobody else does."""

import http.client
import ssl
import subprocess
import sys

import pytest

from blocker.blocklist.index import Index
from tests.certificates import Authority
from tests.distribution.publishing import Ministry
from tests.e2e.nginx import nginx
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("nginx")]


class Site:
    """The list server, those who may ask it, and those who may not."""

    def __init__(self, folder):
        self.folder = folder
        self.ministry = Ministry(folder / "ministry").found()
        self.ministry.block("propaganda.example", "other.example")
        self.ministry.publish()
        self.server, self.isps = Authority.made(folder / "server", "127.0.0.1"), Authority.made(folder / "isps")
        self.isp, revoked = self.isps.issue("isp-a"), self.isps.issue("isp-b")
        self.isps.revoke(revoked)
        stranger = Authority.made(folder / "stranger").issue("isp-a")
        self.refused = {"none": None, "revoked": revoked, "of another authority": stranger}
        self.port = 0

    def sync(self, folder, certificate):
        """Run `redhand sync --once` as an ISP does."""
        folder.mkdir()
        ministry, url = self.ministry, f"https://127.0.0.1:{self.port}/"
        own = f"client_certificate: {certificate}, " if certificate else ""
        (folder / "redhand.yaml").write_text(
            f"data: {folder / 'data'}\n"
            f"blocklist: {{repositories: [{{name: ministry, url: '{url}', root: {ministry.root}}}]}}\n"
            f"sync: {{{own}authorities: {self.server.certificate}}}\n"
        )
        command = [sys.executable, "-m", "blocker", "sync", "--once", "--config", str(folder / "redhand.yaml")]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def ask(self, path, *, method="GET", certificate=None):
        """Ask for one path, with a certificate that is good unless another is given."""
        context = ssl.create_default_context(cafile=str(self.server.certificate))
        context.load_cert_chain(certificate or self.isp)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=context)
        try:
            connection.request(method, path, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-3"})
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    with nginx(made.folder, made.ministry.shelf.public, made.server, made.isps) as port:
        made.port = port
        yield made


def test_an_isp_with_a_certificate_syncs(site, tmp_path):
    ended = site.sync(tmp_path / "isp", site.isp)
    assert (ended.returncode, ended.stdout) == (0, "ministry: in-force\n"), ended.stderr
    index = Index.load((tmp_path / "isp" / "data" / "list" / "current.index").read_bytes())
    assert {name for name, _, _ in index.entries()} == {"propaganda.example", "other.example"}


@pytest.mark.parametrize("certificate", ["none", "revoked", "of another authority"])
def test_without_a_certificate_that_counts_nothing_is_fetched(site, tmp_path, certificate):
    ended = site.sync(tmp_path / "isp", site.refused[certificate])
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("ministry: failed: unreachable: ")
    assert not (tmp_path / "isp" / "data" / "list" / "current.index").exists()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/metadata/timestamp.json", "no-store"),
        ("/metadata/1.root.json", "public, max-age=31536000, immutable"),
        ("/targets/LIST", "private, max-age=31536000, immutable"),
    ],
)
def test_what_may_change_is_never_kept_and_what_may_not_is_for_good(site, path, kept):
    listed = next((site.ministry.shelf.public / "targets").glob("*.list.redhand"))
    answer = site.ask(path.replace("LIST", listed.name))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, kept)  # whole: no range, which would be 206
    assert answer.headers["Content-Encoding"] is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/targets/", 403),
        ("GET", "/metadata/", 403),
        ("GET", "/", 403),
        ("GET", "/metadata/.timestamp.json.part", 404),
        ("GET", "/metadata/99.root.json", 404),
        ("POST", "/metadata/timestamp.json", 405),
        ("DELETE", "/metadata/timestamp.json", 405),
        ("HEAD", "/metadata/timestamp.json", 200),
    ],
)
def test_nothing_but_reading_of_known_files_is_answered(site, method, path, status):
    (site.ministry.shelf.public / "metadata" / ".timestamp.json.part").write_bytes(b"{}")
    assert site.ask(path, method=method).status == status


def test_nothing_is_kept_about_who_asked(site, tmp_path):
    site.sync(tmp_path / "isp", site.isp)
    site.sync(tmp_path / "stranger", site.refused["revoked"])
    written = [path for path in site.folder.glob("*") if path.is_file() and path.suffix in {".log", ".out"}]
    assert {path.name for path in written} == {"nginx-error.log", "redhand-lists.log", "nginx.out"}
    assert [path.read_text() for path in written] == [""] * 3
    assert not list(site.folder.rglob("access.log"))
