#!/usr/bin/env bash
# Bootstrap action of EMR: puts the programs of the archive of package.sh into /opt/insights/bin of this node.
#
#   install.sh URL [SHA256]      URL: s3://bucket/path/insights.tar.gz; SHA256: what the archive must have
#
# Safe to run again: an archive that is there already is not unpacked again, and another one replaces it by a single rename. What was
# installed before stays if anything goes wrong. INSIGHTS_HOME names another directory than /opt/insights.
set -eu
home=${INSIGHTS_HOME:-/opt/insights}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: install.sh s3://bucket/path/insights.tar.gz [SHA256]"
url=$1
expected=${2:-}
command -v aws >/dev/null || fail "the AWS CLI (aws) is not on this machine. EMR's images have it; is this one of your own?"

# Bootstrap actions run as the user hadoop, to whom /opt does not belong.
parent=$(dirname "$home")
as_root=''
[ -w "$parent" ] || as_root=sudo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

aws s3 cp --only-show-errors "$url" "$work/insights.tar.gz" ||
    fail "$url could not be fetched. Is it there, and may the instance profile of the cluster read it (s3:GetObject)?"
sum=$(sha256sum "$work/insights.tar.gz" | cut -d' ' -f1)
[ -z "$expected" ] || [ "$sum" = "$(tr '[:upper:]' '[:lower:]' <<<"$expected")" ] ||
    fail "$url is not the expected archive: its SHA-256 is $sum, not $expected. Was it replaced, or copied only in part?"

# One directory for each archive, and a link to the one in use: a link can be replaced by a rename, a full directory cannot.
version=$home-$sum
if [ ! -x "$version/bin/insights" ]; then
    mkdir "$work/unpacked"
    tar -xzf "$work/insights.tar.gz" -C "$work/unpacked" --no-same-owner || fail "$url is no archive of package.sh, or a damaged one."
    [ -x "$work/unpacked/bin/insights" ] || fail "$url has no program bin/insights. Was it made by emr/package.sh?"
    "$work/unpacked/bin/insights" --version ||
        fail "the programs of $url do not run on this machine ($(uname -m)). Were they built for it, and for its C library?"
    $as_root rm -rf "$version.partial"
    $as_root cp -R "$work/unpacked" "$version.partial"
    # Tasks run as other users than this script, whatever its umask and that of whoever packed the archive.
    $as_root chmod -R u=rwX,go=rX "$version.partial"
    $as_root rm -rf "$version"
    $as_root mv -T "$version.partial" "$version"
fi
if [ ! -L "$home" ] && [ -e "$home" ]; then
    fail "$home is there and was not made by this script. Remove it, or set INSIGHTS_HOME."
fi
$as_root ln -sfn "$version" "$home.new"
$as_root mv -T "$home.new" "$home"
installed=$("$home/bin/insights" --version) || fail "the installed programs do not run."
echo "$installed is in $home/bin"
