#!/usr/bin/env bash
# Makes a Debian package of the tree of the archive. packaging/build.sh calls it.
#
#   packaging/debian/build.sh TREE VERSION amd64|arm64 FILE.deb
set -eu
[ $# -eq 4 ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
tree=$1 version=$2 architecture=$3 file=$4
name=insights-pipeline
# The time of all entries and of the changelog: that of the commit, so that equal sources give equal packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/DEBIAN" "$root/etc/insights" "$root/usr/lib/systemd/system" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
cp -R "$tree/bin" "$tree/share" "$root/usr/"
documents=$root/usr/share/doc/$name

# As Debian has it: its own names of directories, compressed pages, one file of copyrights.
mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
gzip -9n "$root"/usr/share/man/man1/*.1 "$documents/CHANGELOG.md" "$documents/THIRD-PARTY-LICENCES.txt"
rm "$documents/LICENSE"
cp "$here/copyright" "$documents/copyright"
# Links lead to the names that files have here.
find "$documents" -name '*.md' -exec sed -i -E 's#\]\(((\.\./)*)CHANGELOG\.md\)#](\1CHANGELOG.md.gz)#g; s#\]\(((\.\./)*)LICENSE\)#](\1copyright)#g' {} +
printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- The Insights pipeline <insights@localhost>  %s\n' \
    "$name" "$version" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$documents/changelog.gz"

# Nothing in it is in force: whoever installs has not said yet where the logs are.
sed -E 's/^([^#[].*=.*)$/#\1/' "$documents/override.cfg" >"$root/etc/insights/override.cfg"
rm "$documents/override.cfg"
if [ -e "$root/usr/bin/insights-hadoop.jar" ]; then
    mkdir -p "$root/usr/share/$name"
    mv "$root/usr/bin/insights-hadoop.jar" "$root/usr/share/$name/"
    sed -i "s|^#insights-jar = .*|insights-jar = /usr/share/$name/insights-hadoop.jar|" "$root/etc/insights/override.cfg"
fi

cp "$here/insights-daily.service" "$here/insights-daily.timer" "$root/usr/lib/systemd/system/"
cp "$here/sysusers.conf" "$root/usr/lib/sysusers.d/insights.conf"
cp "$here/tmpfiles.conf" "$root/usr/lib/tmpfiles.d/insights.conf"

size=$(du -sk --apparent-size "$root" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" "$here/control" >"$root/DEBIAN/control"
echo /etc/insights/override.cfg >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$work/built.deb" >/dev/null
mv "$work/built.deb" "$file"
