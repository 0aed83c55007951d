#!/usr/bin/env bash
# Makes what EMR needs from this package: one archive of the programs and the jar, its checksum, and the bootstrap action.
#
#   emr/package.sh [DIR]         default: target/emr; upload all of DIR to one place in S3
#
# BINARIES names the directory of the programs (default: target/release). The jar insights-hadoop.jar beside them is built by
# emr/jar/build.sh if it is not there or older than its source.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/.." && pwd)
binaries=${BINARIES:-$package/target/release}
target=${1:-$package/target/emr}
# The C library of Amazon Linux 2023, on which EMR 7 runs.
newest_glibc=2.34

fail() {
    echo "package.sh: $*" >&2
    exit 1
}

programs=()
missing=()
for source in "$package"/bin/*.rs; do
    name=$(basename "$source" .rs)
    programs+=("$name")
    [ -x "$binaries/$name" ] || missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] || fail "not in $binaries: ${missing[*]}. Build them: cargo build --release --bins (BINARIES names another directory)."

jar=$binaries/insights-hadoop.jar
if [ ! -e "$jar" ] || [ -n "$(find "$here/jar/src" -name '*.java' -newer "$jar")" ]; then
    "$here/jar/build.sh" "$jar" || fail "insights-hadoop.jar could not be built (see above): emr/jar/build.sh needs a JDK and Hadoop's jars."
fi

version=$("$binaries/insights" --version) || fail "$binaries/insights does not run on this machine, so it was not packed."
needed=$(grep -aohE 'GLIBC_2\.[0-9]+' "${programs[@]/#/$binaries/}" | sort -uV | tail -n 1)
newest=$(printf '%s\n' "GLIBC_$newest_glibc" "${needed:-GLIBC_2.0}" | sort -V | tail -n 1)
[ "$newest" = "GLIBC_$newest_glibc" ] ||
    fail "the programs need $needed, the nodes of EMR 7 have GLIBC_$newest_glibc. Build on an older system (amazonlinux:2023 is the
nodes' own), or for the target x86_64-unknown-linux-musl, and name the directory by BINARIES."

mkdir -p "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bin"
for name in "${programs[@]}"; do cp "$binaries/$name" "$work/root/bin/"; done
cp "$jar" "$work/root/bin/"
# Whatever the umask: on a node they belong to root, and others run them.
chmod 755 "$work/root/bin" "$work/root/bin"/*
# The same programs give the same archive, byte for byte, and with it the same checksum.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf - bin | gzip -n >"$work/insights.tar.gz"
(cd "$work" && sha256sum insights.tar.gz >insights.tar.gz.sha256)
cp "$here/install.sh" "$work/install.sh"
for name in insights.tar.gz insights.tar.gz.sha256 install.sh; do mv "$work/$name" "$target/$name"; done
echo "$target: $version for $(uname -m), ${#programs[@]} programs and the jar, SHA-256 $(cut -d' ' -f1 "$target/insights.tar.gz.sha256")"
