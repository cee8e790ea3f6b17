# What a crash, a full disk or a power cut leaves behind: damaged lines, a lost tail, checkpoints of trials that are final.
# Each time the next call ends with the files of an undisturbed run and nothing else.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
run 0 t.ini -q --no-plots --out whole
run 3 t.ini -q --no-plots --out half -j 1 stop.epochs=5 # a whole trial, and another one's second epoch

# clean FOLDER: it is as an undisturbed run leaves it.
clean() {
  same whole "$1" t
  local left
  left=$(find "$1" -name '*.tmp' -o -name '*.state')
  [ -z "$left" ] || fail "left behind in $1: $left"
}

# A line in the middle cannot be read: said, and its trial is trained again, also one that is final already.
for line in 1 2 4 5; do
  rm -rf cut && cp -r half cut
  sed -i "${line}s/^./g/" cut/results/t/journal
  run 0 t.ini --no-plots --out cut
  has err 'journal: 1 line cannot be read'
  clean cut
  run 0 t.ini --no-plots --out cut
  hasnot err 'cannot be read' # once is enough
  clean cut
done

# The journal's tail is lost, the checkpoint is not: nothing but the last record's trial is trained again.
rm -rf cut && cp -r half cut
sed -i '6,$d' cut/results/t/journal
run 3 t.ini -q --no-plots --out cut stop.epochs=1 -j 1
[ "$(grep -c ' E ' cut/results/t/journal)" -eq 6 ] || fail "epochs of the checkpoint were trained again"
run 0 t.ini -q --no-plots --out cut
clean cut

# Damaged checkpoints, and those that a kill left behind.
for how in 'truncate -s -1' 'truncate -s 0' 'truncate -s 5' 'sed -i s/./x/g' 'cp t.ini'; do
  rm -rf cut && cp -r half cut
  $how cut/results/t/*.state
  run 0 t.ini -q --no-plots --out cut
  clean cut
done
for key in $(awk '$2 == "T" { print $3 }' whole/results/t/journal); do
  : >"cut/results/t/$(printf '%016x' "0x$key").state"
  : >"cut/results/t/$(printf '%016x' "0x$key").state.tmp"
done
run 0 t.ini -q --no-plots --out cut
clean cut

# A full disk, or a limit on the size of files: said, nothing lost.
run 0 t.ini -q --no-plots --out full train.epochs=100
rm -rf cut
(ulimit -f 8; exec "$SWEEP" t.ini -q --no-plots --out cut -j 1 train.epochs=100 >out 2>err)
status=$?
[ "$status" -eq 4 ] || fail "status $status with a full disk"
has err 'broken off; everything finished is saved' 't.ini -q --no-plots --out cut -j 1 train.epochs=100'
has err ': a limit on the size of a file is reached (see ulimit -f)'
run 0 t.ini -q --no-plots --out cut train.epochs=100
same full cut t
told=$(ulimit -f 0 && "$SWEEP" report t --markdown --out cut 2>&1 >summary)
[ $? -eq 4 ] && [[ $told == *'standard output: a limit on the size of a file is reached'* ]] || fail "report: $told"

# [stop] trials counts trials, not points.
run 3 t.ini -q --no-plots --out three stop.trials=3
has out '3 complete, 1 open'
run 0 t.ini -q --no-plots --out three
clean three

# Tables of an earlier grid do not outlive it.
run 1 t.ini -q --no-plots --out three train.lr=1e30
[ ! -e three/results/t.classes.csv ] && [ ! -e three/results/t.confusion.csv ] || fail "classes of another grid"

# A point that breaks a condition takes no other point of the same training with it.
cat >s.ini <<'EOI'
[data]
train = 160
validation = 80
test = 80
[model]
units = 4
variant = a
layers = flatten, dense 10
[model.a]
layers = flatten, dense $units, dense 10
[model.b]
layers = flatten, dense 10
[train]
epochs = 1
[grid]
model.variant = a, b
model.units = 4, 8
[require]
model = model.units > 5
EOI
run 0 s.ini -q --no-plots
[ "$(column results/s.csv status | tr '\n' ' ')" = "skipped complete skipped complete " ] || fail "rows: $(cat results/s.csv)"

# A folder for the sweep x.csv would stand where x has its table.
run 2 t.ini -q --no-plots sweep.name=x.csv
has err "leave out '.csv'"
finish
