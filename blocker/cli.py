"""The command `redhand`. Each role's modules are imported when that role is asked for, not before."""

from importlib import import_module

import click

from blocker import __version__
from blocker.commands.output import Command
from blocker.journal import open_journal

# subject: where its click command lies, and the line that `redhand --help` shows for it
COMMANDS = {
    "up": ("blocker.commands.up:command", "Run resolver, page and desk together on this machine."),
    "resolver": ("blocker.commands.roles:resolver", "Run the resolver, and the sync that keeps its list."),
    "control": ("blocker.commands.control:group", "Ask a running resolver how it is, and why it answers as it does."),
    "page": ("blocker.commands.roles:page", "Run the warning page."),
    "admin": ("blocker.commands.roles:admin", "Run the desk where cases are worked."),
    "lists": ("blocker.commands.lists:group", "Check, build and read blocklists."),
    "publish": ("blocker.commands.publish:group", "Sign a list and serve it: stage, sign, release, lift."),
    "sync": ("blocker.commands.sync:command", "Keep a signed list in force, as the resolver does by itself."),
    "evidence": ("blocker.commands.evidence:group", "Seal evidence to keys that the desk lacks, and open it again."),
    "cases": ("blocker.commands.cases:group", "Judge, copy and bring back the desk's store."),
    "isps": ("blocker.admin.isps:isps", "Keep the tokens with which providers report."),
    "sources": ("blocker.admin.sources:sources", "Keep the tokens with which machines report addresses."),
    "accounts": ("blocker.commands.accounts:accounts", "Keep the desk's accounts."),
    "simulate": (
        "blocker.commands.simulate:command",
        "Live through months of cases in minutes, and judge them.",
    ),
}


class LazyCommands(Command):
    """Finds a command's module at the moment that the command is used: all of them at once cost a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of a reader's interest."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Print the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.command(cls=LazyCommands)
@click.version_option(__version__, prog_name="redhand")
def main() -> None:
    """Redhand: DNS-level blocking done the way a state under the rule of law must do it."""
    open_journal()
