#!/usr/bin/env bash
# Runs one task on an EMR cluster of its own: creates the cluster, runs the driver on its master as a step, waits, fetches the
# step's logs, and terminates the cluster whatever the outcome.
#
#   emr/run-task.sh TASK OPTIONS...     for example: emr/run-task.sh InsertToMysqlCourseActivityTask --weeks 24
#
# Settings are environment variables; emr/README.md lists them. Needs the AWS CLI (version 1 or 2) and credentials that it finds.
# Exit codes: 0 done, 30 the step failed (2, 10 or 20 if the driver ended so), 40 the cluster, AWS or this script failed, or the
# cluster is not surely terminated, 2 a setting or an option is wrong, 129, 130 or 143 interrupted.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=emr/run-task/settings.sh
. "$here/run-task/settings.sh"
# shellcheck source=emr/run-task/api.sh
. "$here/run-task/api.sh"
# shellcheck source=emr/run-task/json.sh
. "$here/run-task/json.sh"
# shellcheck source=emr/run-task/cluster.sh
. "$here/run-task/cluster.sh"
# shellcheck source=emr/run-task/step.sh
. "$here/run-task/step.sh"
# shellcheck source=emr/run-task/logs.sh
. "$here/run-task/logs.sh"

cluster=''      # its id, as soon as it is known
creations=0     # requests that may have created a cluster
step=''
succeeded=false # whether the step did
started=$SECONDS

say() {
    end_progress
    echo "run-task: $*" >&2
}

# progress TEXT: shows it in place on a terminal; elsewhere every new text is a line.
progress() {
    if [ -t 2 ]; then
        printf '\r\033[K%s, %d min' "$1" $(((SECONDS - started) / 60)) >&2
        progress_shown=true
    elif [ "$1" != "${progress_text:-}" ]; then
        echo "run-task: $1" >&2
    fi
    progress_text=$1
}

end_progress() {
    [ "${progress_shown:-false}" = false ] || echo >&2
    progress_shown=false
}

fail_infrastructure() {
    say "$*"
    exit 40
}

interrupted() {
    say "interrupted by $1."
    exit "$2"
}

# finish: what happens at every exit. Nothing may interrupt it; every wait in it is bounded.
finish() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    end_progress
    case $status in
    2 | 10 | 20 | 30 | 129 | 130 | 143) ;;
    *) if [ "$succeeded" = true ]; then status=0; else status=40; fi ;;
    esac
    [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null
    if [ "$creations" -gt 0 ]; then
        # A request that is under way may be the one that creates the cluster.
        await_request
        [[ -n $cluster || $answer != j-* ]] || cluster=$answer
        if [ "$terminate" = false ]; then
            tell_of_kept_cluster
        elif ! (terminate_clusters); then
            # In a shell of its own, so that an error of the shell in there ends up here and not at the end of everything.
            tell_of_uncertain_cluster
            status=40
        fi
    fi
    [ -z "$work" ] || rm -rf "$work"
    exit "$status"
}

# Before anything that could need it. A reader that has gone away must not kill the script in the middle of it all, either.
work=''
terminate=true
trap '' PIPE
trap finish EXIT
trap 'interrupted SIGINT 130' INT
trap 'interrupted SIGTERM 143' TERM
trap 'interrupted SIGHUP 129' HUP

main() {
    read_settings "$@"
    work=$(mktemp -d) || fail_infrastructure "no temporary directory could be made."
    clear_logs
    # Nobody but this run has this text in the name of a cluster: a cluster whose id was lost is found by it.
    run=run-$(date -u +%Y%m%dT%H%M%SZ)-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')

    provision
    run_step
    await_step
    collect_logs
    tell_result
}

main "$@"
[ "$succeeded" = true ] || say "this script itself failed; see above."
# Not 0, whatever happened: only finish says that all went well, when it has come to its end.
(exit 40)
