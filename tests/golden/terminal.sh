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

# The line tells of the trials that run, the result first and the axes of the best last, and no time at all where it is
# the test that is measured.
tiny one '[grid]' 'model.units = 4, 8'
epochs=6000 images=3000
[ -z "${SANITIZED:-}" ] || epochs=1500 images=600 # which takes as long
shown() { # COLUMNS FILE WORD...: each drawing of the line, one a line
  local columns=$1
  shift
  rm -rf results
  TERM=xterm script -qec "stty cols $columns; $SWEEP $* --no-plots -j 1 >out" typescript >/dev/null </dev/null
  sed -e '1d' -e '$d' typescript | tr -d '\n' | tr '\r' '\n' | sed $'s/\033\\[[0-9;]*[mK]//g'
}
shown 300 one.ini train.epochs=$epochs >lines
grep -qE '^0/2 .*1 running: epoch [0-9]+/'$epochs' loss [0-9.e-]+ val_accuracy [0-9.]+' lines ||
  fail "no epoch, loss and metric: $(cat lines)"
grep -qE '^2/2 best 0\.[0-9]{1,4}, 0 running, .*best model\.units=[48]$' lines ||
  fail "the result is not first or the axes are not last: $(cat lines)"
cat >slow.ini <<EOF
[data]
train = $images
[model]
layers =
    conv 3x3 48 pad same, relu
    conv 3x3 48 pad same, relu
    gap, dense 10
[train]
epochs = 2
EOF
shown 300 slow.ini >lines
grep -q 'epoch 1/2 .*' lines || fail "nothing is told of an epoch: $(cat lines)"
grep 'epoch 2/2' lines | grep -q ' left' && fail "a time left though only the test is to be measured: $(cat lines)"

# Tables on a terminal fit it, elsewhere they are whole.
tiny nine '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8' 'data.normalize = standard, unit' \
  'model.init = he, xavier' 'train.lr = 0.1, 0.2' 'train.momentum = 0, 0.9' 'train.nesterov = no, yes' \
  'train.weight_decay = 0, 0.001' 'train.batch_size = 32' 'train.label_smoothing = 0, 0.1'
for columns in 60 80 132; do
  script -qec "stty cols $columns; $SWEEP plan nine.ini" typescript >/dev/null </dev/null
  sed -e '1d' -e '$d' typescript | tr -d '\r' | sed -n '/^point/,/^$/p' >table
  [ "$(wc -l <table)" -gt 256 ] || fail "no table of 256 points in $columns columns: $(head table)"
  awk -v most=$columns '{ gsub(/[\200-\277]/, "") } length > most' table | grep . && fail "a table is wider than $columns"
  [ $columns -gt 80 ] || grep -q 'more column' table || fail "no word about what is left out in $columns columns"
done
"$SWEEP" plan nine.ini >whole
has whole 'train.label_smoothing  params'
hasnot whole 'more column' '…'
finish
