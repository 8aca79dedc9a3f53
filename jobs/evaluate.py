"""spark-submit jobs/evaluate.py --env ENV: the same as `lantern evaluate --env ENV`."""

import sys
from collections.abc import Sequence

from lantern.cli import main_step


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; returns its exit code."""
    return main_step("evaluate", argv)


if __name__ == "__main__":
    sys.exit(main())
