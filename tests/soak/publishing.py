"""Fifty SIGKILLs each of release, sync and a resolver that syncs: `python -m tests.soak.publishing [--reduced]`."""

import os
import subprocess
import sys


def main() -> int:
    kills = "4" if "--reduced" in sys.argv[1:] else "50"
    print(f"{kills} kills each of release, of sync and of a resolver, the next run completing each", flush=True)
    command = [sys.executable, "-m", "pytest", "--quiet", "tests/e2e/test_publishing_kill.py"]
    return subprocess.run(command, env={**os.environ, "REDHAND_KILLS": kills}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
