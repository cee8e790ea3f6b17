# lib.bash - helpers of the command-line tests. Each test is a script tests/golden/NAME.sh that sources this file, runs
# $SWEEP in a temporary folder of its own, and ends in `finish`. REFRESH=1 writes expected texts anew.
set -u
: "${SWEEP:?the program to test}" "${SOURCE:?the folder of the project}"
[ -x "$SWEEP" ] || { echo "$SWEEP is not a program"; exit 1; }
export LC_ALL=C
unset NO_COLOR TERM
: "${SWEEP_DATA:=$SOURCE/../shared/data}"
export SWEEP_DATA
T=$(mktemp -d "${TMPDIR:-/tmp}/sweep-test.XXXXXX")
trap 'rm -rf "$T"' EXIT
export XDG_CACHE_HOME=$T/.cache # never the user's
unset SWEEP_CACHE
cd "$T" || exit 1
failures=0

fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

finish() {
  if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
  fi
  echo "all passed"
  exit 0
}

# run STATUS WORD...: runs $SWEEP WORD..., its output into the files out and err, and wants that exit status.
run() {
  local want=$1 got
  shift
  LD_PRELOAD=${preload-${LD_PRELOAD-}} "$SWEEP" "$@" >out 2>err </dev/null
  got=$?
  if [ "$got" -ne "$want" ]; then
    fail "sweep $*: exit status $got instead of $want"
    sed 's/^/  out| /' out | head -n 30
    sed 's/^/  err| /' err | head -n 30
    return 1
  fi
}

# same_json STATUS TEXTS WORD...: `sweep WORD... --json` has the rows that it prints as CSV without; the columns TEXTS (by
# commas) are texts, all others numbers.
same_json() {
  local status=$1 texts=$2
  shift 2
  run "$status" "$@" && cp out rows.csv && run "$status" "$@" --json || return
  command -v python3 >/dev/null || { echo "no python3: the JSON document is not checked"; return; }
  python3 - "$texts" <<'EOF' || fail "$*: the JSON document has other rows than the table: $(head -n 5 out)"
import csv, json, sys
texts = sys.argv[1].split(",")
def value(name, cell):
    return None if cell == "" else cell if name in texts else float(cell)
rows = csv.DictReader(open("rows.csv", newline="", encoding="utf-8"))
want = [{name: value(name, cell) for name, cell in row.items()} for row in rows]
got = json.load(open("out", encoding="utf-8"))["predictions"]
got = [{name: None if cell == "" else cell for name, cell in row.items()} for row in got]
assert got == want and [list(row) for row in got] == [list(row) for row in want], (got[:2], want[:2])
EOF
}

# killed N WORD...: runs $SWEEP WORD... N times, each killed at a moment of its own, by the caller's RANDOM.
killed() {
  local n=$1 pid
  shift
  for ((; n > 0; n--)); do
    "$SWEEP" "$@" >/dev/null 2>err </dev/null &
    pid=$!
    sleep "0.0$((RANDOM % 9 + 1))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
}

# takes SECONDS WORD...: run 0 WORD..., which may have so many seconds of the processors; how many others have is theirs.
takes() {
  local most=$1 TIMEFORMAT='%U %S'
  shift
  { time run 0 "$@"; } 2>used
  tail -n 1 used | awk -v most="$most" '{ print $1 + $2, "s of the processors" } $1 + $2 > most { exit 1 }' ||
    fail "sweep $* took more than $most s: $(tail -n 1 used)"
}

# trouble RULES COMMAND WORD...: runs COMMAND with the mishaps of tests/shim/trouble.c in every program that it starts.
trouble() {
  local rules=$1
  shift
  TROUBLE=$rules TROUBLE_LOG=$T/trouble.log LD_PRELOAD=${TROUBLE_LIBRARY:?} \
    ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-} "$@"
}

# wants_faulty: skips the script where calls cannot be made to fail (see tests/shim/faulty.c).
wants_faulty() {
  if ldd "$SWEEP" | grep -q libasan; then
    echo "skipped: the sanitizers have a malloc of their own, and no library is put before them"
    exit 77
  fi
  [ -e "${FAULTY:?the library tests/shim/faulty.c}" ] || { echo "$FAULTY is not there"; exit 1; }
}

