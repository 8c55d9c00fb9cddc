"""What every test of the resolver leaves behind: nothing."""

import pytest

from blocker.resolver.upstream import Forwarder


@pytest.fixture(autouse=True)
def _every_forwarder_is_closed(monkeypatch):
    made = []
    init = Forwarder.__init__

    def noted(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(Forwarder, "__init__", noted)
    yield
    for forwarder in made:
        forwarder.close()
