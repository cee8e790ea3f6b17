# Every row that a file of its own ends in is in some list: no constant or variable of the program is left that nothing
# refers to, and no static library's object defines one in vain.
set -u
libraries=$(find "${BUILD:?the folder of a build}" -maxdepth 1 -name 'libsweep_*.a')
[ -n "$libraries" ] || { echo "$BUILD has no libraries"; exit 1; }
for tool in nm readelf; do command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -rW $libraries | awk 'NF >= 5 { print $5 }' | sort -u >"$work/used"
nm -g --defined-only $libraries | awk '$2 ~ /^[RDB]$/ && $3 !~ /^_/ { print $3 }' | sort -u >"$work/defined"
[ "$(wc -l <"$work/defined")" -gt 50 ] || { echo "this test finds no rows"; exit 1; }
found=$(comm -23 "$work/defined" "$work/used")
[ -z "$found" ] && exit 0
echo "nothing names these; is a row missing in the list of its folder?"
echo "$found"
exit 1
