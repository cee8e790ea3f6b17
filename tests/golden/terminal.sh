# Progress on a terminal: one line that is rewritten, within its width; NO_COLOR takes the colours, -q everything.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

if ! script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
  echo "skipped: no program 'script', or no pseudo-terminal to be had"
  exit 77
fi
tiny t '[grid]' 'model.units = 2..9'
# on_terminal WORD...: the stderr of sweep, which is a terminal; stdout goes elsewhere
on_terminal() {
  rm -rf results
  TERM=xterm script -qec "$SWEEP t.ini --no-plots $* >out" typescript >/dev/null </dev/null
  sed -e '1d' -e '$d' typescript | tr -d '\n' >screen
}
on_terminal
grep -q $'\r' screen || fail "the line is not rewritten"
grep -q $'\033\[K' screen || fail "the line is not erased"
grep -q $'\033\[1;36m' screen || fail "no colour on a terminal"
grep -q '8/8' screen || fail "the count is not there"
tr '\r' '\n' <screen | sed $'s/\033\\[[0-9;]*[mK]//g' | awk 'length > 80' | grep -q . && fail "a line is too wide"
# A narrow terminal is taken as what it is; without a width it has 80 columns.
on_narrow() { # COLUMNS: the widest line of progress in `widest`
  rm -rf results
  TERM=xterm script -qec "stty cols $1; $SWEEP t.ini --no-plots >out" typescript >/dev/null </dev/null
  sed -e '1d' -e '$d' typescript | tr -d '\n' | tr '\r' '\n' | sed $'s/\033\\[[0-9;]*[mK]//g' >shown
  grep -q '8/8' shown || fail "the count is not there in $1 columns"
  widest=$(awk '/\/8/ && length > n { n = length } END { print n }' shown)
}
for columns in 10 16 20 40; do
  on_narrow "$columns"
  [ "$widest" -lt "$columns" ] || fail "$widest letters in $columns columns"
done
on_narrow 1
[ "$widest" -lt 10 ] || fail "$widest letters in one column"
on_narrow 0
[ "$widest" -gt 40 ] && [ "$widest" -lt 80 ] || fail "$widest letters where the width is not known"
export NO_COLOR=1
on_terminal
grep -q $'\033\[[0-9;]*m' screen && fail "NO_COLOR is not honoured"
grep -q '8/8' screen || fail "the count is not there without colours"
unset NO_COLOR
on_terminal -q
[ ! -s screen ] || fail "-q is not quiet on a terminal: $(cat -v screen)"
finish
