# shellcheck shell=bash
# The step's logs: EMR copies them from the master to S3 every few minutes.

shown_lines=40

clear_logs() {
    if rm -rf "$workspace/logs" && mkdir -p "$workspace/logs"; then return 0; fi
    fail_setting "the logs cannot be written to $workspace/logs: set WORKSPACE to a directory of yours."
}

# collect_logs: waits for the step's logs, at most EMR_LOG_WAIT_SECONDS, and unpacks them into $workspace/logs.
collect_logs() {
    local until=$((SECONDS + EMR_LOG_WAIT_SECONDS)) place=${log_uri}$cluster/steps/$step/
    while ! { fetch_logs && has_ended_log; }; do
        if ! may_come; then
            say "the logs of the step cannot be fetched from $place (emr/iam/launcher.json has the rights for it): $log_refusal"
            return 0
        fi
        if [ $SECONDS -ge $until ]; then
            say "not all logs of the step came within $EMR_LOG_WAIT_SECONDS seconds; later ones will be in $place${log_refusal:+ ($log_refusal)}"
            return 0
        fi
        progress "waiting for the logs of the step"
        nap "$poll_seconds"
    done
    # The controller's log may come before the others of the same round.
    nap "$poll_seconds"
    fetch_logs || say "the last logs of the step could not be fetched from $place: $log_refusal"
}

# may_come: whether logs may be there at another look: nothing was refused, or it was for a moment, or a log was replaced while it
# was read.
may_come() {
    [ -z "$log_refusal" ] || is_passing || [[ $log_refusal =~ NoSuchKey|PreconditionFailed|\((404|412)\) ]]
}

# fetch_logs: what is there so far; $log_refusal tells why it fails.
fetch_logs() {
    local file
    log_refusal=''
    mkdir -p "$work/logs"
    ask s3 cp --recursive --only-show-errors "${log_uri}$cluster/steps/$step/" "$work/logs/" || log_refusal=$refusal
    for file in "$work/logs"/*; do
        [ -f "$file" ] || continue
        case $file in
        *.gz) gzip -dc "$file" >"$workspace/logs/$(basename "$file" .gz)" 2>/dev/null || true ;;
        *) cp "$file" "$workspace/logs/" ;;
        esac
    done
    [ -z "$log_refusal" ]
}

# has_ended_log: whether the controller's log tells the end of the step. While a step runs its logs are copied, too.
has_ended_log() {
    grep -Eqs 'exit(Code| code|ing with ret)' "$workspace/logs/controller"
}

show_logs() {
    local name
    end_progress
    for name in controller stdout stderr; do
        [ -s "$workspace/logs/$name" ] || continue
        echo "--- last lines of $name" >&2
        tail -n "$shown_lines" "$workspace/logs/$name" >&2
    done
}
