"""`redhand simulate`: months of a ministry in minutes, on the real case road, and what must hold of them."""

import logging
import tempfile
from pathlib import Path

import click

from blocker.commands.output import Spoken
from blocker.simulation.invariants import violations
from blocker.simulation.run import Plan, simulate
from blocker.simulation.summary import lines

VIOLATED = 1
SHOWN = 20


@click.command(cls=Spoken)
@click.option("--seed", type=int, default=1, show_default=True, help="What happens: the same seed, the same history.")
@click.option(
    "--months", type=click.IntRange(1, 24), default=1, show_default=True, help="How long: 12 has both clock changes."
)
@click.pass_context
def command(context: click.Context, seed: int, months: int) -> None:
    """Live through months of cases with a simulated clock, and check what must hold of any history.

    Ends with 1 if anything does not hold. Needs no configuration and touches no data of yours.
    """
    logging.getLogger("redhand").setLevel(logging.ERROR)  # refusals and failures are what is simulated
    with tempfile.TemporaryDirectory(prefix="redhand-simulation-") as folder:
        lived = simulate(Plan(seed, months), Path(folder))
    click.echo(f"seed: {seed}; months: {months}")
    for line in lines(lived):
        click.echo(line)
    found = violations(lived.record)
    for each in found[:SHOWN]:
        click.echo(f"violated: {each}", err=True)
    if found:
        click.echo(f"violated: {len(found)}; again: redhand simulate --seed {seed} --months {months}", err=True)
        context.exit(VIOLATED)
    click.echo("every invariant holds")
