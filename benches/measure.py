"""Runs every peer over every job, one after the other and then again, and compares what they wrote.

benches/run.sh starts it. Times and memory are what the operating system says of a finished process and of those that it waited for.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time

import compare

HERE = os.path.dirname(os.path.abspath(__file__))
QUERIES = ("activity", "enrollment", "location", "engagement", "video", "answers")
# Which jobs a peer can do, and with how many threads.
PEERS = {
    "insights": ((*QUERIES, "all"), (1, 2)),
    "clickhouse": ((*QUERIES, "all"), (1, 2)),
    "duckdb": ((*QUERIES, "all"), (1, 2)),
    "polars": (("activity",), (1, 2)),
    "python": (("activity",), (1,)),
    "mrjob": (("activity",), (1,)),
    "jq": (("activity",), (1,)),
    "jaq": (("activity",), (1,)),
    "gzip": (("inflate",), (1,)),
    "libdeflate": (("inflate",), (1,)),
}
# Whoever needs longer than this, in seconds, runs once.
PATIENCE = 60


def command_of(peer, job, threads, out, options):
    """The command line of a peer's program (see peers/by_insights.sh)."""
    stem = f"{HERE}/peers/by_{peer}"
    program = [sys.executable, stem + ".py"] if os.path.exists(stem + ".py") else ["bash", stem + ".sh"]
    return [*program, job, str(threads), out, options.first, options.end, options.logs]


def run(command, log):
    """Runs it to its end: seconds of CPU and by the clock, and the memory of its largest process in MB."""
    with open(log, "wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as output:
            return {"failed": output.read()[-2000:]}
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss / 1000}


def rows_of(options, job, directory):
    """Compares what a peer made with what this repository's programs made: how many rows, and rows that only one has."""
    if job == "all":
        # Its rows are those of each job by itself.
        found = {query: rows_of(options, query, f"{directory}/{query}") for query in QUERIES}
        return sum(count for count, _ in found.values()), [f"{query}: {line}" for query, (_, lines) in found.items() for line in lines]
    reference, found = f"{options.work}/{job}.expected", f"{options.work}/{job}.found"
    if not os.path.exists(reference):
        count = compare.sorted_rows(directory, job, reference)
        return count, [] if count else ["there are no rows"]
    return compare.sorted_rows(directory, job, found), compare.differences(reference, found)


def measure(options, job, entries):
    """All runs of a job, interleaved: first, not counted, everybody once with a look at the rows."""
    for turn in range(options.runs + 1):
        for entry in entries:
            slow = max((figures["wall"] for figures in entry["runs"]), default=0) > PATIENCE
            if slow or "failed" in entry or (options.runs == 1 and turn == 1):
                continue
            out = f"{options.work}/out"
            os.mkdir(out)
            figures = run(command_of(entry["peer"], job, entry["threads"], out, options), f"{options.work}/log")
            if "failed" in figures:
                entry["failed"] = figures["failed"]
                print(f"{job}, {entry['peer']}: failed: {figures['failed']}", file=sys.stderr)
            elif turn == 0:
                entry["first"] = figures
                if options.runs == 1 or figures["wall"] > PATIENCE:
                    entry["runs"].append(figures)
                if job != "inflate":
                    entry["rows"], entry["wrong"] = rows_of(options, job, out)
                    for line in entry["wrong"]:
                        print(f"{job}, {entry['peer']}: wrong row: {line}", file=sys.stderr)
            else:
                entry["runs"].append(figures)
            shutil.rmtree(out)


def without_what_follows(options, entries):
    """The log jobs of `all` alone: what follows answers, which no peer does, is made again behind each run and taken away from its figures."""
    for entry in [entry for entry in entries if entry["peer"] == "insights" and "failed" not in entry]:
        alone = {**entry, "peer": "insights, log jobs alone", "runs": []}
        entries.append(alone)
        for _ in range(1 if entry["first"]["wall"] > PATIENCE else options.runs):
            out = f"{options.work}/out"
            os.mkdir(out)
            figures = {}
            for job in ("all", "behind-answers"):
                figures[job] = run(command_of("insights", job, entry["threads"], out, options), f"{options.work}/log")
                if "failed" in figures[job]:
                    alone["failed"] = figures[job]["failed"]
                    print(f"all without what follows answers, {job}: failed: {alone['failed']}", file=sys.stderr)
                    break
            shutil.rmtree(out)
            if "failed" in alone:
                break
            whole, behind = figures["all"], figures["behind-answers"]
            alone["runs"].append({**whole, "cpu": whole["cpu"] - behind["cpu"], "wall": whole["wall"] - behind["wall"]})


def versions():
    """What took part, by name."""
    from importlib import metadata

    found = {"python": platform.python_version()}
    for package in ("chdb", "chdb-core", "duckdb", "polars", "orjson", "mrjob"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    for name, path in (("jq", "jq"), ("jaq", os.environ.get("JAQ", "jaq"))):
        if shutil.which(path):
            found[name] = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return found


def main():
    """Measures, writes the figures, and fails if anybody failed or made other rows."""
    parser = argparse.ArgumentParser()
    for name in ("logs", "first", "end", "work", "peers", "jobs", "json"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, required=True)
    options = parser.parse_args()
    for job in options.jobs.split(","):
        if job not in ("inflate", *QUERIES, "all"):
            parser.error(f"there is no job {job}")
    peers = ["insights", *options.peers.split(","), "gzip", *(["libdeflate"] if shutil.which("libdeflate-gunzip") else [])]
    logs = [os.path.join(options.logs, name) for name in os.listdir(options.logs) if name.endswith(".gz")]
    processors = os.cpu_count() or 1
    # Of a single run only the rows matter, and they have to be right with all threads.
    entries = []
    for job in options.jobs.split(","):
        some = [
            {"job": job, "peer": peer, "threads": threads, "runs": []}
            for peer in peers
            for threads in PEERS[peer][1]
            if job in PEERS[peer][0] and threads <= processors and (options.runs > 1 or threads == PEERS[peer][1][-1])
        ]
        measure(options, job, some)
        if job == "all" and options.runs > 1:
            without_what_follows(options, some)
        entries += some
        # After each job, so that who stops it has what was measured so far.
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": versions(), "gzip": sum(map(os.path.getsize, logs)), "logs": options.logs, "entries": entries}, file, indent=1)
    return any("failed" in entry or entry.get("wrong") for entry in entries)


if __name__ == "__main__":
    sys.exit(main())
