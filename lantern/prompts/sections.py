"""The five sections of the teacher's prompt, kept as text files, and what each stage needs of them.

One long prompt was unstable in the paper, so the work is split: ``extract`` reads a posting,
``evaluate`` compares its requirements with a profile, ``explain`` turns verdicts into a class and
its reasons. ``one_call`` does all of it at once, for comparison.
"""

from __future__ import annotations

import enum
from functools import cache
from importlib.resources import files
from typing import Final

TASK: Final = "Task Instruction"
EXTRACTION: Final = "Job Information Extraction Guidelines"
EVALUATION: Final = "Evaluation Guidelines"
REASONING: Final = "Reasoning Guidelines"
OUTPUT: Final = "Output Guidelines"


class Stage(enum.StrEnum):
    """A subtask of the teacher; the value stands in ``teacher_answers.stage``."""

    EXTRACT = "extract"
    EVALUATE = "evaluate"
    EXPLAIN = "explain"
    ONE_CALL = "one_call"


# section -> the files that make it up, in their order
_COMPOSED: Final[dict[Stage, dict[str, tuple[str, ...]]]] = {
    Stage.EXTRACT: {
        TASK: ("task_instruction", "task_extract"),
        EXTRACTION: ("job_information_extraction",),
        OUTPUT: ("output", "output_extract"),
    },
    Stage.EVALUATE: {
        TASK: ("task_instruction", "task_evaluate"),
        EVALUATION: ("evaluation",),
        OUTPUT: ("output", "output_evaluate"),
    },
    Stage.EXPLAIN: {
        TASK: ("task_instruction", "task_explain"),
        REASONING: ("reasoning",),
        OUTPUT: ("output", "output_explain"),
    },
    Stage.ONE_CALL: {
        TASK: ("task_instruction", "task_one_call"),
        EXTRACTION: ("job_information_extraction",),
        EVALUATION: ("evaluation",),
        REASONING: ("reasoning",),
        OUTPUT: ("output", "output_extract", "output_evaluate", "output_explain"),
    },
}


@cache
def system_text(stage: Stage) -> str:
    """The instructions of a stage: its sections, each under its heading."""
    return "\n\n".join(
        f"# {heading}\n" + "\n".join(_section(name) for name in names)
        for heading, names in _COMPOSED[stage].items()
    )


def _section(name: str) -> str:
    return files(__package__).joinpath("sections", f"{name}.txt").read_text("utf-8").strip()
