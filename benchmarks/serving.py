"""``python -m benchmarks.serving URI MODEL``: how long "Show Reason" takes, over real HTTP.

Starts ``mlflow models serve`` of a registered pair (``models:/lantern.pair@champion``), asks it one
request after the other with pairs of the sample, each another one, and writes the quantiles. The
answers are checked: a class line that is not the level's ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.interleaved import ROOT, machine, versions
from lantern.fit import FitLevel, class_line
from lantern.sample.documents import sample_profile
from lantern.sample.marketplace import posting

RESULTS = ROOT / "benchmarks" / "results" / "serving.json"
STARTS_WITHIN_S = 600
WARM_UP = 5
SEED = 7


def main() -> None:
    """Serve, ask, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="of the registry, such as sqlite:///demo/warehouse/mlflow.db")
    parser.add_argument("model", nargs="?", default="models:/lantern.pair@champion")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    with served(given.uri, given.model, given.threads) as address:
        seconds = [asked(address, number) for number in range(given.requests + WARM_UP)][WARM_UP:]
    quantiles = {
        f"p{q}_ms": round(float(np.percentile(seconds, q)) * 1000, 1) for q in (50, 95, 99)
    }
    result = {
        "model": given.model,
        "requests": given.requests,
        "clients": 1,
        "threads": given.threads,
        **quantiles,
        "machine": machine(torch.device("cpu")),
        "load_average": os.getloadavg(),
        "versions": versions("mlflow", "torch", "transformers"),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


@contextmanager
def served(uri: str, model: str, threads: int) -> Iterator[str]:
    """The address of a server of the model; it is stopped afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["-m", model, "-h", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "OMP_NUM_THREADS": str(threads),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, process)
            yield address
        finally:
            os.killpg(process.pid, 15)
            process.wait(timeout=60)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; raises TimeoutError or RuntimeError if it does not."""
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/ping", timeout=5)  # noqa: S310
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}") from None
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"the server did not start within {STARTS_WITHIN_S} s")


def asked(address: str, number: int) -> float:
    """Seconds of one request, from before it is sent until its answer is read."""
    job = posting(SEED, number)
    record = {
        "title": job["title"],
        "posting": job["description"],
        "profile": profile_text(number),
    }
    data = json.dumps({"dataframe_records": [record]}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/invocations", data, {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
        content: Any = json.load(answer)
    seconds = time.perf_counter() - began
    found = content["predictions"][0]
    line = class_line(FitLevel.from_label(found["level"]))
    assert found["explanation"].startswith(line), "the explanation is of another class"
    return seconds


def profile_text(number: int) -> str:
    """The next sample profile from this number on that says enough to be judged."""
    from lantern.documents.unusable import UnusableDocument

    while True:
        try:
            return sample_profile(SEED, number).text
        except UnusableDocument:
            number += 1


if __name__ == "__main__":
    main()
