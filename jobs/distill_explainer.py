"""spark-submit jobs/distill_explainer.py --env ENV: the same as `lantern distill-explainer`."""

import sys
from collections.abc import Sequence

from lantern.cli import main_step


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; returns its exit code."""
    return main_step("distill_explainer", argv)


if __name__ == "__main__":
    sys.exit(main())
