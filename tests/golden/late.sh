# late: dropout that begins late, from an epoch on or when the training overfits by the rule of the manual; its epoch is a
# column, with the same bytes for any number of workers, any interruption and any level.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'train.dropout_from = 1, 4, overfit' 'model.units = 16, 64'
sed -i 's/, relu/, relu, dropout 0.4/; s/^epochs = 3/epochs = 12/; s/^train = 320/train = 60/; s/^lr = .*/lr = 0.3\nmomentum = 0.9/' t.ini
run 0 t.ini -q --no-plots -j 1 --out one
at=$(column one/results/t.csv dropout_at | tr '\n' ' ')
case $at in " "*" 4 4 "[2-9]*" "[2-9]*" ") ;; *) fail "dropout begins: $at" ;; esac

# The rule, again: the epoch after the first in which it holds.
awk -F, 'FNR == 1 { file++; for (i = 1; i <= NF; i++) at[file, $i] = i; next }
  file == 1 { if ($at[1, "train.dropout_from"] == "overfit") want[$at[1, "trial"]] = $at[1, "dropout_at"]; next }
  { k = $at[2, "trial"]; val = $at[2, "val_loss"]; train = $at[2, "train_loss"]; epoch = $at[2, "epoch"]
    if (epoch > 1 && val > 1.05 * least[k] && train < of[k] && !begins[k]) begins[k] = epoch + 1
    if (epoch == 1 || val < least[k]) { least[k] = val; of[k] = train } }
  END { for (k in want) { n++; if (want[k] != begins[k]) print k, want[k], begins[k] } if (n != 2) print n }' \
  one/results/t.csv one/results/t.epochs.csv >differ
[ ! -s differ ] || fail "other epochs than by the rule: $(cat differ)"

run 0 t.ini -q --no-plots -j 3 --out three
run 0 t.ini -q --no-plots --isa ref --out plain
for k in 7 16 23 31 40 50 55; do run 3 t.ini -q --no-plots -j 1 --out halted stop.epochs=1; done
run 0 t.ini -q --no-plots -j 2 --out halted
run 0 t.ini -q --no-plots -j 2 --out apart stop.trial_time=1000 # each trial in a process of its own
for other in three plain halted apart; do same one $other t; done

# Without it there is no such column, and no other result.
run 0 t.ini -q --no-plots --out none train.dropout_from=1
grep -q dropout_at none/results/t.csv && fail "a column of what cannot be"
[ "$(column none/results/t.csv id)" = "$(column one/results/t.csv id | head -n 2)" ] || fail "other trials by the default"

run 2 plan t.ini train.dropout_from=13
has err 'train.dropout_from: 13 is after the last epoch, 12'
run 2 plan t.ini train.dropout_from=overfit data.validation=0 'sweep.objective=min train_loss'
has err 'train.dropout_from: overfit looks at the loss of the validation split, which is empty'
run 2 plan t.ini train.dropout_from=overfits
has err "'overfits' is not an integer 1..1000000 or overfit; did you mean 'overfit'?"
run 2 plan t.ini train.dropout_from=0
has err "'0' is not an integer 1..1000000 or overfit"
run 0 plan t.ini 'model.units=16, 64 when train.dropout_from == overfit or train.dropout_from == 4'
has out '5 points' 'model.units (2 when train.dropout_from == overfit or train.dropout_from == 4)'
run 2 plan t.ini 'model.units=16, 64 when train.dropout_from == overfits'
has err "'overfits' is no value that can stand in"
run 0 plan t.ini train.dropout_from=2 model.layers='flatten, dense $units, relu, dense 10'
has out 'train.dropout_from changes nothing: the network has no dropout'
finish
