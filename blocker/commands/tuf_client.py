"""A front to our TUF client with the command line that the public conformance suite drives: init, refresh, download.

    python -m blocker.commands.tuf_client --metadata-dir DIR init ROOT.json
    python -m blocker.commands.tuf_client --metadata-dir DIR --metadata-url URL refresh
    python -m blocker.commands.tuf_client --metadata-dir DIR --metadata-url URL
        --target-name NAME --target-base-url URL --target-dir DIR download

Keeps true that it is `redhand sync`'s own client that is driven: the same fetcher, deadline, caps and library. Exit
codes are the suite's: 0 it succeeded, 1 anything else. (github.com/theupdateframework/tuf-conformance, CLIENT-CLI.md)
"""

from pathlib import Path

import click
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

from blocker.distribution import durable
from blocker.distribution.fetch import Fetcher, Way
from blocker.distribution.receive import CONFIG
from blocker.errors import OperationError

SECONDS = 40.0
DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.group()
@click.option("--metadata-dir", type=DIRECTORY, required=True, help="Where trusted metadata are kept.")
@click.option("--metadata-url", help="Where metadata are served.")
@click.option("--target-name", help="The target to download.")
@click.option("--target-base-url", help="Where targets are served.")
@click.option("--target-dir", type=DIRECTORY, help="Where targets are put.")
@click.pass_context
def main(context: click.Context, /, **given: object) -> None:
    """Drive the TUF client of `redhand sync`."""
    context.obj = given


@main.command()
@click.argument("root", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def init(given: dict[str, Path], root: Path) -> None:
    """Trust ROOT from now on; nothing is fetched."""
    given["metadata_dir"].mkdir(parents=True, exist_ok=True)
    durable.write(given["metadata_dir"] / "root.json", root.read_bytes())


@main.command()
@click.pass_context
def refresh(context: click.Context) -> None:
    """Bring the metadata up to date."""
    context.exit(_run(context.obj, download=False))


@main.command()
@click.pass_context
def download(context: click.Context) -> None:
    """Bring the metadata up to date, then fetch one target, unless it is there."""
    context.exit(_run(context.obj, download=True))


def _run(given: dict[str, str | Path], *, download: bool) -> int:
    try:
        with Fetcher(Way(), SECONDS) as fetcher:
            updater = Updater(
                metadata_dir=str(given["metadata_dir"]),
                metadata_base_url=str(given["metadata_url"]),
                target_dir=str(given["target_dir"]) if download else None,
                target_base_url=str(given["target_base_url"]) if download else None,
                fetcher=fetcher,
                config=CONFIG,
                bootstrap=None,  # what `init` was given: the suite hands the root to it alone
            )
            updater.refresh()
            if download:
                _download(updater, str(given["target_name"]))
    except (RepositoryError, DownloadError, OperationError, OSError) as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        return 1
    return 0


def _download(updater: Updater, name: str) -> None:
    file = updater.get_targetinfo(name)
    if file is None:
        raise OperationError("there is no such target")
    if updater.find_cached_target(file) is None:
        updater.download_target(file)


if __name__ == "__main__":
    main()
