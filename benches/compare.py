"""Whether two peers made the same rows.

    compare.py EXPECTED FOUND JOB

Rows are the lines of all files below a directory but hidden ones and those that begin with an underscore, in any order.
"""

import json
import os
import subprocess
import sys

# Columns with decimal fractions, which everybody writes in another way. Rules 06, 4.4: twelve digits count.
FRACTIONS = {"video": (3, 5, 6)}
# What ours tells of an answer in one JSON object has a column each of the peers: plain text, then JSON of what may be a list or have TABs.
PLAIN = ("attempt_category", "correct", "input_type", "response_type", "problem_id", "grade", "max_grade")
JSON = ("answer_value_id", "answer", "variant", "question", "answer_correct_map", "problem_display_name")
NULL = b"\\N"


def lines_of(directory, job):
    """All rows below the directory."""
    for path, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if name[0] not in "._"]
        for name in names:
            if name[0] not in "._":
                with open(os.path.join(path, name), "rb") as rows:
                    yield from (leveled(row.rstrip(b"\n"), job) for row in rows)


def leveled(row, job):
    """The row with its fractions and its JSON in one form."""
    columns = row.split(b"\t")
    if job == "answers":
        columns = answer_of_ours(*columns) if len(columns) == 4 else answer_of_peer(columns)
    for index in FRACTIONS.get(job, ()):
        columns[index] = b"%.12g" % float(columns[index])
    return b"\t".join(columns)


def answer_of_ours(course, part, time, told):
    """A column for each member. Rules 02, 3.1: a fraction of the time that is zero is left out; logs have it."""
    members = json.loads(told)
    plain = [value.encode() if isinstance(value, str) else spelled(value) for value in map(members.get, PLAIN)]
    return [course, part, time if b"." in time else time + b".000000", *plain, *(spelled(members.get(name)) for name in JSON)]


def answer_of_peer(columns):
    """Its columns, those of JSON spelled as ours."""
    plain, values = columns[: -len(JSON)], columns[-len(JSON) :]
    return [*plain, *(NULL if value == NULL else spelled(json.loads(value)) for value in values)]


def spelled(value):
    """JSON in one spelling; missing and null are the same to SQL."""
    return NULL if value is None else json.dumps(value, sort_keys=True).encode()


def sorted_rows(directory, job, target):
    """Sorts the rows into the file and returns how many there are; a site's rows need not fit into memory."""
    count = 0
    with open(target, "wb") as file:
        sort = subprocess.Popen(["sort"], env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.PIPE, stdout=file)
        for row in lines_of(directory, job):
            sort.stdin.write(row + b"\n")
            count += 1
        sort.stdin.close()
        if sort.wait() != 0:
            raise RuntimeError("sort failed")
    return count


def differences(expected, found, limit=3):
    """The first rows of two sorted files that only one has, as `diff` shows them."""
    shown = subprocess.run(["diff", expected, found], stdout=subprocess.PIPE, check=False)
    return [line for line in shown.stdout.decode("utf-8", "replace").splitlines() if line[:1] in "<>"][:limit]


if __name__ == "__main__":
    _, expected, found, job = sys.argv
    sorted_rows(expected, job, expected + ".sorted")
    sorted_rows(found, job, found + ".sorted")
    lines = differences(expected + ".sorted", found + ".sorted")
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))
