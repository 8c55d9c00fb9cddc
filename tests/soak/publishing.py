"""Fifty SIGKILLs each of release and of sync: `python -m tests.soak.publishing [--reduced]`."""

import os
import subprocess
import sys


def main() -> int:
    kills = "4" if "--reduced" in sys.argv[1:] else "50"
    print(f"{kills} kills each of release and of sync, the next run completing each", flush=True)
    command = [sys.executable, "-m", "pytest", "--quiet", "tests/e2e/test_publishing_kill.py"]
    return subprocess.run(command, env={**os.environ, "REDHAND_KILLS": kills}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
