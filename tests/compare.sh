#!/usr/bin/env bash
# tests/compare.sh OLD NEW [SWEEP.ini...]: runs two builds on the same sweep files (by default all of sweeps/, shortened
# to one epoch of 320 samples) and compares, byte for byte, every table and what plan, show, list and report print. Times
# are not compared: .timing.csv, the journal, the times of files, and the lines that name the build, the machine and the date. Where a table
# has other columns than before, they are named, and those that both have are compared.
# The status is 0 when everything is equal, 1 when something differs (shown as a diff), 2 when a program fails.
# Sweeps of data files that are not there ($SWEEP_DATA, or ../shared/data) are said to be left out.
set -u
[ $# -ge 2 ] || { sed -n '2,7s/^# //p' "$0"; exit 2; }
old=$(realpath "$1") new=$(realpath "$2")
shift 2
home=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "$home"/sweeps/*.ini
export SWEEP_DATA=${SWEEP_DATA:-$home/../shared/data} LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
differs=0

# told SIDE NAME PROGRAM WORD...: keeps what a command prints and its exit status.
told() {
  local side=$1 name=$2
  shift 2
  (cd "$work/$side" && "$@" >"texts/$name" 2>&1 </dev/null; echo "exit status $?" >>"texts/$name")
}

for side in old new; do
  mkdir -p "$work/$side/texts"
  told $side list "${!side}" list
  for what in $("${!side}" list 2>/dev/null | awk '{ print $3 }'); do told $side "list-$what" "${!side}" list "$what"; done
done
for file; do
  file=$(realpath "$file")
  name=$(basename "$file" .ini)
  short=(train.epochs=1 data.train=320 data.validation=80 data.test=80)
  for side in old new; do
    told $side "plan-$name" "${!side}" plan "$file"
    told $side "show-$name" "${!side}" show "$file"
    (cd "$work/$side" && "${!side}" "$file" -q --no-plots "sweep.name=$name" "${short[@]}" >"texts/run-$name" 2>&1 </dev/null)
    status=$?
    if [ $status -ne 0 ] && grep -q 'data.path' "$work/$side/texts/run-$name"; then
      echo "left out: $name (its data files are not there)"
    elif [ $status -gt 1 ]; then # 1: a requirement is not met
      echo "$name: the $side program ends with $status"
      cat "$work/$side/texts/run-$name"
      exit 2
    fi
    told $side "report-$name" "${!side}" report "$name" --markdown
  done
done

# shared OLD.csv NEW.csv: leaves the columns that both have, in the order of OLD, and says which are new or gone.
shared() {
  local side
  for side in 1 2; do
    awk -v other="$(head -n 1 "${@:3-side:1}")" -v say=$((side == 2)) -v name="${2##*/}" '
      BEGIN { FS = OFS = ","; n = split(other, o); for (i = 1; i <= n; i++) there[o[i]] = 1 }
      NR == 1 { for (i = 1; i <= NF; i++) if ($i in there) keep[$i] = 1; else said = said " " $i
                if (say && said) print name ": new columns:" said >"/dev/stderr" }
      NR == 1 { for (i = 1; i <= NF; i++) head[i] = $i }
      { line = ""; for (i = 1; i <= NF; i++) if (head[i] in keep) line = line $i OFS; print line }' "${!side}" >"${!side}.kept"
  done
  mv "$1.kept" "$1"
  mv "$2.kept" "$2"
}

for side in old new; do
  (
    cd "$work/$side" || exit 2
    rm -f results/*.timing.csv results/*/*.state results/*/lock results/*/journal results/*/finished
    find results -name environment.txt -exec sed -i -E '/^(version|date|host|processor|compiler|workers|instruction set):/d' {} +
    sed -i -E "s#$work/$side#.#g; s#[0-9.]+ (ms|s|min|h)\b#TIME#g; s/ +/ /g; s/( TIME)+/ TIME/g; /^\| date /d" texts/*
  )
done
for table in "$work"/old/results/*.csv; do
  other=$work/new/results/${table##*/}
  [ ! -e "$other" ] || [ "$(head -n 1 "$table")" = "$(head -n 1 "$other")" ] || shared "$table" "$other"
done
diff -r "$work/old" "$work/new" || differs=1
[ $differs -eq 0 ] && echo "equal: $(find "$work/new" -type f | wc -l) files of $# sweeps"
exit $differs
