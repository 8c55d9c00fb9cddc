"""`redhand cases`: what an operator, the overseer or an auditor does with the desk's store beside the desk."""

from pathlib import Path

import click

from blocker.cases.integrity import audit, backup, checkpoint, keyfile
from blocker.cases.integrity.audit import Verdict
from blocker.cases.integrity.ledger import Head
from blocker.commands.language import language_option, say, translated
from blocker.commands.output import SpokenGroup
from blocker.commands.roles import config_option
from blocker.config import load
from blocker.errors import OperationError

BROKEN, UNPROVEN = 1, 2
SHOWN = 50
"""Findings that are printed; the number of all of them is."""

head_option = click.option(
    "--head",
    metavar="FILE|SEQ:HASH",
    help="The last head of the ledger that you keep: the file from the desk, or as a letter writes it.",
)


@click.group(name="cases", cls=SpokenGroup)
@language_option
def group() -> None:
    """Judge, copy and bring back the desk's store; the desk may run meanwhile."""


@group.command()
@head_option
@click.option(
    "--key", metavar="HEX", help="The public key that the overseer keeps; without it that of the head's file."
)
@config_option
@click.pass_context
def verify(context: click.Context, head: str | None, key: str | None, path: Path) -> None:
    """Look for anything in the store that was changed, taken away, exchanged or cut off.

    Ends with 0 if all of it holds and a head proves that nothing is gone; 1 if something was found; 2 if all of it
    holds and no head was given, so that an end that was cut off would not be seen.
    """
    known, its_key = _known(head)
    admin = load(path).admin
    verdict = audit.judge(admin.database, known, key or its_key, admin.evidence)
    for finding in verdict.findings[:SHOWN]:
        click.echo(f"{translated(finding.place)}: {translated(finding.said)}", err=True)
    _say_head(verdict)
    if verdict.findings:
        say(f"broken; findings: {len(verdict.findings)}", err=True)
        context.exit(BROKEN)
    if not verdict.complete:
        say("what is there holds; completeness not proven: give the last head that you keep (--head)")
        context.exit(UNPROVEN)
    say("the ledger holds, and nothing before the given head is gone")


@group.command()
@config_option
def key(path: Path) -> None:
    """Print the public key of the desk's seal, for the overseer to keep."""
    click.echo(keyfile.read(load(path).admin.database).public)


@group.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@config_option
def backup_(folder: Path, path: Path) -> None:
    """Copy database, seal and evidence into the new folder FOLDER while the desk works, and judge the copy.

    Keep it as you would keep the desk's own disk: it holds all of it, the key of the seal too.
    """
    settings = load(path)
    copied = backup.make(settings.admin.database, settings.admin.evidence, folder)
    _say_head(copied.verdict)
    say(f"copied and judged; files of evidence: {copied.files}")


@group.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@head_option
@config_option
def restore(folder: Path, head: str | None, path: Path) -> None:
    """Put the copy in FOLDER where the configuration has the database, if none is there and the copy holds.

    With a head that somebody kept, a copy that is behind it is refused: what came after would be lost.
    """
    settings = load(path)
    known, _ = _known(head)
    copied = backup.restore(folder, settings.admin.database, settings.admin.evidence, known)
    _say_head(copied.verdict)
    say(f"brought back; files of evidence: {copied.files}")
    if not copied.verdict.complete:
        say("completeness not proven: what came after this copy is not in it")


def _known(head: str | None) -> tuple[Head | None, str | None]:
    """Read what somebody kept: the head, and the public key if it is a file from the desk."""
    if head is None:
        return None, None
    if not Path(head).is_file():
        return Head.parse(head), None
    try:
        found = checkpoint.read(Path(head).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise OperationError(f"cannot read {head}") from error
    return found.head, found.key


def _say_head(verdict: Verdict) -> None:
    say(f"head: {verdict.head}")
    say(f"key: {verdict.key}")
