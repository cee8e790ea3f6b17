# Every row that a file of its own ends in is in some list: no constant or variable of the program is left that nothing
# refers to, and no source of which nothing is used outside of it (a picture, which names itself, or a command).
set -u
libraries=$(find "${BUILD:?the folder of a build}" -maxdepth 1 -name 'libsweep_*.a')
[ -n "$libraries" ] || { echo "$BUILD has no libraries"; exit 1; }
for tool in nm readelf; do command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -rW $libraries | awk 'NF >= 5 { print $5 }' | sort -u >"$work/used"
nm -g --defined-only $libraries | awk '$2 ~ /^[RDB]$/ && $3 !~ /^_/ { print $3 }' | sort -u >"$work/defined"
[ "$(wc -l <"$work/defined")" -gt 50 ] || { echo "this test finds no rows"; exit 1; }
# A name that two libraries export is found in whichever of them is linked first.
both=$(nm -g --defined-only $libraries | awk '$2 ~ /^[TRDB]$/ { print $3 }' | sort | uniq -d)
[ -z "$both" ] || { printf 'defined twice: %s\n' $both; exit 1; }
found=$(comm -23 "$work/defined" "$work/used")
# Objects whose names are all unknown to every other object.
readelf -rW $libraries | awk '/^File: / { object = $2 } NF >= 5 { print $5, object }' | sort -u >"$work/by"
nm -A -g --defined-only $libraries | awk '{ split($1, at, ":"); print $3, at[1] "(" at[2] ")" }' | sort -u >"$work/in"
alone=$(awk 'NR == FNR { by[$1] = by[$1] " " $2; next }
  { object[$2] = 1; n = split(by[$1], user, " "); for (i = 1; i <= n; i++) if (user[i] != $2) used[$2] = 1 }
  END { for (o in object) if (!(o in used)) print o }' "$work/by" "$work/in" | sed 's/.*(//; s/\.o)$//')
[ -z "$found$alone" ] && exit 0
echo "nothing names these; is a row missing in the list of its folder?"
printf '%s\n' $found $alone
exit 1
