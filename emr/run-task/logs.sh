# shellcheck shell=bash
# The step's logs: EMR copies them from the master to S3 every few minutes.

shown_lines=40

clear_logs() {
    if rm -rf "$workspace/logs" && mkdir -p "$workspace/logs"; then return 0; fi
    fail_setting "the logs cannot be written to $workspace/logs: set WORKSPACE to a directory of yours."
}

# collect_logs: waits for the step's logs, at most EMR_LOG_WAIT_SECONDS, and unpacks them into $workspace/logs.
collect_logs() {
    local until=$((SECONDS + EMR_LOG_WAIT_SECONDS))
    while :; do
        fetch_logs && has_ended_log && break
        if [ $SECONDS -ge $until ]; then
            say "not all logs of the step came within $EMR_LOG_WAIT_SECONDS seconds; later ones will be in ${log_uri}$cluster/steps/$step/"
            return 0
        fi
        progress "waiting for the logs of the step"
        nap "$poll_seconds"
    done
    # The controller's log may come before the others of the same round.
    nap "$poll_seconds"
    fetch_logs || true
}

fetch_logs() {
    local file
    mkdir -p "$work/logs"
    ask s3 cp --recursive --only-show-errors "${log_uri}$cluster/steps/$step/" "$work/logs/" || return 1
    for file in "$work/logs"/*; do
        [ -f "$file" ] || continue
        case $file in
        *.gz) gzip -dc "$file" >"$workspace/logs/$(basename "$file" .gz)" 2>/dev/null || true ;;
        *) cp "$file" "$workspace/logs/" ;;
        esac
    done
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
