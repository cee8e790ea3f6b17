# A training is saved when it is worth it: the time that saving takes is bounded, and so is what kill -9 takes.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

trained() { grep -c ' E ' "$1/results/$2/journal"; }

# Thousands of epochs that take no time are saved once a second, not once each.
tiny fast '[grid]' 'model.units = 4, 8'
begin=$(date +%s)
trouble 'rename .state log 0' run 0 fast.ini -q --no-plots -j 1 train.epochs=2000
took=$(($(date +%s) - begin + 1)) # seconds, rounded up
saved=$(grep -c rename trouble.log 2>/dev/null)
[ "${saved:-0}" -le "$took" ] || fail "$saved checkpoints in $took seconds"
[ "$(trained . fast)" -eq 4000 ] || fail "the journal lacks epochs"

# What is stopped is saved, however little it is.
tiny stopped
run 0 stopped.ini -q --no-plots --out whole
run 3 stopped.ini -q --no-plots --out cut stop.epochs=2
run 0 stopped.ini -q --no-plots --out cut
[ "$(trained cut stopped)" -eq 3 ] || fail "a stopped training began anew: $(trained cut stopped) epochs"
same whole cut stopped

# An epoch of a second is saved, also the last one, while the test split is measured: kill -9 there, nothing is lost.
run 0 stopped.ini -q --no-plots --out one train.epochs=1
key=$(awk '$2 == "T" { print $3 }' one/results/stopped/journal)
trouble "write _E_$key sleep; write _T_$key kill" "$SWEEP" stopped.ini -q --no-plots --out slow train.epochs=1 >out 2>err
[ $? -eq 137 ] || fail "it was not killed at its last record"
run 0 stopped.ini -q --no-plots --out slow train.epochs=1
[ "$(trained slow stopped)" -eq 1 ] || fail "a finished epoch was trained again after kill -9"
same one slow stopped

# Epochs that no checkpoint holds are trained again, to the same bits.
rm -rf cut
key=$(awk '$2 == "T" { print $3 }' whole/results/stopped/journal)
trouble "write _T_$key kill" "$SWEEP" stopped.ini -q --no-plots --out cut >out 2>err
run 0 stopped.ini -q --no-plots --out cut
[ "$(trained cut stopped)" -ge 3 ] || fail "the journal lacks epochs"
same whole cut stopped
finish
