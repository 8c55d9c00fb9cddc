"""The one place that reads the wall clock; everything else is handed a time.

A trial may run faster than life (`redhand up --time-scale`): then `<data>/trial-clock.json` holds the moment from which
trial time is counted, so that every process of that trial agrees on it and a restart does not lose it. Only what people
and lists call time is scaled. TTLs and timeouts use the event loop's monotonic clock and stay real.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blocker.errors import OperationError

TRIAL_CLOCK = "trial-clock.json"


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as `trial_epoch` + (real time − `real_epoch`) × `scale`, epochs in seconds since 1970, UTC."""

    scale: float = 1.0
    real_epoch: float = 0.0
    trial_epoch: float = 0.0

    def timestamp(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        return self.trial_epoch + (time.time() - self.real_epoch) * self.scale

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        # Not fromtimestamp(): its range is the platform's, and a long trial may outrun it.
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.timestamp())

    @property
    def scaled(self) -> bool:
        """True when this is a trial's own time and not the world's."""
        return (self.scale, self.real_epoch, self.trial_epoch) != (1.0, 0.0, 0.0)


def open_clock(data: Path) -> Clock:
    """Return the clock of the Redhand whose state lives in `data`: the world's, or that of a scaled trial.

    Raises:
        OperationError: if the trial clock's file cannot be read.
    """
    path = data / TRIAL_CLOCK
    try:
        values = json.loads(path.read_text())
        return Clock(float(values["scale"]), float(values["real_epoch"]), float(values["trial_epoch"]))
    except FileNotFoundError:
        return Clock()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperationError(f"{path}: not a trial clock; remove it with the rest of this trial's data") from error
