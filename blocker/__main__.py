"""`python -m blocker` is the command `redhand`."""

from blocker.cli import main

main()
