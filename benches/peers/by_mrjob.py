"""mrjob with its local runner: what a mapper and a reducer in Python cost. JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import glob
import os
import sys

from mrjob.job import MRJob
from mrjob.protocol import BytesValueProtocol, TextValueProtocol

sys.path.insert(0, os.environ.get("PEERS", os.path.dirname(os.path.abspath(__file__))))
from activity import labels_of  # noqa: E402


class Activity(MRJob):
    """Sums of labels by learner, course and day."""

    INPUT_PROTOCOL = BytesValueProtocol
    OUTPUT_PROTOCOL = TextValueProtocol

    def mapper(self, _, line):
        for key in labels_of(line, os.environ["FIRST"], os.environ["END"]):
            yield key, 1

    def combiner(self, key, counts):
        yield key, sum(counts)

    def reducer(self, key, counts):
        yield None, "\t".join(map(str, [*key, sum(counts)]))


if __name__ == "__main__":
    if "FIRST" not in os.environ:
        _, _, _, out, os.environ["FIRST"], os.environ["END"], logs = sys.argv
        os.environ["PEERS"] = os.path.dirname(os.path.abspath(__file__))
        sys.argv[1:] = ["--runner", "local", "--quiet", "--output-dir", f"{out}/rows", *sorted(glob.glob(f"{logs}/*.gz"))]
    Activity.run()
