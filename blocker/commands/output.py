"""How every command speaks: faults on standard error, one exit code for each kind of failure."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from blocker.errors import ConfigError, Fault, ListRefusedError, RedhandError

REFUSED = 1  # the list is refused
UNUSABLE = 2  # usage, configuration or IO
PATIENCE = 2.0  # seconds until a command says that it is still at work


class Command(click.Group):
    """A group that turns our errors into messages and exit codes: 1 the list is refused, 2 anything else."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ListRefusedError as error:
            show(error.faults)
            count = sum(not fault.warning for fault in error.faults)
            click.echo(f"refused: {count} fault{'' if count == 1 else 's'}", err=True)
            ctx.exit(REFUSED)
        except ConfigError as error:
            show(error.faults)
            ctx.exit(UNUSABLE)
        except RedhandError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(UNUSABLE)


def show(faults: Iterable[Fault]) -> None:
    """Print faults, one a line, in the form that editors turn into links."""
    for fault in faults:
        click.echo(str(fault), err=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on standard error that a long step is at work, once it takes more than two seconds."""
    done = threading.Event()
    started = time.monotonic()

    def speak() -> None:
        while not done.wait(PATIENCE):
            click.echo(f"{what}: at work for {time.monotonic() - started:.0f} s", err=True)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
    sys.stderr.flush()
