"""A small lexicon of its own: the rubric's tests do not change when the real lexicon grows."""

from __future__ import annotations

import pytest

from lantern.documents.lexicon import Lexicon, build_lexicon
from lantern.teachers.rubric import RubricTeacher


@pytest.fixture(scope="session")
def words() -> Lexicon:
    return build_lexicon(
        [
            {
                "field": "software",
                "skills": {
                    "Python": ["python3"],
                    "Java": [],
                    "Docker": [],
                    "Kubernetes": ["k8s"],
                    "SQL": [],
                    "Scala": [],
                    "Rust": [],
                },
                "certificates": {"CKA": ["certified kubernetes administrator"]},
                "related": [["Docker", "Kubernetes"], ["Python", "Java"]],
                "occupations": {
                    "software engineer": {
                        "titles": ["software developer"],
                        "skills": ["Python", "Java", "SQL"],
                    },
                    "data engineer": {"titles": [], "skills": ["SQL", "Python"]},
                },
            },
            {
                "field": "care",
                "skills": {"Patient Care": [], "Wound Care": []},
                "certificates": {"RN License": ["registered nurse license"]},
                "occupations": {
                    "nurse": {"titles": ["registered nurse"], "skills": ["Patient Care"]}
                },
            },
            {"field": "general", "soft": {"Communication": []}},
        ]
    )


@pytest.fixture(scope="session")
def teacher(words: Lexicon) -> RubricTeacher:
    return RubricTeacher(words)