# faulty VARIABLE=VALUE...: for the next calls of `run`; without words: no more.
faulty() {
  unset FAULTY_ALLOC FAULTY_COUNT FAULTY_FOLDERS FAULTY_THREADS FAULTY_SYNCS
  unset preload
  [ $# -eq 0 ] || { export "$@"; preload=$FAULTY; }
}

# filed WORD...: runs $SWEEP WORD... with tests/shim/files.c before it; what that reads is set by the caller.
filed() {
  LD_PRELOAD=${SHIM_FILES:?} "$SWEEP" "$@" >out 2>err </dev/null
}

# has FILE TEXT...: the file holds each text.
has() {
  local file=$1 text
  shift
  for text in "$@"; do
    if ! grep -qF -e "$text" "$file"; then
      fail "$file does not hold '$text'"
      sed 's/^/  | /' "$file" | head -n 30
    fi
  done
}

# hasnot FILE TEXT...
hasnot() {
  local file=$1 text
  shift
  for text in "$@"; do
    if grep -qF -e "$text" "$file"; then
      fail "$file holds '$text'"
    fi
  done
}

# empty FILE
empty() {
  if [ -s "$1" ]; then
    fail "$1 is not empty"
    sed 's/^/  | /' "$1" | head -n 10
  fi
}

# timeless FILE: its lines without what the machine's speed decides: durations ("0.5 s", "2 h 05 min"), and the blanks
# that fill a column to the width of the longest one.
timeless() {
  sed -E 's/[0-9.]+ (ms|s|min|h|days)\b//g; s/ +/ /g; s/ $//' "$1"
}

# lines FILE N
lines() {
  local n
  n=$(wc -l <"$1")
  [ "$n" -eq "$2" ] || fail "$1 has $n lines instead of $2"
}

# expected FILE NAME: the file is tests/golden/NAME.
expected() {
  if [ -n "${REFRESH:-}" ]; then
    cp "$1" "$SOURCE/tests/golden/$2"
  elif ! diff -u "$SOURCE/tests/golden/$2" "$1" >difference; then
    fail "$1 is not as tests/golden/$2 (REFRESH=1 takes the new one)"
    head -n 40 difference
  fi
}

# same A B NAME: every table of sweep NAME but .timing.csv is byte-equal below the folders A and B.
same() {
  local a f
  for a in "$1/results/$3".*csv; do
    [ -e "$a" ] || { fail "no tables in $1"; return; }
    f=${a##*/}
    case $f in
    *.timing.csv) continue ;;
    esac
    if ! cmp -s "$a" "$2/results/$f"; then
      fail "$f differs between $1 and $2"
      diff "$a" "$2/results/$f" | head -n 6
    fi
  done
  if [ "$(cd "$1/results" && ls -- "$3".*csv)" != "$(cd "$2/results" && ls -- "$3".*csv)" ]; then
    fail "$1 and $2 have different tables"
  fi
}

# book FILE [SENTENCES]: a text of a few words, always the same.
book() {
  awk -v n="${2:-300}" 'BEGIN {
    split("the cat sees a dog|a bird sings to the cat|the dog sleeps|why does the bird sing, cat?", line, "|")
    for (s = 7; i < n; i++) { s = s * 16807 % 2147483647; printf "%s%s", line[1 + s % 4], i % 3 ? ". " : ".\n" }
  }' >"$1"
}

# column FILE NAME: the cells of one column (for tables without quoted cells).
column() {
  awk -F, -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) c = i; next } c { print $c }' "$1"
}

# tiny NAME [LINE...]: writes NAME.ini, a sweep of two points that trains in milliseconds, with more lines behind it.
tiny() {
  local name=$1
  shift
  cat >"$name.ini" <<EOF
[data]
dataset = optdigits
train = 320
validation = 160
test = 160
[model]
units = 8
layers =
    flatten, dense \$units, relu
    dense 10
[train]
epochs = 3
optimizer = sgd
batch_size = 32
lr = 0.1
EOF
  printf '%s\n' "$@" >>"$name.ini"
}
