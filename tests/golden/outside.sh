# outside: another plan under a used name is told; what is finished outside it is listed, counted by status, and comes
# back with its plan; the id of a trial is the same in every plan.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8, 16' 'train.lr = 0.1, 0.2, 0.3'
run 0 t.ini --no-plots
hasnot err 'outside'
[ ! -e results/t/outside.csv ] || fail "something is outside the first plan"
cp results/t.csv first.csv
[ "$(column first.csv id | sort -u | wc -l)" -eq 18 ] || fail "ids are not 18"
column first.csv id | grep -vqE '^[0-9a-f]{16}$' && fail "an id is no lower-case hexadecimal number"
column results/t.epochs.csv id | sort -u | cmp -s - <(column first.csv id | sort -u) || fail "ids of epochs.csv"
column results/t.timing.csv id | sort -u | cmp -s - <(column first.csv id | sort -u) || fail "ids of timing.csv"

# 18 trials to 4.
run 0 t.ini --no-plots model.units=8,16 train.lr=0.3 sweep.repeats=2
has err 'results/t.csv and its like were the tables of 18 trials; they become those of this plan of 4' \
  '14 finished trials are outside it' 'results/t/outside.csv lists them'
lines results/t/outside.csv 15
sort <(column results/t/outside.csv id) <(column results/t.csv id) | cmp -s - <(column first.csv id | sort) ||
  fail "the trials inside and outside are not those of before"
for id in $(column results/t.csv id); do
  grep -q ",$id," first.csv || fail "the id $id is new"
done
run 0 status t
has out '14 finished trials are outside the plan: results/t/outside.csv'
run 0 t.ini --no-plots model.units=8,16 train.lr=0.3 sweep.repeats=2
hasnot err 'outside' # said once

# Back again: nothing is trained, nothing is outside.
run 0 t.ini --no-plots
has err '18 of 18 trials were there already'
hasnot err 'outside'
cmp -s first.csv results/t.csv || fail "the first plan's table is another now"
[ ! -e results/t/outside.csv ] || fail "outside.csv stayed"
run 0 status t
hasnot out 'outside'

# A plan that grows with its results has no list before it is whole: its first trial is gone from the journal, so that all
# others come later than it, and none of them is outside.
tiny g '[search]' 'method = tpe' 'trials = 10' 'lag = 3' 'startup = 3' '[grid]' 'train.lr = 1e-3..1 log' 'model.units = 4..16 int log'
run 0 g.ini -q --no-plots
cp -r results whole
first=$(column results/g.csv id | head -n 1 | sed 's/^0*//')
sed -i "/ T $first /d" results/g/journal
run 3 g.ini --no-plots stop.epochs=1
hasnot err 'outside'
[ ! -e results/g/outside.csv ] || fail "a plan that is not whole says what is outside it"
run 0 g.ini --no-plots
hasnot err 'outside'
[ ! -e results/g/outside.csv ] || fail "its own trials are outside: $(cat results/g/outside.csv)"
cmp -s whole/g.csv results/g.csv || fail "the plan is another now"
run 0 g.ini --no-plots model.units=32
has err 'were the tables of 10 trials; they become those of this plan of 10. 10 finished trials are outside it'
cmp -s <(column results/g/outside.csv id | sort) <(column whole/g.csv id | sort) || fail "the list is not that of the plan before"

# A larger plan replaces nothing.
run 0 t.ini --no-plots model.units=4,8,16,32
hasnot err 'outside'
finish
