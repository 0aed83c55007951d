#!/usr/bin/env bash
# Makes what is handed out: static programs, and all that belongs to them, as an archive and as a Debian package.
#
#   packaging/build.sh [--target x86_64|aarch64] [--out DIR] [--profile FILE|none] [--binaries DIR] [--jar FILE] [--describing PROGRAM]
#                      [--no-debian]
#
#   --out          where it goes; default: target/packages. There: the archive, the package, the bill of materials, SHA256SUMS
#   --profile      what packaging/profile.sh made earlier, or none; default: it is made if the target runs here and llvm-tools is there
#   --binaries     the programs of this directory, instead of building them
#   --jar          insights-hadoop.jar; default: it is built if a JDK and Hadoop's jars are here, else left out
#   --describing   an `insights` of the same version that runs on this machine, for manual and completions, if the built one does not
#
# The same programs give the same files, byte for byte: entries are sorted, belong to root, and have no time. Needs musl-tools and
# `rustup target add x86_64-unknown-linux-musl`; for aarch64 cargo-zigbuild (PyPI: cargo-zigbuild) and that target.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/.." && pwd)
name=insights-pipeline
processor=$(uname -m)
out=$package/target/packages
binaries='' jar='' describing='' profile='' debian=1

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --no-debian) debian='' ;;
    --target | --out | --profile | --binaries | --jar | --describing)
        [ $# -gt 1 ] || fail "$1 needs a value."
        case $1 in
        --target) processor=$2 ;;
        --out) out=$2 ;;
        --profile) profile=$2 ;;
        --binaries) binaries=$2 ;;
        --jar) jar=$2 ;;
        --describing) describing=$2 ;;
        esac
        shift
        ;;
    *)
        sed -n '4,11s/^# *//p' "$0" >&2
        exit 2
        ;;
    esac
    shift
done
case $processor in
x86_64) build=(cargo build) architecture=amd64 ;;
aarch64 | arm64) processor=aarch64 build=(cargo zigbuild) architecture=arm64 ;;
*) fail "there is no target $processor; there are: x86_64 aarch64." ;;
esac
target=$processor-unknown-linux-musl

[ -z "$profile" ] || [ "$profile" = none ] || profile=$(realpath "$profile")
cd "$package"
if [ -z "$binaries" ]; then
    if [ -z "${INSIGHTS_COMMIT:-}" ] && commit=$(git rev-parse HEAD 2>/dev/null); then
        INSIGHTS_COMMIT=${commit:0:10}$([ -z "$(git status --porcelain)" ] || echo -modified)
        export INSIGHTS_COMMIT
    fi
    # Where sources lie is no part of a program.
    flags="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$package=/source"
    if [ -z "$profile" ]; then
        profile=$(realpath -m "${CARGO_TARGET_DIR:-target}/$target.profdata")
        why=''
        [ "$processor" = "$(uname -m)" ] || why="$processor programs do not run here"
        if [ -z "$why" ]; then
            status=0
            RUSTFLAGS=$flags packaging/profile.sh "$target" "$profile" || status=$?
            case $status in
            0) ;;
            3) why='see above' ;;
            *) fail "no profile could be made; --profile none goes without." ;;
            esac
        fi
        if [ -n "$why" ]; then
            echo "build.sh: without a profile, about a tenth slower: $why." >&2
            profile=none
        fi
    fi
    if [ "$profile" != none ]; then
        # By another name what was compiled with another profile is compiled again.
        named=$(realpath "${CARGO_TARGET_DIR:-target}")/$(sha256sum "$profile" | cut -c1-16).profdata
        cp "$profile" "$named"
        flags="$flags -Cprofile-use=$named"
    fi
    RUSTFLAGS=$flags "${build[@]}" --release --locked --bins --target "$target"
    binaries=${CARGO_TARGET_DIR:-target}/$target/release
fi
[ -x "$binaries/insights" ] || fail "there is no program insights in $binaries."
describing=${describing:-$binaries/insights}
version=$("$describing" --version) || fail "$describing does not run on this machine; --describing names one that does."
echo "$version for $target" >&2
version=$(echo "$version" | cut -d' ' -f2)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name-$version-$processor
# As in /usr: a package of the system takes bin and share as they are.
mkdir -p "$root/bin" "$root/share/man/man1" "$root/share/bash-completion/completions" "$root/share/zsh/site-functions" \
    "$root/share/fish/vendor_completions.d" "$root/share/doc/$name"

# These are the driver under another name (docs/decisions/programs-in-the-driver.md).
links=(lms-import course-catalog video-durations output-committer launch-task remote-task)
programs=()
for source in bin/*.rs; do
    program=$(basename "$source" .rs)
    [[ " ${links[*]} " == *" $program "* ]] || programs+=("$program")
done
for program in "${programs[@]}"; do
    install -m 755 "$binaries/$program" "$root/bin/$program"
    # Elsewhere than here a dynamic program would miss its libraries.
    ! readelf --program-headers "$root/bin/$program" | grep -q INTERP || fail "$binaries/$program is not a static program."
done
for link in "${links[@]}"; do ln -s insights "$root/bin/$link"; done

# Beside the programs, where the runner hadoop looks for it.
if [ -n "$jar" ]; then
    install -m 644 "$jar" "$root/bin/insights-hadoop.jar"
elif emr/jar/build.sh "$work/insights-hadoop.jar" 2>"$work/jar.log"; then
    install -m 644 "$work/insights-hadoop.jar" "$root/bin/insights-hadoop.jar"
else
    echo "build.sh: without insights-hadoop.jar, for clusters: $(tail -n 1 "$work/jar.log")" >&2
fi

"$describing" man --quiet --out "$root/share/man/man1"
"$describing" completions bash >"$root/share/bash-completion/completions/insights"
"$describing" completions zsh >"$root/share/zsh/site-functions/_insights"
"$describing" completions fish >"$root/share/fish/vendor_completions.d/insights.fish"
# A shell reads the file that has the name of the program.
for program in "${programs[@]}" "${links[@]}"; do
    [ "$program" != insights ] || continue
    ln -s insights "$root/share/bash-completion/completions/$program"
    ln -s insights.fish "$root/share/fish/vendor_completions.d/$program.fish"
done

documents=$root/share/doc/$name
packaging/documents.sh "$documents"
"$describing" init --quiet --output "$documents/override.cfg" --logs /var/log/tracking --warehouse /var/lib/insights/warehouse
packaging/third_party.py "$target" licences >"$documents/THIRD-PARTY-LICENCES.txt"
packaging/third_party.py "$target" sbom >"$documents/$name.cdx.json"
# Whatever the umask, and whether or not init thinks of secrets.
chmod -R u=rwX,go=rX "$root"

mkdir -p "$out"
out=$(cd "$out" && pwd)
archive=$name-$version-$processor.tar.gz
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work" -cf - "$(basename "$root")" | gzip -9n >"$work/$archive"
mv "$work/$archive" "$out/$archive"
cp "$documents/$name.cdx.json" "$out/$name-$version-$processor.cdx.json"
made=("$archive" "$name-$version-$processor.cdx.json")
if [ -n "$debian" ]; then
    package_file=${name}_${version}_$architecture.deb
    packaging/debian/build.sh "$root" "$version" "$architecture" "$out/$package_file"
    made+=("$package_file")
fi
(cd "$out" && sha256sum "${made[@]}" >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
echo "$out: ${made[*]}, $(du -sk --apparent-size "$root" | cut -f1) KB unpacked"
