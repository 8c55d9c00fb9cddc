"""`redhand publish`: the commands of those who keep, sign and serve a list. No rule lives here."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from securesystemslib.signer import Signer

from blocker.blocklist.entry import Environment
from blocker.commands.output import progress, show
from blocker.commands.publish_options import (
    CONFIDENTIAL,
    FILE,
    key_file,
    key_options,
    online_option,
    password_from,
    repository_option,
)
from blocker.commands.publish_status import status_lines
from blocker.commands.staging import build, require_commit, show_change, show_staged
from blocker.distribution import gate, keys, metadata
from blocker.distribution.keys import KeyFile
from blocker.distribution.online import Online, make_online, open_online
from blocker.distribution.popular import read_popular, write_popular
from blocker.distribution.proposal import Wishes
from blocker.distribution.publish import Publisher
from blocker.distribution.shelf import Shelf
from blocker.errors import OperationError

PEOPLES_KEYS = click.Path(path_type=Path, dir_okay=False, exists=True)


def now() -> datetime:
    """Return the world's time: what is signed expires for everybody at once, also in a trial that runs faster."""
    return datetime.now(UTC)


@click.group(name="publish")
def group() -> None:
    """Sign a list and serve it: stage, two officials sign, release.

    docs/PUBLISHING.md has the ceremony step by step. What these commands write is confidential (mode 0600 or 0640).
    Exit codes: 0 fine, 1 refused (a guard, a gate, a missing signature), 2 wrong usage or a failed disk or key.
    """


@group.command("make-key")
@click.argument("file", type=FILE)
@click.option("--password-file", type=PEOPLES_KEYS, help="Read the password there instead of asking for it.")
def make_key(file: Path, password_file: Path | None) -> None:
    """Make a signing key: FILE, encrypted, stays with its official; FILE.pub goes to whoever runs `init`."""
    key = keys.make(file, password_from(password_file, confirm=True))
    click.echo(f"made: {file} (encrypted, confidential) and {KeyFile(file).public}\nkey id: {key.keyid}")


@group.command()
@repository_option
@click.option("--environment", type=click.Choice([each.value for each in Environment]), required=True, help="For good.")
@click.option("--root", type=PEOPLES_KEYS, multiple=True, required=True, help="A .pub file; three times: 2 of 3 sign.")
@click.option("--targets", type=PEOPLES_KEYS, multiple=True, required=True, help="The same, for versions of the list.")
@click.option("--lifts", type=PEOPLES_KEYS, multiple=True, required=True, help="The same, for lifts: 1 of 3 signs.")
@click.option("--online-key", type=PEOPLES_KEYS, help="The .pub of a token's key for snapshot and timestamp.")
@click.option("--online-signer", help="The command that signs with it; bytes on stdin, raw signature on stdout.")
@online_option
def init(repository: Path, environment: str, online_password_file: Path | None, **given: Any) -> None:
    """Make a repository for one environment and stage its first root, which two officials then sign."""
    shelf = Shelf(repository)
    people = {role: [keys.read_public(path) for path in given[role]] for role in metadata.BY_PEOPLE}
    for role, found in people.items():
        metadata.check_keys(role, found)
    token = key_file(given["online_key"], given["online_signer"]) if given["online_key"] else None
    password = None if token else password_from(online_password_file, confirm=True)
    with shelf.locked(new=True):
        publisher = Publisher(shelf)
        if publisher.state().repository is not None or shelf.staged.exists():
            raise OperationError(f"{repository} has been initialised before")
        online = {role: make_online(shelf, role, password, token) for role in (metadata.SNAPSHOT, metadata.TIMESTAMP)}
        publisher.init(Environment(environment), people, online, now())
    click.echo(
        f"staged: the first root of a {environment} repository; two root and two targets keys sign, then release"
    )


