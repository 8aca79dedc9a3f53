"""spark-submit jobs/train_teacher.py --env ENV: the same as `lantern train-teacher --env ENV`."""

import sys
from collections.abc import Sequence

from lantern.cli import main_step


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; returns its exit code."""
    return main_step("train_teacher", argv)


if __name__ == "__main__":
    sys.exit(main())
