"""The gates of ``conf/gates.yaml``, and the profile of an environment that may relax some.

One file for all environments. What a profile relaxes is part of every answer of a gate, so that an
exception is seen wherever the gate's outcome is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lantern.config import conf_folder
from lantern.errors import SettingsError

GATES_FILE: Final = "gates.yaml"
_LOOSER_WHEN_HIGHER: Final = frozenset({"at_most", "champion_margin"})


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Gate(_Strict):
    """One gate: a figure and what its worst bound must be. At least one condition is set."""

    figure: str
    at_most: float | None = None
    at_least: float | None = None
    estimate_at_least: float | None = None
    exactly: float | None = None
    champion_margin: Annotated[float, Field(ge=0)] | None = None
    least_clusters: Annotated[int, Field(ge=1)] = 1
    decide_on: Literal["bound", "estimate"] = "bound"
    left_out: bool = False
    relaxed_because: str | None = Field(default=None, description="set by a profile, never here")

    @model_validator(mode="after")
    def _one_kind(self) -> Gate:
        bounded = self.at_most is not None or self.at_least is not None
        kinds = [bounded, self.exactly is not None, self.champion_margin is not None]
        if sum(kinds) != 1:
            raise ValueError(
                "give at_most or at_least, or exactly, or champion_margin, and only one of these"
            )
        if self.at_most is not None and self.at_least is not None:
            raise ValueError("give at_most or at_least, not both")
        if self.estimate_at_least is not None and self.at_least is None:
            raise ValueError("estimate_at_least goes with at_least")
        return self


class Relaxation(_Strict):
    """What a profile changes of one gate, and why."""

    why: Annotated[str, Field(min_length=20)]
    at_most: float | None = None
    at_least: float | None = None
    estimate_at_least: float | None = None
    champion_margin: Annotated[float, Field(ge=0)] | None = None
    least_clusters: Annotated[int, Field(ge=1)] | None = None
    decide_on: Literal["bound", "estimate"] | None = None
    left_out: Literal[True] | None = None


class _GatesFile(_Strict):
    gates: dict[str, Gate]
    profiles: dict[str, dict[str, Relaxation]]


class Gates(_Strict):
    """The gates of one profile.

    Attributes:
        profile: its name.
        gates: by name, in the file's order.
    """

    profile: str
    gates: Mapping[str, Gate]


def load_gates(profile: str, folder: Path | None = None) -> Gates:
    """The gates of ``conf/gates.yaml`` under a profile.

    Args:
        profile: one of the file's.
        folder: where the file is; the settings' folder by default.

    Raises:
        SettingsError: the file is missing or wrong, one line a fault, or has no such profile.
    """
    path = (folder or conf_folder()) / GATES_FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        read = _GatesFile.model_validate(content)
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing; nothing can be promoted without gates") from None
    except yaml.YAMLError:
        raise SettingsError(f"{path}: not valid YAML; mend the file") from None
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = (f"{path}: {'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise SettingsError("\n".join(lines)) from None
    if profile not in read.profiles:
        known = ", ".join(read.profiles)
        raise SettingsError(f"setting 'gates.profile': {path} has {known}, not {profile!r}")
    gates = dict(read.gates)
    for name, relaxation in read.profiles[profile].items():
        if name not in gates:
            raise SettingsError(f"{path}: profile {profile} relaxes {name!r}, which is no gate")
        gates[name] = _relaxed(gates[name], relaxation, f"{path}: {profile}.{name}")
    return Gates(profile=profile, gates=gates)


def _relaxed(gate: Gate, by: Relaxation, place: str) -> Gate:
    """The gate with a profile's changes; refuses one that is stricter or of another kind."""
    changes = by.model_dump(exclude={"why"}, exclude_none=True)
    for name, value in changes.items():
        if not _is_looser(name, getattr(gate, name), value):
            raise SettingsError(
                f"{place}: {name} {value} does not relax {getattr(gate, name)}; "
                "a profile may do nothing else"
            )
    return gate.model_copy(update=changes | {"relaxed_because": by.why})


def _is_looser(name: str, old: Any, new: Any) -> bool:
    if old is None:
        return False
    if name == "left_out":
        return True
    if name == "decide_on":
        return bool((old, new) == ("bound", "estimate"))
    return bool(new > old if name in _LOOSER_WHEN_HIGHER else new < old)
