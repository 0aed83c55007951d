# shellcheck shell=bash
# shellcheck disable=SC2154 # work, the directory of the run
# The queue of a run: checks and test programs, so many at a time, the longest first; tests/run.sh sources it.
#
# A check passes by its exit code. A test program is counted by the results that it prints; without any it has crashed.

queue=()
declare -A kind command_of needed
passed=0
failed=0
running=0
# While one waits for its server another one computes.
slots=$(($(nproc) + 1))
# How long each took the last time: NAME SECONDS. Where there was no last time, those count of a machine of two cores that had nothing yet.
durations=${CARGO_TARGET_DIR:-target}/test-durations
usual_durations=tests/run/durations

# enqueue KIND NAME NEEDS COMMAND: KIND is check or program, NEEDS a list of servers, COMMAND a line of the shell.
enqueue() {
    queue+=("$2")
    kind[$2]=$1 needed[$2]=$3 command_of[$2]=$4
}

# The queue as NAME per line: as long as the last time; unknown ones by the number of their servers.
longest_first() {
    local name servers seconds
    for name in "${queue[@]}"; do
        servers=$(wc -w <<<"${needed[$name]}")
        seconds=$(cat "$durations" $usual_durations 2>/dev/null | awk -v name="$name" '$1 == name { print $2; exit }')
        echo "${seconds:-$((servers * 60))} $name"
    done | sort -k1,1nr -s | cut -d' ' -f2
}

# launch NAME: in the background; it leaves status, seconds and seconds of processors in $work/ended/NAME.
launch() {
    echo "-- $1" >&2
    (
        # shellcheck disable=SC2086 # a list
        export_values ${needed[$1]}
        TIMEFORMAT='%0R %U %S'
        # shellcheck disable=SC2024 # the times go to another file than what the command says
        { time timeout --kill-after=10 2400 bash -c "${command_of[$1]}" >"$work/logs/$1" 2>&1 </dev/null; } 2>"$work/$1.times"
        status=$?
        awk -v status="$status" '{ printf "%d %d %.0f\n", status, $1, $2 + $3 }' "$work/$1.times" >"$work/$1.ending"
        mv "$work/$1.ending" "$work/ended/$1"
    ) &
    running=$((running + 1))
}

# count NAME STATUS: sets ok and bad.
count() {
    ok=0 bad=0 results=0
    while read -r more_ok more_bad; do
        ok=$((ok + more_ok)) bad=$((bad + more_bad)) results=$((results + 1))
    done < <(sed -nE 's/^(test result: .*\. |conformance: )([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$work/logs/$1")
    if [ "${kind[$1]}" = check ] && [ $results -eq 0 ]; then
        [ "$2" -eq 0 ] && ok=1 || bad=1
    elif [ $results -eq 0 ] || { [ "$2" -ne 0 ] && [ $bad -eq 0 ]; }; then
        bad=$((bad + 1))
        [ "$2" -ne 124 ] || echo "$1 did not end within 40 minutes." >>"$work/logs/$1"
    fi
}

# settle NAME STATUS SECONDS CPU: counts and tells.
settle() {
    count "$1" "$2"
    passed=$((passed + ok)) failed=$((failed + bad))
    echo "$3 $4 $ok $bad $1" >>"$work/table"
    if [ $bad -gt 0 ] || [ "${show_logs:-}" ]; then cat "$work/logs/$1"; fi
    [ $bad -eq 0 ] || echo "FAILED: $1 (exit code $2)"
    echo "$1: $ok passed, $bad failed, $3 s"
}

# fail NAME REASON: something that could not even be started.
fail() {
    failed=$((failed + 1))
    echo "0 0 0 1 $1" >>"$work/table"
    echo "FAILED: $1: $2"
}

# stop_running: ends what an interrupted run left.
stop_running() {
    local job
    for job in $(jobs -p); do
        # shellcheck disable=SC2046 # one number per word
        kill $(ps -o pid= --ppid "$job") "$job" 2>/dev/null
    done
}

# advance: starts what has a slot and its servers, and counts what has ended.
advance() {
    local left=() name ended status seconds cpu
    for name in "${queue[@]}"; do
        # shellcheck disable=SC2086 # lists
        if is_refused ${needed[$name]}; then
            fail "$name" "not run, since $(refusals ${needed[$name]})"
        elif [ $running -lt "$slots" ] && is_provided ${needed[$name]}; then
            launch "$name"
        else
            left+=("$name")
        fi
    done
    queue=("${left[@]}")
    for ended in "$work"/ended/*; do
        [ -e "$ended" ] || continue
        read -r status seconds cpu <"$ended"
        rm "$ended"
        running=$((running - 1))
        settle "$(basename "$ended")" "$status" "$seconds" "$cpu"
    done
}

# run_queue: until all has ended.
run_queue() {
    mkdir -p "$work/logs" "$work/ended"
    mapfile -t queue < <(longest_first)
    advance
    while [ ${#queue[@]} -gt 0 ] || [ $running -gt 0 ]; do
        wait -n
        advance
        # What has ended made room.
        advance
    done
}

# table: what took longest, and remembers it. CPU is of the program and what it ran, without the servers.
table() {
    touch "$work/table"
    sort -k1,1nr "$work/table" >"$work/sorted"
    printf '%9s %8s %8s %8s  %s\n' Seconds CPU Passed Failed Program
    while read -r seconds cpu ok bad name; do
        printf '%9s %8s %8s %8s  %s\n' "$seconds" "$cpu" "$ok" "$bad" "$name"
    done <"$work/sorted"
    {
        awk '$1 > 0 { print $5, $1 }' "$work/sorted"
        cat "$durations" 2>/dev/null
    } | awk 'NF == 2 && !seen[$1]++' >"$work/durations"
    mv "$work/durations" "$durations"
}
