# shellcheck shell=bash
# What has to be installed on this machine; tests/run.sh sources it.

missing=()

# needs PROGRAM PACKAGE...: marks the distribution's packages as missing if the program is not there.
needs() {
    local program=$1
    shift
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || missing+=("$@")
}

# needs_for NAME...: what servers and tools of test programs need.
needs_for() {
    local name
    for name in "$@"; do
        case $name in
        mariadb) needs mariadbd mariadb-server ;;
        elasticsearch | opensearch) needs_java && needs unzip unzip ;;
        hadoop | hadoop-local) needs_java ;;
        s3 | emr | analysis-python) needs_venv ;;
        chromium) needs chromium chromium && needs chromedriver chromium-driver ;;
        axe-core) needs npm npm ;;
        shells) needs zsh zsh && needs fish fish ;;
        esac
    done
}

needs_java() {
    needs javac default-jdk-headless
    needs mvn maven
    needs curl curl
}

needs_venv() {
    needs curl curl
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
}

# install_missing: installs all that is marked, or ends the run.
install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing ${missing[*]} from the distribution's packages" >&2
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    if $as_root apt-get update -qq; then
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "${missing[@]}" >/dev/null && return
    fi
    echo "${missing[*]} could not be installed. Install by hand and run again." >&2
    exit 1
}
