# shellcheck shell=bash
# shellcheck disable=SC2154 # cache, of benches/run.sh
# Installs the peers of the benchmarks; benches/run.sh sources it. Sets BENCH_PYTHON and JAQ.

# packages_of PEER: what a peer is called where it comes from, with the version that was measured last.
packages_of() {
    case $1 in
    clickhouse) echo 'chdb==4.4.0' ;;
    duckdb) echo 'duckdb==2.0.1' ;;
    polars) echo 'polars==2.1.0' ;;
    python) echo 'orjson==3.13.0' ;;
    mrjob) echo 'mrjob==0.7.4 orjson==3.13.0' ;;
    jq | jaq) ;;
    *) echo "benches/run.sh: there is no peer $1" >&2 && return 2 ;;
    esac
}

# install_peers NAME,...: those of PyPI into an environment of their own, jq from the distribution, jaq compiled from its crate.
install_peers() {
    local peer package
    for peer in ${1//,/ }; do
        packages_of "$peer" >/dev/null || exit 2
    done
    if [[ ,$1, == *,jq,* ]] && ! command -v jq >/dev/null; then
        apt-get install --yes --quiet jq >/dev/null
    fi
    export JAQ=${JAQ:-$cache/jaq-3.1.2/bin/jaq}
    if [[ ,$1, == *,jaq,* && ! -x $JAQ ]]; then
        cargo install --quiet --locked --version 3.1.2 --root "$cache/jaq-3.1.2" jaq
    fi
    [ -z "${BENCH_PYTHON:-}" ] || return 0
    BENCH_PYTHON=$cache/python/bin/python
    [ -x "$BENCH_PYTHON" ] || python3 -m venv "$cache/python"
    for peer in ${1//,/ }; do
        for package in $(packages_of "$peer"); do
            [ -e "$cache/python/has-$package" ] && continue
            "$BENCH_PYTHON" -m pip install --quiet --disable-pip-version-check "$package"
            touch "$cache/python/has-$package"
        done
    done
}
