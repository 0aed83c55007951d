# shellcheck shell=bash
# Settings of run-task.sh: what the environment says, checked before anything costs money.

fail_setting() {
    say "$*"
    exit 2
}

# Variables of the old run-automated-task.sh that have nothing to act on any more.
note_old_variables() {
    local name
    for name in TASKS_REPO TASKS_BRANCH TASK_USER VIRTUALENV_EXTRA_ARGS PYTHON_VERSION SECURE_REPO SECURE_BRANCH EXTRA_VARS; do
        [ -z "${!name:-}" ] || say "$name has no meaning any more and is not used (see emr/README.md)."
    done
}

# needs NAME WHAT: notes that a variable is missing.
needs() {
    [ -n "${!1:-}" ] || missing+="
  $1   $2"
}

# s3_location NAME: ends the script unless the variable is empty or an S3 location.
s3_location() {
    case ${!1:-} in
    '' | s3://?*/?*) ;;
    *) fail_setting "$1 must be an S3 location such as s3://bucket/path, not \"${!1}\": copy the file there with aws s3 cp." ;;
    esac
}

# whole_number NAME: ends the script unless the variable is a whole number. Zeros in front of it, which bash takes for octal, are
# removed; nine digits are more than anything here needs, and no sum of them overflows.
whole_number() {
    [[ ${!1} =~ ^0*([0-9]{1,9})$ ]] || fail_setting "$1 must be a whole number of at most nine digits, not \"${!1}\"."
    printf -v "$1" %s "${BASH_REMATCH[1]}"
}

# seconds NAME: ends the script unless the variable is a number of seconds above 0, with decimals or without.
seconds() {
    [[ ${!1} =~ ^[0-9]{1,9}(\.[0-9]{1,9})?$ && ${!1} =~ [1-9] ]] ||
        fail_setting "$1 must be a number of seconds above 0, not \"${!1}\"."
}

# read_ids NAME KIND: the ids in the variable, separated by commas or blanks, in the array $ids.
read_ids() {
    local id
    IFS=$', \t\n' read -rd '' -a ids <<<"${!1:-}" || true
    for id in ${ids[@]+"${ids[@]}"}; do
        [[ $id =~ ^$2-[A-Za-z0-9]+$ ]] || fail_setting "$1 must have ids such as $2-11111111,$2-22222222, not \"$id\"."
    done
}

choose_region() {
    # Version 1 of the AWS CLI reads only AWS_DEFAULT_REGION, version 2 prefers AWS_REGION.
    local region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
    [ -n "$region" ] || region=$(aws configure get region 2>/dev/null) || region=''
    export AWS_REGION=${region:-us-east-1}
    export AWS_DEFAULT_REGION=$AWS_REGION
}

read_settings() {
    [ $# -gt 0 ] || fail_setting "usage: emr/run-task.sh TASK OPTIONS... (tasks are shown by: insights list)"
    case $1 in
    -*) fail_setting "the task comes first, then its options: emr/run-task.sh TASK OPTIONS..., not $1." ;;
    esac
    command -v aws >/dev/null || fail_setting "the AWS CLI (aws) is not installed, or not on the PATH."

    missing=''
    needs EMR_PACKAGE "the archive of emr/package.sh: s3://bucket/path/insights.tar.gz, with install.sh beside it"
    needs EMR_LOG_URI "where EMR puts logs: s3://bucket/path/"
    needs EMR_SUBNETS "private subnets of one VPC, separated by commas: subnet-…,subnet-…"
    needs EMR_SERVICE_ROLE "name or ARN of the role of the EMR service"
    needs EMR_INSTANCE_PROFILE "name or ARN of the instance profile of the nodes"
    [ -z "$missing" ] || fail_setting "set and export these variables first; emr/README.md says how to make what they name:$missing"

    cluster_name=${CLUSTER_NAME:-ETL}
    [[ $cluster_name =~ ^[A-Za-z0-9\ ._-]{1,200}$ ]] ||
        fail_setting "CLUSTER_NAME may have letters, digits, blanks, and . _ - only, at most 200 of them."
    # Only this one word keeps a cluster: a misspelt one must not cost money.
    [ "${TERMINATE:-true}" != false ] || terminate=false
    # Not the current directory itself: the directory logs of the workspace is emptied, and somebody may have one of that name.
    workspace=${WORKSPACE:-$PWD/insights-emr}
    release=${EMR_RELEASE:-emr-7.14.0}
    template=${EMR_TEMPLATE:-$here/cluster}
    log_uri=${EMR_LOG_URI%/}/
    for name in instance-fleets configurations auto-termination-policy; do
        [ -r "$template/$name.json" ] || fail_setting "EMR_TEMPLATE has no file $name.json: $template"
    done
    for name in EMR_PACKAGE OVERRIDE_CONFIG SECURE_CONFIG; do s3_location "$name"; done
    [[ $log_uri == s3://?* ]] || fail_setting "EMR_LOG_URI must be an S3 location such as s3://bucket/logs/, not \"$EMR_LOG_URI\"."

    for name in EMR_PACKAGE EMR_PACKAGE_SHA256 EMR_LOG_URI EMR_SERVICE_ROLE EMR_INSTANCE_PROFILE EMR_SECURITY_CONFIGURATION \
        OVERRIDE_CONFIG SECURE_CONFIG; do
        json_string "${!name:-}" || fail_setting "$name is not valid UTF-8."
    done
    read_ids EMR_SUBNETS subnet
    subnets=(${ids[@]+"${ids[@]}"})
    [ ${#subnets[@]} -gt 0 ] || fail_setting "EMR_SUBNETS names no subnet."
    read_ids EMR_SECURITY_GROUPS sg
    security_groups=(${ids[@]+"${ids[@]}"})

    EMR_POLL_SECONDS=${EMR_POLL_SECONDS:-30}
    seconds EMR_POLL_SECONDS
    poll_seconds=$EMR_POLL_SECONDS
    EMR_RETRY_SECONDS=${EMR_RETRY_SECONDS:-2}
    EMR_LOG_WAIT_SECONDS=${EMR_LOG_WAIT_SECONDS:-600}
    EMR_START_SECONDS=${EMR_START_SECONDS:-3600}
    for name in EMR_RETRY_SECONDS EMR_LOG_WAIT_SECONDS EMR_START_SECONDS; do whole_number "$name"; done
    [ -z "${NUM_REDUCE_TASKS:-}" ] || whole_number NUM_REDUCE_TASKS
    describe_step "$@"
    note_old_variables
    choose_region
    # Version 2 of the AWS CLI shows answers in a pager.
    export AWS_PAGER=''
}
