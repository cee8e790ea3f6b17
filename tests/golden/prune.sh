# Trials that are given up: by every rule the same bytes for any number of workers, after kill -9, in processes of their own
# and whatever the journal knew before; they keep their checkpoints, and go on from them without the rule.
# long: KILLS=50
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

RANDOM=${SEED:-1}
tiny s '[search]' 'method = random' 'trials = 14' '[grid]' 'train.lr = 1e-3..1 log' 'model.units = 4..16 int log' \
  '[sweep]' 'repeats = 2'
words='train.epochs=9'
rules=$("$SWEEP" list pruning | awk '/^[a-z]/ && $1 != "none" && $1 != "race" { print $1 }')
[ "$(echo "$rules" | wc -l)" -ge 5 ] || fail "no rules are listed"
[ -z "${SANITIZED:-}" ] || rules='median hyperband'

# by_workers NAME WORDS...: the same bytes by 1, 2 and 5 workers, in the folders NAME1, NAME2, NAME5.
by_workers() {
  local name=$1 jobs
  shift
  for jobs in 1 2 5; do run 0 s.ini -q --no-plots "$@" -j $jobs --out $name$jobs; done
  same ${name}1 ${name}2 s
  same ${name}1 ${name}5 s
}

run 0 s.ini -q --no-plots $words --out whole
hasnot whole/results/s.csv pruned_by
for rule in $rules; do
  rule="$words prune.method=$rule"
  "$SWEEP" plan s.ini $rule prune.lag=3 >/dev/null 2>&1 && rule="$rule prune.lag=3"
  "$SWEEP" plan s.ini $rule prune.startup=2 >/dev/null 2>&1 && rule="$rule prune.startup=2"
  "$SWEEP" plan s.ini $rule prune.patience=2 >/dev/null 2>&1 && rule="$rule prune.patience=2"
  by_workers p $rule
  given_up=$(grep -c ',pruned,' p1/results/s.csv)
  [ "$given_up" -gt 0 ] && [ "$given_up" -lt 28 ] || fail "$rule: $given_up of 28 trials are given up"
  has p1/results/s.csv pruned_by,pruned_at,pruned_value,pruned_against
  [ "$(ls p1/results/s/*.state | wc -l)" -eq "$given_up" ] || fail "$rule: not each that is given up keeps its checkpoint"
  [ "$(wc -l <p1/results/s.epochs.csv)" -lt "$(wc -l <whole/results/s.epochs.csv)" ] || fail "$rule: no epoch is saved"
  # On the curves of the whole sweep the rule is found to give up the same trials.
  run 0 replay s --out whole ${rule#"$words"}
  has out ": $given_up of 28 trials would be given up, $(($(wc -l <whole/results/s.epochs.csv) - $(wc -l <p1/results/s.epochs.csv))) of 252 epochs saved" \
    'the best point that is left has rank '

  killed "${KILLS:-2}" s.ini -q --no-plots $rule --out cut
  run 0 s.ini -q --no-plots $rule --out cut
  same p1 cut s

  # Where all are known to their ends, the rule is applied to what is known, and nothing is trained.
  cp -r whole known
  run 0 s.ini --no-plots $rule --out known
  same p1 known s
  has err '28 of 28 trials were there already'
  # Without the rule they go on, and come to the same ends as if there had never been one.
  run 0 s.ini --no-plots $words --out p1
  same whole p1 s
  has err "$((28 - given_up)) of 28 trials were there already"
  ls p1/results/s/*.state 2>/dev/null && fail "$rule: a complete trial has a checkpoint"
  rm -rf p? cut known
done

# Trials that wait at their rungs, which are others in each bracket: the same whoever trains what and when, and whatever
# the journal knew before.
for by in asha hyperband; do
  rm -rf w? cut known other
  rule="prune.method=$by prune.promotion=yes prune.lag=3"
  waits="$words $rule"
  by_workers w $waits
  given_up=$(grep -c ',pruned,' w1/results/s.csv)
  [ "$given_up" -gt 14 ] && [ "$given_up" -lt 28 ] || fail "$rule: $given_up of 28 trials are given up"
  [ "$(ls w1/results/s/*.state | wc -l)" -eq "$given_up" ] || fail "not each that waited keeps its checkpoint"
  run 0 replay s --out whole $rule
  has out ": $given_up of 28 trials would be given up, $(($(wc -l <whole/results/s.epochs.csv) - $(wc -l <w1/results/s.epochs.csv))) of 252 epochs saved" \
    'the best one is kept'
  killed "${KILLS:-2}" s.ini -q --no-plots $waits --out cut
  run 0 s.ini -q --no-plots $waits --out cut
  same w1 cut s
  cp -r whole known
  run 0 s.ini --no-plots $waits --out known
  same w1 known s
  has err '28 of 28 trials were there already'
  run 0 s.ini -q --no-plots $words prune.method=median prune.lag=3 prune.startup=2 --out other
  run 0 s.ini -q --no-plots $waits stop.trial_time=1000 --out other
  same w1 other s
  # A journal that ends after the last epoch of a trial and before its end, and one that lost its tail where checkpoints
  # are further: nothing is trained beyond its rung, in processes of their own either.
  complete=$(grep -n ' T [0-9a-f]* 1 ' w1/results/s/journal | head -n 1 | cut -d : -f 1)
  for cut in "$((complete - 1)) " '12 ' '12 stop.trial_time=1000'; do
    rm -rf cut
    cp -r w1 cut
    head -n "${cut%% *}" w1/results/s/journal >cut/results/s/journal
    run 0 s.ini -q --no-plots $waits ${cut#* } --out cut
    same w1 cut s
    for out in w1 cut; do awk '$2 == "E" { print $3, $4 }' $out/results/s/journal | sort -u >epochs.$out; done
    cmp epochs.w1 epochs.cut || fail "of $cut lines of the journal $(wc -l <epochs.cut) epochs come instead of $(wc -l <epochs.w1)"
  done
done
run 2 s.ini -q --no-plots $waits search.method=tpe --out w1
has err 'prune.promotion: trials that wait at rungs have no end'
run 2 s.ini -q --no-plots $waits stop.stagnation=3 --out w1
has err 'stop.stagnation: trials that wait at rungs'
rm -rf w? cut known other

# A training that patience ends is judged at its last epoch, too, whether it has just come there or was known before.
early="$words train.patience=1 train.optimizer=adam"
rule='prune.method=asha prune.eta=2 prune.lag=3'
run 0 s.ini -q --no-plots $early --out known
for out in fresh known; do run 0 s.ini -q --no-plots $early $rule --out $out; done
same fresh known s
run 0 s.ini -q --no-plots $early $rule stop.trial_time=1000 --out apart
same fresh apart s

# Where trials have epochs of their own, a rule looks at each by its own, in a run and in a replay.
for rule in asha hyperband; do
  run 0 s.ini -q --no-plots train.epochs=3,9 --out axis
  run 0 s.ini -q --no-plots train.epochs=3,9 prune.method=$rule prune.lag=3 --out pruned
  run 0 replay s --out axis prune.method=$rule prune.lag=3
  has out ": $(grep -c ',pruned,' pruned/results/s.csv) of 28 trials would be given up"
  rm -r pruned
done

# A race: further repeats only where a point may be the best, in whatever order the trials end; without it all are trained.
race='sweep.repeats=6 prune.method=race prune.lag=2'
by_workers r $race
left_out=$(grep -c ',pruned,' r1/results/s.csv)
[ "$left_out" -gt 10 ] && [ "$left_out" -lt 56 ] || fail "a race leaves out $left_out of 84 trials"
[ "$(awk -F, '$3 < 3 && /,pruned,/' r1/results/s.csv | wc -l)" -eq 0 ] || fail "one of the first two repeats is left out"
has r1/results/s.csv ',race,0,'
killed "${KILLS:-2}" s.ini -q --no-plots $race --out cut
run 0 s.ini -q --no-plots $race stop.trial_time=60 --out cut
same r1 cut s
run 0 s.ini -q --no-plots sweep.repeats=6 --out all
run 0 replay s --out all prune.method=race prune.lag=2
has out "race: $left_out of 84 trials would be given up"
cp -r all raced
run 0 s.ini --no-plots $race --out raced
same r1 raced s
has err '84 of 84 trials were there already'
run 0 s.ini -q --no-plots sweep.repeats=6 --out r1
same all r1 s
run 0 s.ini -q --no-plots $race search.method=tpe search.lag=3 search.startup=4 -j 1 --out g1
run 0 s.ini -q --no-plots $race search.method=tpe search.lag=3 search.startup=4 -j 3 --out g3
same g1 g3 s
# Every decision is made again from the record; one that was planted there, or in the table, is told.
# forge FOLDER KEY LINE: a further line of the journal, which says so of that trial.
forge() {
  local body=${3/KEY/$2}
  printf '%s %s\n' "$(printf %s "$body" | gzip -c | tail -c 8 | od -An -tx4 -N4 | tr -d ' ')" "$body" >>"$1/results/s/journal"
}
# decisions FOLDER STATUS TEXT...: what verify says, which trains one trial again.
decisions() {
  local out=$1 status=$2
  shift 2
  run "$status" verify s --sample 1 --out "$out"
  has out "$@"
}
run 0 s.ini -q --no-plots $race --out r1
decisions r1 0 "84 of 84 rows of the table follow from the journal: every proposal, and what race gave up ($left_out)"
trained=$(awk -F, 'NR > 1 && $3 > 2 && $5 == "complete" { id = $6 } END { print id }' r1/results/s.csv)
forge r1 "$trained" "$(grep -h -m 1 -o 'T [0-9a-f]* 2 .*' r1/results/s/journal | sed 's/T [0-9a-f]*/T KEY/')"
decisions r1 1 "the table has it as complete, by the curves and decisions of the journal it is open"
rm -r r? g? cut all raced

run 0 plan s.ini $words prune.method=hyperband
has out 'hyperband gives up trials from epoch 1 on' 'prune.lag = 8 before' \
  'brackets of so many points in each round: 9 from epoch 1, 5 from epoch 3, 3 from epoch 9' \
  'that is at most 252 epochs, about 120 where one of 3 goes on from each rung' 'of that with so many given up'
run 0 plan s.ini $words prune.method=race sweep.repeats=6
has out 'that is 252 to 756 epochs'
run 0 plan s.ini $words prune.method=race sweep.repeats=1
has out 'that is 126 to 126 epochs'
run 0 plan s.ini $words prune.method=median
has out 'that is at most 252 epochs'
hasnot out 'goes on from each rung' 'so many given up'

# With a search that listens, and in processes of their own.
both="$words search.method=tpe search.lag=3 search.startup=4 prune.method=asha prune.lag=2"
run 0 s.ini -q --no-plots $both -j 1 --out b1
run 0 s.ini -q --no-plots $both -j 3 --out b3
run 0 s.ini -q --no-plots $both -j 2 stop.trial_time=60 --out apart
same b1 b3 s
same b1 apart s
grep -q ',pruned,' b1/results/s.csv || fail "none is given up"
has b1/results/s.about.csv 'prune,asha'

given_up=$(grep -c ',pruned,' b1/results/s.csv)
decisions b1 0 "28 of 28 rows of the table follow from the journal: every proposal, and what asha gave up ($given_up)"
cp -r b1 wrong
went_on=$(awk -F, 'NR > 1 && $5 == "complete" { id = $6 } END { print id }' b1/results/s.csv)
forge wrong "$went_on" "$(grep -h -m 1 -o 'T [0-9a-f]* 2 .*' b1/results/s/journal | sed 's/T [0-9a-f]*/T KEY/')"
decisions wrong 1 'by the curves and decisions of the journal it is open'
cp -r b1 other
sed -i '0,/,asha,1,/s//,asha,3,/' other/results/s.csv
decisions other 1 '27 of 28 rows' "pruned_at is '3', by the journal '1'"
# The table of a finished sweep lacks nothing; without a journal nothing is decided again, and none is made.
sed -i '3d' other/results/s.csv
decisions other 1 '26 of 28 rows' 'trial 2 (point 1, repeat 2): by the journal it is ' 'the table has no row of it'
sed -i 's/^\([^,]*,[^,]*,[^,]*\),[^,]*/\1/' other/results/s.csv
decisions other 1 'the table lacks the column seed'
rm other/results/s/journal
run 4 verify s --sample 1 --out other
has err 'there is no other/results/s/journal'
[ ! -e other/results/s/journal ] || fail 'verify makes a journal'
rm -r wrong other

# Calls of a few trials, and one that ends where nothing gets better.
for call in 1 2 3; do run 3 s.ini -q --no-plots $both stop.trials=7 --out calls; done
run 0 s.ini -q --no-plots $both --out calls
same b1 calls s
run 0 report s --out b1 --markdown
has out 'pruned'

# A replay is of what is there: the rule of the sweep itself, nothing else, and of results that exist.
run 0 replay s --out b1
has out 'asha: 0 of '
run 2 replay s --out whole train.lr=0.1
has err 'a replay is of the curves that are there'
run 2 replay gone
run 2 replay s --out whole prune.method=asha prune.percent=3
has err 'prune.percent: is not used by asha'
finish
