"""Names and group attributes of members, drawn apart from everything a fit depends on.

The attributes come from a stream of their own that the facts never see, so they are independent
of skill: a model that is fair has impact ratios near 1 on this sample, by construction. They are
written to a file of their own that no model input can reach.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lantern.sample.occupations import world
from lantern.sample.seeding import pick, stream

AGE_BANDS: Final = ("under_40", "40_and_over")
GENDERS: Final = ("female", "male", "nonbinary")


class Identity(NamedTuple):
    """Who a member is: a name, and the groups an audit compares."""

    name: str
    gender: str
    age_band: str
    origin: str


def identity(seed: int, index: int) -> Identity:
    """The name and groups of member ``index``."""
    rng = stream(seed, "identity", index)
    names = world().names
    origin = pick(rng, tuple(names))
    draw = rng.random()
    gender = "nonbinary" if draw < 0.02 else "female" if draw < 0.51 else "male"
    first = gender if gender != "nonbinary" else pick(rng, ("female", "male"))
    lists = names[origin]
    name = f"{pick(rng, lists[first])} {pick(rng, lists['surnames'])}"
    age_band = AGE_BANDS[rng.random() < 0.4]
    return Identity(name, gender, age_band, origin)


def audit_group(seed: int, index: int, member_id: str) -> dict[str, str]:
    """The row of ``audit_groups.jsonl``."""
    who = identity(seed, index)
    return {
        "member_id": member_id,
        "gender": who.gender,
        "age_band": who.age_band,
        "origin": who.origin,
    }
