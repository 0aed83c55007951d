"""Prints the figures of benches/measure.py as tables: medians, and ratios to this repository's programs.

    table.py FILE
"""

import json
import statistics
import sys


def medians(entry):
    """CPU and clock seconds and MB: medians of the counted runs, and how far the CPU's runs lie apart."""
    columns = {name: [figures[name] for figures in entry["runs"]] for name in ("cpu", "wall", "memory")}
    spread = (max(columns["cpu"]) - min(columns["cpu"])) / statistics.median(columns["cpu"])
    return [statistics.median(columns[name]) for name in ("cpu", "wall", "memory")], spread


def state(entry):
    """Whether its rows are those of the others."""
    if "rows" not in entry:
        return "–"
    return "WRONG" if entry["wrong"] else str(entry["rows"])


def main(path):
    """Prints a table for each job."""
    with open(path, encoding="utf-8") as file:
        measured = json.load(file)
    print("Versions: " + ", ".join(f"{name} {version}" for name, version in measured["versions"].items()))
    print(f"Logs: {measured['gzip'] / 1e6:.1f} MB of gzip")
    for job in dict.fromkeys(entry["job"] for entry in measured["entries"]):
        entries = [entry for entry in measured["entries"] if entry["job"] == job]
        base = {entry["threads"]: medians(entry)[0] for entry in entries if entry["peer"] == "insights" and entry["runs"]}
        print(f"\n| {job} | threads | CPU s | s | MB | its CPU : ours | its time : ours | runs, spread | rows |\n|---|---|---|---|---|---|---|---|---|")
        for entry in entries:
            if not entry["runs"]:
                print(f"| {entry['peer']} | {entry['threads']} | failed | | | | | | |")
                continue
            (cpu, wall, memory), spread = medians(entry)
            ours = base.get(entry["threads"])
            ratios = f"{cpu / ours[0]:.2f} | {wall / ours[1]:.2f}" if ours else "– | –"
            runs = f"{len(entry['runs'])}, {spread:.0%}"
            print(f"| {entry['peer']} | {entry['threads']} | {cpu:.2f} | {wall:.2f} | {memory:.0f} | {ratios} | {runs} | {state(entry)} |")


if __name__ == "__main__":
    main(sys.argv[1])
