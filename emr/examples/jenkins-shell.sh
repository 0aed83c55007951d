#!/usr/bin/env bash
# The shell step of an old Jenkins job, which had called run-automated-task.sh: the same variables, and the EMR ones beside them.
# Jenkins sets WORKSPACE; the others are parameters of the job.
set -eu
export CLUSTER_NAME=${CLUSTER_NAME:-insights-weekly}
export TERMINATE=${TERMINATE:-true}
export EMR_PACKAGE=s3://INSIGHTS-BUCKET/package/insights.tar.gz
export EMR_LOG_URI=s3://INSIGHTS-BUCKET/emr-logs/
export EMR_SUBNETS=subnet-11111111
export EMR_SERVICE_ROLE=insights-emr
export EMR_INSTANCE_PROFILE=insights-nodes
export SECURE_CONFIG=s3://INSIGHTS-BUCKET/config/insights.cfg

# Lists keep their quotes: nothing between here and the driver takes them away any more.
exec "$WORKSPACE/emr/run-task.sh" AnswerDistributionWorkflow --local-scheduler \
    --src '["s3://LOGS-BUCKET/tracking/"]' --include '["*tracking.log*.gz"]' \
    --dest s3://INSIGHTS-BUCKET/warehouse/answer_dist/ --name "answers-$(date -u +%F)" \
    --output-root s3://INSIGHTS-BUCKET/warehouse/answer_dist_csv/ --marker s3://INSIGHTS-BUCKET/warehouse/answer_dist_marker/
