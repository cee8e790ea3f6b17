# Failing trials, conditions that are not met, limits: the exit status, the rows, going on.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# One diverging trial does not sink the sweep.
tiny d '[grid]' 'train.lr = 0.1, 1e30, 0.05'
run 1 d.ini -q --no-plots
has out '1 failed' '2 complete'
[ "$(column results/d.csv status | tr '\n' ' ')" = "complete failed complete " ] || fail "rows: $(cat results/d.csv)"
grep -q ',failed,.*epoch' results/d.csv || fail "the failed row has no reason"
run 1 d.ini --no-plots
has err '3 of 3 trials were there already'
run 1 d.ini --no-plots --retry-failed
has err '2 of 3 trials were there already'
[ "$(column results/d.csv status | tr '\n' ' ')" = "complete failed complete " ] || fail "rows after --retry-failed"
tiny f '[grid]' 'train.lr = 1e30, 0.1, 0.1001, 0.1002, 0.1003, 0.1004, 0.1005, 0.1006, 0.1007, 0.1008'
run 1 f.ini -q --no-plots --fail-fast -j 1 train.epochs=20
has out open
has err 'To go on'

# Points that break a model condition are skipped: rows, not failures.
tiny s '[grid]' 'model.units = 4, 16' '[require]' 'model = params < 1000'
run 0 s.ini -q --no-plots
[ "$(column results/s.csv status | tr '\n' ' ')" = "complete skipped " ] || fail "rows: $(cat results/s.csv)"
grep -q 'params < 1000' results/s.csv || fail "the skipped row has no reason"

# A result condition that does not hold is status 1; one that does is 0.
tiny r '[require]' 'result = test_accuracy >= 99.99%'
run 1 r.ini -q --no-plots
has out 'test_accuracy >= 99.99%: NOT met'
tiny ok '[require]' 'result = test_accuracy >= 20%'
run 0 ok.ini -q --no-plots
has out 'test_accuracy >= 20%: met'

# A limit: status 3, and the next call goes on to the same end as without.
tiny l '[grid]' 'model.units = 2..9'
run 0 l.ini -q --no-plots --out whole
printf '[stop]\ntrials = 3\n' >>l.ini
run 3 l.ini -q --no-plots -j 1
has err 'stopped by a limit' 'To go on' 'l.ini'
lines results/l.csv 4
run 3 l.ini -q --no-plots -j 1
lines results/l.csv 7
run 0 l.ini -q --no-plots -j 1
same . whole l

# A trial that always fails does not take the place of those that have not been tried.
tiny a '[grid]' 'train.lr = 1e30, 0.1, 0.05' '[stop]' 'trials = 1'
run 3 a.ini -q --no-plots --retry-failed
run 3 a.ini -q --no-plots --retry-failed
[ "$(column results/a.csv status | tr '\n' ' ')" = 'failed complete ' ] || fail "a failed trial is tried before a new one"
run 1 a.ini -q --no-plots --retry-failed
[ "$(column results/a.csv status | tr '\n' ' ')" = 'failed complete complete ' ] || fail "rows: $(cat results/a.csv)"
run 1 a.ini --no-plots --retry-failed
has err '2 of 3 trials were there already'

# [stop] stagnation: the sweep ends behind so many trials in a row that are no better, the same ones for any number of
# workers and after an interruption; what has run besides is kept for a call with another end.
tiny g '[grid]' 'model.units = 4, 24, 3, 2, 1, 5, 6, 7' 'train.epochs = 3, 4'
run 0 g.ini -q --no-plots --out whole
for jobs in 1 3 16; do
  run 3 g.ini -q --no-plots -j $jobs --out end$jobs stop.stagnation=4
  has err 'no better result' 'stop.stagnation = 0 or larger'
done
rows=$(($(wc -l <end1/results/g.csv) - 1))
[ "$rows" -ge 5 ] && [ "$rows" -lt 16 ] || fail "stagnation ended the sweep behind $rows trials"
column end1/results/g.csv val_accuracy | awk '$1 > best { best = $1; at = NR } END { exit NR - at != 4 }' ||
  fail "the best is not the fifth from the end: $(column end1/results/g.csv val_accuracy | tr '\n' ' ')"
same end1 end3 g
same end1 end16 g
for i in 1 2 3 4 5 6 7 8; do
  "$SWEEP" g.ini -q --no-plots -j 2 --out parts stop.stagnation=4 stop.epochs=5 >out 2>err </dev/null
  [ $? -eq 3 ] || fail "not stopped"
done
same end1 parts g
run 3 g.ini --no-plots --out end16 stop.stagnation=4
has err "$rows of 16 trials were there already" 'no better result'
same end1 end16 g
run 0 g.ini --no-plots -j 2 --out end16
hasnot err 'no better result'
same whole end16 g
finish
