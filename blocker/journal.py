"""How every process of Redhand writes its log: key=value sentences on stderr, for a service manager to keep."""

import logging
import sys

FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


def open_journal() -> None:
    """Begin to log; to be called once in a process, before its first message."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORM)
    logging.getLogger("tuf").setLevel(logging.ERROR)  # what counts of it is said in our own words
