# trials: a sweep of many trials takes little memory for each of them, also while its tables are written: at most 280
# bytes with its texts (here the value of its axis, which the tables and the effects hold once) and with four for each
# metric that its task measures on a split; neither epochs nor splits of the data stay in memory. So many trials that
# what a run takes more or less by chance, some 100 kB, is a few bytes of each.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
if ldd "$SWEEP" | grep -q libasan; then
  echo "skipped: an address sanitizer takes memory for itself"
  exit 77
fi
[ -x /usr/bin/time ] || { echo "skipped: /usr/bin/time measures memory, and is not there"; exit 77; }

cat >t.ini <<'EOF'
[data]
dataset = optdigits
train = 16
validation = 16
test = 16
[model]
layers = gap, dense 10
[train]
epochs = 3
EOF
# peak TRIALS: the most kilobytes that a run of so many trials holds at a time, of two calls: the second writes the
# tables alone.
peak() {
  for call in 1 2; do
    /usr/bin/time -f %M "$SWEEP" t.ini "data.seed=1..$1" -q --no-plots -j 2 --out "$1" 2>&1 >out </dev/null | tail -n 1
  done
}
few=1000
many=16000
peak $few >few.txt
peak $many >many.txt
metrics=$(head -n 1 $many/results/t.csv | tr , '\n' | grep -E '^(train|val|test)_' | grep -vc _samples)
for call in 1 2; do
  bytes=$((($(sed -n ${call}p many.txt) - $(sed -n ${call}p few.txt)) * 1024 / (many - few)))
  most=$((280 + 4 * metrics))
  echo "call $call: $bytes bytes a trial"
  [ "$bytes" -le $most ] || fail "call $call: a trial takes $bytes bytes"
done
[ "$(wc -l <$many/results/t.csv)" -eq $((many + 1)) ] || fail "the table has $(wc -l <$many/results/t.csv) lines"
[ "$(wc -l <$many/results/t.epochs.csv)" -eq $((3 * many + 1)) ] || fail "not every epoch is in the table"
finish
