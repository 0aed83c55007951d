"""Polars, lazily. JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import os
import sys

_, _, threads, out, first, end, logs = sys.argv
os.environ["POLARS_MAX_THREADS"] = threads

import polars as pl  # noqa: E402

COLUMNS = {
    "event_type": pl.String,
    "event_source": pl.String,
    "time": pl.String,
    "page": pl.String,
    "context": pl.Struct({"user_id": pl.Int64, "course_id": pl.String}),
}
kind, source = pl.col("event_type"), pl.col("event_source")
course = pl.col("context").struct.field("course_id")
url = pl.when(source == "server").then(kind).when(source == "browser").then(pl.col("page"))
of_block = url.str.extract("/xblock/block-v1:([^/+]+[+][^/+]+[+][^/+?#]+)")
of_path = url.str.extract("/courses/([^/+]+[/+][^/+]+[/+][^/?]+)")
forum = (source == "server") & kind.str.starts_with("edx.forum.") & kind.str.ends_with(".created")

(
    pl.scan_ndjson(f"{logs}/*.gz", schema=COLUMNS)
    .filter(pl.col("time") >= first, pl.col("time") < end, source != "task", ~kind.str.starts_with("edx.course.enrollment."))
    .select(
        pl.col("context").struct.field("user_id"),
        pl.when(course != "").then(course).otherwise(pl.coalesce("course-v1:" + of_block, of_path)).alias("course"),
        pl.col("time").str.head(10).alias("day"),
        pl.concat_list(
            pl.lit("ACTIVE"),
            pl.when((source == "server") & (kind == "problem_check")).then(pl.lit("ATTEMPTED_PROBLEM")),
            pl.when(forum).then(pl.lit("POSTED_FORUM")),
            pl.when(source.is_in(["browser", "mobile"]) & (kind == "play_video")).then(pl.lit("PLAYED_VIDEO")),
        ).alias("label"),
    )
    .explode("label")
    .drop_nulls(["course", "label"])
    .group_by("user_id", "course", "day", "label")
    .len()
    .collect(engine="streaming")
    .write_csv(f"{out}/rows", separator="\t", include_header=False, quote_style="never")
)
