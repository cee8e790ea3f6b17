# What is computed is never computed again: going on, more values, more repeats, changed settings.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# wall FILE TRIAL: when a trial ran, as the timing table has it; a trial that is run again gets another one.
tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
run 0 t.ini -q --no-plots
cp results/t.timing.csv timing
run 0 t.ini -q --no-plots
cmp -s timing results/t.timing.csv || fail "a finished sweep was computed again"

# A value in the middle of an axis: only its trials run, the others keep their times; the tables are those of a fresh run.
sed -i 's/model.units = 4, 8/model.units = 4, 6, 8/' t.ini
run 0 t.ini --no-plots
has err '4 of 6 trials were there already'
[ "$(sed -n '2,3s/^[0-9]*,//p' timing)" = "$(sed -n '2,3s/^[0-9]*,//p' results/t.timing.csv)" ] ||
  fail "the first point was computed again"
[ "$(sed -n '4,5s/^[0-9]*,//p' timing)" = "$(sed -n '6,7s/^[0-9]*,//p' results/t.timing.csv)" ] ||
  fail "the last point was computed again"
run 0 t.ini -q --no-plots --out fresh
same . fresh t

# One more repeat runs one more trial a point; one fewer runs none.
run 0 t.ini --no-plots sweep.repeats=3
has err '6 of 9 trials were there already'
run 0 t.ini --no-plots sweep.repeats=1
has err '3 of 3 trials were there already'
lines results/t.csv 4

# Another setting is another training.
run 0 t.ini --no-plots train.lr=0.2
hasnot err 'there already'
# ... and the first ones are still known.
run 0 t.ini --no-plots
has err '6 of 6 trials were there already'
same . fresh t
finish
