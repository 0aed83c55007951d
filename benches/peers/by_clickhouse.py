"""ClickHouse in the process (chdb). JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import sys

import chdb
from queries import queries

_, job, threads, out, first, end, logs = sys.argv
for query, rows in queries("clickhouse", job, out, first, end, logs):
    with open(rows, "wb") as file:
        file.write(chdb.query(f"{query}\nSETTINGS max_threads = {threads}", "TabSeparatedRaw").bytes())
