"""Commands."""


def main() -> None:
    """Run a command."""
