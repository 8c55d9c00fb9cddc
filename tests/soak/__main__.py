"""Run every long test: `python -m tests.soak [--reduced]`."""

import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    parts = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    failed = []
    for part in parts:
        print(f"== {part}", flush=True)
        started = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"tests.soak.{part}", *sys.argv[1:]], check=False).returncode:
            failed.append(part)
        print(f"== {part}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(parts) - len(failed)} passed, {len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed or not parts else 0


if __name__ == "__main__":
    sys.exit(main())
