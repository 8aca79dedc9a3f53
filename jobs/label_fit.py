"""spark-submit jobs/label_fit.py --env ENV: the same as `lantern label-fit --env ENV`."""

import sys
from collections.abc import Sequence

from lantern.cli import main_step


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; returns its exit code."""
    return main_step("label_fit", argv)


if __name__ == "__main__":
    sys.exit(main())