@group.command()
@click.argument("lists", type=click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True))
@repository_option
@click.option("--accept", multiple=True, type=click.Choice(gate.RULES), help="A gate's rule that is meant this time.")
@click.option("--reinstate", multiple=True, metavar="LIFT", help="An open lift that this version undoes on purpose.")
@click.option("--reason", help="Why; signed with the version. Mandatory with --accept and --reinstate; names no site.")
def stage(
    lists: Path, repository: Path, accept: tuple[str, ...], reinstate: tuple[str, ...], reason: str | None
) -> None:
    """Build the next version from the commit at HEAD of LISTS and let it wait for its signatures.

    Every guard and the gate have their say; what changes is printed with the directive behind it.
    """
    if (accept or reinstate) and not reason:
        raise click.UsageError("--accept and --reinstate need --reason")
    require_commit(lists)
    shelf = Shelf(repository)
    with shelf.locked(), progress("stage"):
        publisher = Publisher(shelf)
        wishes = Wishes(dict.fromkeys(accept, reason or ""), reinstate)
        proposal, warnings = build(lists, publisher.before(), read_popular(repository), wishes)
        publisher.stage(proposal, now())
        waiting = publisher.state().awaited
    show(warnings)
    show_change(proposal.added, proposal.removed)
    for line in proposal.effect():
        click.echo(line)
    for each in waiting:
        click.echo(f"awaits {each.missing} signatures of {each.role}")
    click.echo(f"staged: {proposal.custom['names']} names, digest {proposal.custom['digest']} – {CONFIDENTIAL}")


@group.command()
@repository_option
@key_options
@click.option("--yes", is_flag=True, help="Do not ask: what is shown has been looked at before.")
def sign(repository: Path, key: Path, signer: str | None, password_file: Path | None, yes: bool) -> None:
    """Show what is staged and sign it with your key, on your own machine.

    Take a copy of the repository's folder there and bring the file staged/KEYID.sig back.
    """
    shelf = Shelf(repository)
    with shelf.locked():
        publisher = Publisher(shelf)
        show_staged(publisher)
        if not yes:
            click.confirm("Sign this?", abort=True)
        pieces = publisher.sign(_signer(key, signer, password_file))
        missing = sum(each.missing for each in publisher.state().awaited)
    click.echo(
        f"signed: {', '.join(pieces)}; {missing} more signatures are awaited"
        if missing
        else "signed; it can be released"
    )


def _signer(key: Path, command: str | None, password_file: Path | None) -> Signer:
    file = key_file(key, command)
    return keys.open_signer(file, None if file.command else password_from(password_file))


def _online(shelf: Shelf, password_file: Path | None) -> Online:
    return open_online(shelf, password_file.read_bytes().strip() if password_file else None)


@group.command()
@repository_option
@online_option
def release(repository: Path, online_password_file: Path | None) -> None:
    """Serve what is staged and signed; snapshot and timestamp are written last."""
    shelf = Shelf(repository)
    with shelf.locked():
        served = Publisher(shelf).release(_online(shelf, online_password_file), now())
    click.echo(f"released: serial {served.serial} – {CONFIDENTIAL}")


@group.command()
@repository_option
@online_option
def refresh(repository: Path, online_password_file: Path | None) -> None:
    """Sign the timestamp anew, so that ISPs know that nothing is withheld from them. Run it from a timer, hourly."""
    shelf = Shelf(repository)
    with shelf.locked():
        served = Publisher(shelf).refresh(_online(shelf, online_password_file), now())
    timestamp = served.timestamp.signed
    click.echo(f"refreshed: timestamp {timestamp.version}, until {timestamp.expires:%Y-%m-%d %H:%MZ}")


@group.command()
@repository_option
def status(repository: Path) -> None:
    """Print what is in force, who signed it, who is awaited, and what expires when."""
    shelf = Shelf(repository)
    with shelf.locked():
        publisher = Publisher(shelf)
        state = publisher.state()
        served = publisher.lifts(state.repository) if state.repository else ()
    for line in status_lines(state, served, now()):
        click.echo(line)


