"""How every process of Redhand writes its log: key=value sentences on stderr, for a service manager to keep."""

import logging
import sys
import traceback
from pathlib import Path

FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


def open_journal() -> None:
    """Begin to log; to be called once in a process, before its first message."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORM)
    logging.getLogger("tuf").setLevel(logging.ERROR)  # what counts of it is said in our own words


def unforeseen(error: BaseException | None) -> str:
    """Return an error that nobody foresaw by its kind and place; its text could hold a name or a client's address."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return f"kind={type(error).__name__} at={place}"
