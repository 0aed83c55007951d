#!/usr/bin/env bash
# Makes the profile that programs to be handed out are compiled with: what a build that counts saw while it worked over made-up logs.
#
#   packaging/profile.sh TARGET OUT.profdata
#
# TARGET is one that this machine runs, such as x86_64-unknown-linux-musl. Needs `rustup component add llvm-tools`; ends with 3 without.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/.." && pwd)
[ $# = 2 ] || { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
target=$1
out=$(realpath -m "$2")
# The toolchain is that of the package.
cd "$package"

host=$(rustc -vV | sed -n 's/^host: //p')
profdata=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
[ -x "$profdata" ] || { echo "profile.sh: there is no llvm-profdata: rustup component add llvm-tools" >&2; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Programs of other builds stay as they are: this one has a directory of its own.
counting=${CARGO_TARGET_DIR:-target}/profile
RUSTFLAGS="${RUSTFLAGS:-} -Cprofile-generate" \
    cargo build --release --locked --bin insights --target "$target" --target-dir "$counting" >&2
insights=$(realpath "$counting/$target/release/insights")

# All six workflows over logs, plain and compressed, with the damage of real ones; then loads, and the night with tables of an LMS.
cd "$work"
export LLVM_PROFILE_FILE=$work/counts/%m.profraw
"$insights" generate --quiet --interval 2024-03-04..2024-04-01 --seed 20 --events 120000 --users 9000 --courses 60 --gzip --out days
"$insights" generate --quiet --interval 2024-03-04..2024-03-11 --seed 21 --events 40000 --users 3000 --courses 25 --single one.log
countries=$package/tests/conformance/common/mixed-1.geo.mmdb
work_with() {
    "$insights" "$@" --quiet 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
}
for threads in 1 2; do
    work_with report days --threads "$threads" --geolocation "$countries" --out "report-$threads"
done
work_with report one.log --geolocation "$countries" --out report-plain
work_with demo --directory demo
"$profdata" merge --output "$out" counts