@group.command()
@click.argument("what", metavar="NAME|DIRECTIVE")
@repository_option
@key_options
@online_option
@click.option("--reason", required=True, help="Why; it travels with the lift and names no site.")
def lift(what: str, repository: Path, online_password_file: Path | None, reason: str, **own: Any) -> None:
    """Take a name, or all names of a directive, off the list now: one official's key, no guard, no gate.

    A second official is asked to confirm it within 24 hours; it stands meanwhile and afterwards.
    """
    shelf = Shelf(repository)
    with shelf.locked():
        publisher, online = Publisher(shelf), _online(shelf, online_password_file)
        done = publisher.lift(what, reason, _signer(own["key"], own["signer"], own["password_file"]), online, now())
        serial = publisher.in_force().serial
    click.echo(f"lifted: {done.id}, serial {serial} – {CONFIDENTIAL}")
    click.echo(
        f"a second official confirms it until {done.confirm_by:%Y-%m-%d %H:%MZ}: redhand publish confirm {done.id}"
    )
    click.echo("remove it from the list's repository too; a version that no longer holds it settles the lift")


@group.command()
@click.argument("lift_id", metavar="LIFT")
@repository_option
@key_options
@online_option
def confirm(lift_id: str, repository: Path, online_password_file: Path | None, **own: Any) -> None:
    """Confirm another official's lift with your key."""
    shelf = Shelf(repository)
    with shelf.locked():
        publisher, online = Publisher(shelf), _online(shelf, online_password_file)
        publisher.confirm(lift_id, _signer(own["key"], own["signer"], own["password_file"]), online, now())
    click.echo(f"confirmed: {lift_id}")


@group.command()
@click.argument("role", type=click.Choice(metadata.ROLES))
@repository_option
@click.option("--remove", multiple=True, metavar="KEYID", help="A key that goes; the first digits of its id will do.")
@click.option("--add", multiple=True, type=PEOPLES_KEYS, help="The .pub file of a key that comes.")
@click.option("--renew", is_flag=True, help="snapshot and timestamp: make a new key here in place of the old one.")
@online_option
def rotate(
    role: str, repository: Path, remove: tuple[str, ...], online_password_file: Path | None, **given: Any
) -> None:
    """Change the keys of ROLE: after a loss, a theft, a change of people. Signed and released as usual."""
    shelf = Shelf(repository)
    with shelf.locked():
        publisher = Publisher(shelf)
        added = [keys.read_public(path) for path in given["add"]]
        if given["renew"]:
            raise_unless_online(role)
            remove = tuple(publisher.in_force().root.signed.roles[role].keyids)
            added = [make_online(shelf, role, password_from(online_password_file))]
        publisher.rotate(role, remove, added, now())
        waiting = publisher.state().awaited
    for each in waiting:
        click.echo(f"awaits {each.missing} signatures of {each.role}")
    click.echo(f"staged: other keys for {role}")


def raise_unless_online(role: str) -> None:
    """Refuse to make a person's key on the publishing host."""
    if role not in {metadata.SNAPSHOT, metadata.TIMESTAMP}:
        raise click.UsageError("people make their own keys: redhand publish make-key, then --add")


@group.command()
@repository_option
def drop(repository: Path) -> None:
    """Forget what is staged. What is served does not change."""
    shelf = Shelf(repository)
    with shelf.locked():
        shelf.drop_staged()
    click.echo("nothing is staged")


@group.group("popular")
def popular_group() -> None:
    """Keep the file of names that many people use; a new entry that touches one needs an acceptance."""


@popular_group.command("import")
@click.argument("file", type=PEOPLES_KEYS)
@repository_option
def popular_import(file: Path, repository: Path) -> None:
    """Take the names of a CSV file (name, or rank,name: the common form of top lists) as the popularity file."""
    count = write_popular(repository, file.read_bytes())
    click.echo(f"imported: {count} names")
