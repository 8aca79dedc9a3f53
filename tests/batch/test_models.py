"""Folders on their way to the workers of a cluster, in a session of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_SHIPS = """
import json, sys
from pathlib import Path

from pyspark import SparkFiles

from lantern.batch.models import ship_folder
from lantern.config import load_settings
from lantern.tables.session import open_session

settings = load_settings("local", ["spark.master=local-cluster[1,1,1024]"])
spark = open_session(settings.spark, app="test")


def read_by_worker(shipped):
    def read(batches):
        import pyarrow

        for _ in batches:
            text = (shipped.resolve() / "weights").read_text()
            yield pyarrow.RecordBatch.from_pydict({"text": [text]})

    return spark.range(1).mapInArrow(read, "text string").collect()[0]["text"]


folders = [Path(folder) for folder in sys.argv[1:]]
read = [read_by_worker(ship_folder(spark, folder, "classifier-1")) for folder in folders]
left = Path(SparkFiles.getRootDirectory())
packed = len(list(left.glob("shipped-*/*.zip")))
spark.stop()
print(json.dumps({"read": read, "packed": packed, "left": left.exists()}))
"""


def test_a_session_ships_many_folders_and_leaves_none(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        (folder / "weights").write_text(folder.name)
    script = tmp_path / "ships.py"
    script.write_text(_SHIPS)
    done = subprocess.run(
        [sys.executable, str(script), *map(str, [*folders, folders[0]])],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {"read": ["one", "two", "one"], "packed": 2, "left": False}
