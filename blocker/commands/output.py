"""How every command speaks: faults on standard error, one exit code for each kind of failure, help in two languages."""

import inspect
import io
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from blocker.commands.language import choose, of_environment, say, translated
from blocker.errors import ConfigError, Fault, ListRefusedError, RedhandError

REFUSED = 1  # the list is refused
UNUSABLE = 2  # usage, configuration or IO
PATIENCE = 2.0  # seconds until a command says that it is still at work


class Command(click.Group):
    """A group that turns our errors into messages and exit codes: 1 the list is refused, 2 anything else."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter must not end a command
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except ListRefusedError as error:
            show(error.faults)
            say(f"refused; faults: {sum(not fault.warning for fault in error.faults)}", err=True)
            ctx.exit(REFUSED)
        except ConfigError as error:
            show(error.faults)
            ctx.exit(UNUSABLE)
        except RedhandError as error:
            say(f"error: {error}", err=True)
            ctx.exit(UNUSABLE)
        except OSError as error:  # the last net under every command: a disk or a path that nobody foresaw
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            say(f"error: {what}", err=True)
            ctx.exit(UNUSABLE)
        except click.UsageError as error:
            say(f"usage: {error.format_message()}", err=True)
            say(f"help: {(error.ctx or ctx).command_path} --help", err=True)
            ctx.exit(UNUSABLE)


class Spoken(click.Command):
    """A command whose help is said in the language of the run, paragraph by paragraph."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what to type."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{translated('Usage')}: ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write what the command does."""
        for paragraph in paragraphs(self.help):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(translated(paragraph))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each option; a group's commands follow."""
        options = (each for each in self.get_params(ctx) if isinstance(each, click.Option))
        records = [record for each in options if (record := each.get_help_record(ctx)) is not None]
        with formatter.section(translated("Options")):
            formatter.write_dl([(names, translated(text)) for names, text in records])
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - one sentence, however long
        """Return the first sentence, for the list of commands."""
        return translated(next(paragraphs(self.help), "")).partition(". ")[0].rstrip(".")


class SpokenGroup(Spoken, click.Group):
    """A group of spoken commands."""

    command_class = Spoken

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the terminal's language before anything is said, the help for one."""
        choose(ctx, of_environment())
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its first sentence."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section(translated("Commands")):
            formatter.write_dl([(name, each.get_short_help_str()) for name, each in commands if each is not None])


def paragraphs(text: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help text, each on one line."""
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        yield " ".join(paragraph.split())


def show(faults: Iterable[Fault]) -> None:
    """Print faults, one a line, in the form that editors turn into links."""
    warning = translated("warning")
    for fault in faults:
        kind = f"{warning}: " if fault.warning else ""
        place = f"{fault.file}:{fault.line}:{fault.column}"
        click.echo(f"{place}: {kind}{fault.rule}: {translated(fault.message)}", err=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on standard error that a long step is at work, once it takes more than two seconds."""
    done = threading.Event()
    started = time.monotonic()
    context = click.get_current_context()

    def speak() -> None:
        with context.scope(cleanup=False):  # the language is the context's, and that is each thread's own
            while not done.wait(PATIENCE):
                say(f"{what}: at work for {time.monotonic() - started:.0f} s", err=True)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
    sys.stderr.flush()
