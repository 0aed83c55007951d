#!/usr/bin/env bash
# Runs the tests and closes with the line "N passed, N failed", below a table of what took longest.
#
#   tests/run.sh                  all: checks of the sources, unit tests, the test programs with the servers that they need
#   tests/run.sh --quick          what needs no server
#   tests/run.sh --load           the load tests, which measure a release build, its demo, 200 kills, and 40 days; prints their figures
#   tests/run.sh --only NAME...   these: test programs by their names, unit, doc, demo, bench, or checks (format, clippy, scripts, policy)
#
# What the tests need and is not there is installed from the distribution's packages. A test program names its servers in a line
# `// needs: SERVER...`; one with `except with QUICK=1` in it can do without them if that variable is set, and is quick then.
set -u
cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/run/packages.sh
. tests/run/packages.sh
# shellcheck source=tests/run/servers.sh
. tests/run/servers.sh
# shellcheck source=tests/run/queue.sh
. tests/run/queue.sh

usage() {
    sed -n '4,7s/^#   //p' tests/run.sh >&2
    exit 2
}

mode=all
only=()
while [ $# -gt 0 ]; do
    case $1 in
    --quick) mode=quick ;;
    --load) mode=load ;;
    --only)
        [ $# -gt 1 ] || usage
        shift
        while [ $# -gt 0 ] && [[ $1 != --* ]]; do only+=("$1") && shift; done
        continue
        ;;
    *) usage ;;
    esac
    shift
done

# wanted NAME: whether the command line asks for it.
wanted() {
    [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

programs=()
for source in tests/*.rs tests/*/main.rs; do
    program=${source#tests/}
    program=${program%/main.rs}
    programs+=("${program%.rs}")
done
others=(format clippy scripts policy unit doc demo bench)
for name in "${only[@]}"; do
    [[ " ${programs[*]} ${others[*]} " == *" $name "* ]] || { echo "$0: there is no $name; there are: ${others[*]} ${programs[*]}" >&2; usage; }
done

# needs_of PROGRAM: its servers, of the line in its source.
needs_of() {
    needs=$(cat "tests/$1.rs" "tests/$1/main.rs" 2>/dev/null | sed -n 's|^// needs: *||p')
    [ $mode = quick ] && [[ $needs == *"except with QUICK=1"* ]] && return
    echo "${needs%, except*}" | tr -d ,
}

# is_chosen PROGRAM: whether it runs in this mode.
is_chosen() {
    wanted "$1" || return 1
    case $mode in
    load) [[ $1 == load || $1 == kills || $1 == site_over_weeks ]] ;;
    quick) [[ $1 != load ]] && [ -z "$(needs_of "$1")" ] ;;
    *) [[ $1 != load ]] ;;
    esac
}

chosen=()
servers=()
for program in "${programs[@]}"; do
    is_chosen "$program" || continue
    chosen+=("$program")
    for server in $(needs_of "$program"); do
        [[ " ${servers[*]} " == *" $server "* ]] || servers+=("$server")
    done
done

if [ $mode = all ] && wanted bench && [[ " ${servers[*]} " != *" analysis-python "* ]]; then servers+=(analysis-python); fi

needs shellcheck shellcheck
needs python3 python3
needs_for "${servers[@]}"
install_missing

work=$(mktemp -d)
cleanup() {
    stop_running
    stop_servers
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
start_providing "${servers[@]}"

# Where all is compiled anyway, clippy's own compiler does it, and the check clippy only looks whether that warned: by itself it would go through all
# crates once more, which takes minutes. That compiler leaves out some optimizations, of which a build for tests has hardly any.
lints_as_it_compiles=
if [ $mode = all ] && [ ${#only[@]} -eq 0 ] && clippy-driver --version >/dev/null 2>&1; then
    RUSTC_WORKSPACE_WRAPPER=$(command -v clippy-driver)
    export RUSTC_WORKSPACE_WRAPPER
    lints_as_it_compiles=1
fi

# compile CARGO_ARGUMENT...: adds "NAME PATH" of each executable to $work/executables, and what the compiler said to $work/said.
compile() {
    cargo "$@" --quiet --message-format=json >"$work/compiled.json"
    status=$?
    python3 tests/run/compiled.py "$work/said" <"$work/compiled.json" >>"$work/executables"
    return $status
}

# build: all programs and examples, and what is chosen, also if some of it does not compile.
build() {
    targets=()
    for program in "${chosen[@]}"; do targets+=(--test "$program"); done
    [ -z "$lints_as_it_compiles" ] || targets+=(--test load)
    compile build --bins --examples &&
        { [ ${#targets[@]} -eq 0 ] || compile build --keep-going "${targets[@]}"; } &&
        { [ $mode = load ] || ! wanted unit || compile test --no-run --lib; }
}

# executable PROGRAM: its path, if it was built.
executable() {
    awk -v name="$1" '$1 == name { path = $2 } END { print path }' "$work/executables"
}
started=$SECONDS
if build; then echo "Built in $((SECONDS - started)) s" >&2; else fail build "not all of it compiles"; fi

insights=$(executable bin:insights)
if [ $mode = load ]; then
    cargo build --release --quiet --bin insights || fail build "the release build does not compile"
    insights=${CARGO_TARGET_DIR:-target}/release/insights
    export INSIGHTS_BINARY=$insights
    options='--ignored --nocapture --test-threads=1'
    show_logs=1
    slots=1
    enqueue check demo '' "$insights demo --directory $work/demo"
else
    options=--quiet
    [ $mode = all ] || export QUICK=1
    for check in "${others[@]}"; do
        wanted "$check" || continue
        case $check in
        format) enqueue check format '' 'cargo fmt --check' ;;
        clippy)
            if [ "$lints_as_it_compiles" ]; then
                enqueue check clippy '' "cat $work/said && [ ! -s $work/said ]"
            else
                enqueue check clippy '' 'cargo clippy --quiet --all-targets -- -D warnings'
            fi
            ;;
        scripts) enqueue check scripts '' tests/run/scripts.sh ;;
        policy) enqueue check policy '' tests/run/policy.sh ;;
        doc) enqueue program doc '' 'cargo test --doc --quiet' ;;
        unit) chosen+=(unit) ;;
        # A tenth of what it makes by itself, for this build is slow.
        demo) enqueue check demo '' "$insights demo --events 5000 --directory $work/demo" ;;
        # Its Python comes from a registry, as that of the test of analysis does.
        bench) [ $mode = quick ] || enqueue check bench analysis-python "tests/run/bench.sh $insights" ;;
        esac
    done
fi
for program in "${chosen[@]}"; do
    path=$(executable "$program")
    if [ -n "$path" ]; then
        enqueue program "$program" "$(needs_of "$program")" "$path $options"
    else
        fail "$program" "it does not compile"
    fi
done
run_queue

table
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
