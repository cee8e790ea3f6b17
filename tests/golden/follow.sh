# While a sweep runs, its epochs and `sweep status` follow; a log without a terminal tells when and in few digits.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[stop]' 'time = 300'
sed -i -e 's/^epochs.*/epochs = 1000000/' -e '/^patience/d' t.ini
"$SWEEP" t.ini -v --no-plots -j 2 >out 2>err </dev/null &
sweep=$!
grows() { # until results/t.epochs.csv is longer than N lines
  for ((i = 0; i < 1200; i++)); do
    [ "$(cat results/t.epochs.csv 2>/dev/null | wc -l)" -gt "$1" ] && return 0
    kill -0 $sweep 2>/dev/null || break
    sleep 0.05
  done
  fail "results/t.epochs.csv has no more than $1 lines though trials are under way"
  return 1
}
grows 1 && cp results/t.epochs.csv early && grows "$(wc -l <early)" && run 0 status t && cp out during
kill -TERM $sweep # INT is ignored in the background of a shell
wait $sweep
[ $? -eq 143 ] || fail "status after TERM"
[ "$(wc -l <results/t.csv)" -eq 1 ] || fail "a trial of a million epochs is final"
has during 't: 0 of 2 trials are final' 'begun:'
grep -qE '^  trial [12]: epoch [0-9]+, train_loss [0-9.e-]+, val_accuracy [0-9.]+$' during ||
  fail "status does not tell epoch, loss and metric: $(cat during)"
# What stood there early stands there still: rows are only added (trial by trial, in the order of the plan).
sort early >a
sort results/t.epochs.csv >b
[ -z "$(comm -23 a b)" ] || fail "rows of finished epochs are gone"
finish
