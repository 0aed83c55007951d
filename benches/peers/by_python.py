"""Python with orjson and a counter. JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import collections
import glob
import gzip
import sys

from activity import labels_of

_, _, _, out, first, end, logs = sys.argv
counts = collections.Counter()
for name in sorted(glob.glob(f"{logs}/*.gz")):
    with gzip.open(name) as lines:
        for line in lines:
            counts.update(labels_of(line, first, end))
with open(f"{out}/rows", "w", encoding="utf-8") as rows:
    for row, count in counts.items():
        print(*row, count, sep="\t", file=rows)
