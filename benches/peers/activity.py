"""What a line means for the job `activity`, for the peers in Python (rules 05, 3)."""

import re

import orjson

BLOCK_IN_URL = re.compile(r"/xblock/block-v1:([^/+]+[+][^/+]+[+][^/+?#]+)")
COURSE_IN_URL = re.compile(r"/courses/([^/+]+[/+][^/+]+[/+][^/?]+)")


def labels_of(line, first, end):
    """The tuples (user, course, day, label) of a line."""
    event = orjson.loads(line)
    day = event["time"][:10]
    kind, source, context = event["event_type"], event["event_source"], event["context"]
    if not first <= day < end or source == "task" or kind.startswith("edx.course.enrollment."):
        return
    course = context.get("course_id")
    if not course:
        url = kind if source == "server" else event.get("page") if source == "browser" else None
        block = BLOCK_IN_URL.search(url or "")
        found = block or COURSE_IN_URL.search(url or "")
        if not found:
            return
        course = ("course-v1:" if block else "") + found.group(1)
    user = context["user_id"]
    yield user, course, day, "ACTIVE"
    if source == "server":
        if kind == "problem_check":
            yield user, course, day, "ATTEMPTED_PROBLEM"
        elif kind.startswith("edx.forum.") and kind.endswith(".created"):
            yield user, course, day, "POSTED_FORUM"
    elif kind == "play_video":
        yield user, course, day, "PLAYED_VIDEO"
