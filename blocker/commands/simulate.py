"""`redhand simulate`: months of a ministry in minutes, on the real case road, and what must hold of them."""

import logging
from datetime import UTC, datetime, timedelta

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
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which it begins, at five in the morning (UTC). Without it, the seed says.",
)
@click.pass_context
def command(context: click.Context, seed: int, months: int, first: datetime | None) -> None:
    """Live through months of cases with a simulated clock, and check what must hold of any history.

    Ends with 1 if anything does not hold. Needs no configuration and touches no data of yours.
    """
    logging.getLogger("redhand").setLevel(logging.ERROR)  # refusals and failures are what is simulated
    start = None if first is None else first.replace(tzinfo=UTC) + timedelta(hours=5)
    lived = simulate(Plan(seed, months, first=start))
    click.echo(f"seed: {seed}; months: {months}")
    for line in lines(lived):
        click.echo(line)
    found = (*violations(lived.record), *(f"a case is stuck: {each}" for each in lived.stuck))
    for each in found[:SHOWN]:
        click.echo(f"violated: {each}", err=True)
    if found:
        again = f"redhand simulate --seed {seed} --months {months} --from {lived.plan.start.date()}"
        click.echo(f"violated: {len(found)}; again: {again}", err=True)
        context.exit(VIOLATED)
    click.echo("every invariant holds")
