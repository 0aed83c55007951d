"""What a job is in SQL, for the peers that speak it."""

import glob
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def queries(peer, job, out, first, end, logs):
    """The query of a job, or those of all jobs; with each the file for its rows."""
    for path in sorted(glob.glob(f"{HERE}/sql/{peer}-{'*' if job == 'all' else job}.sql")):
        name = path.rpartition("-")[2].removesuffix(".sql")
        os.mkdir(f"{out}/{name}")
        with open(path, encoding="utf-8") as text:
            yield text.read().replace("LOGS", f"{logs}/*.gz").replace("FIRST", first).replace("END_DAY", end), f"{out}/{name}/rows"
