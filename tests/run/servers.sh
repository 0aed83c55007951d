# shellcheck shell=bash
# shellcheck disable=SC2154 # work, the directory of the run
# Servers and tools of test programs, started in the background; tests/run.sh sources it. $work is the directory of the run.

# provide NAME: starts a server or installs a tool, and prints the lines NAME=VALUE that test programs read.
provide() {
    case $1 in
    chromium | shells) ;; # found by their names
    axe-core) tests/servers/axe_core.sh ;;
    analysis-python) tests/servers/analysis_python.sh ;;
    hadoop-local) tests/servers/hadoop.sh local "$work/$1" ;;
    *) "tests/servers/$1.sh" start "$work/$1" ;;
    esac
}

# start_providing NAME...: in the background; see is_provided and is_refused.
start_providing() {
    local name
    mkdir -p "$work/provided" "$work/refused"
    for name in "$@"; do
        (
            if provide "$name" >"$work/$name.values" 2>"$work/$name.errors"; then
                mv "$work/$name.values" "$work/provided/$name"
            else
                mv "$work/$name.errors" "$work/refused/$name"
            fi
        ) &
    done
}

# is_provided NAME...: whether all of these are there.
is_provided() {
    local name
    for name in "$@"; do [ -e "$work/provided/$name" ] || return 1; done
}

# is_refused NAME...: whether one of these did not start.
is_refused() {
    local name
    for name in "$@"; do [ ! -e "$work/refused/$name" ] || return 0; done
    return 1
}

# refusals NAME...: what those said that did not start.
refusals() {
    local name
    for name in "$@"; do
        [ ! -e "$work/refused/$name" ] || echo "$name did not start: $(cat "$work/refused/$name")"
    done
}

# export_values NAME...: into the environment.
export_values() {
    local name line
    for name in "$@"; do
        while IFS= read -r line; do export "${line?}"; done <"$work/provided/$name"
    done
}

stop_servers() {
    for server in mariadb elasticsearch opensearch hadoop s3 emr; do
        [ ! -d "$work/$server" ] || "tests/servers/$server.sh" stop "$work/$server" &
    done
    wait
}
