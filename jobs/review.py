"""spark-submit jobs/review.py export|import|agreement ... is `lantern review ...`."""

import sys
from collections.abc import Sequence

from lantern.cli import main_step


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return main_step("review", argv)


if __name__ == "__main__":
    sys.exit(main())
