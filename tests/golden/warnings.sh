# warnings: a training that goes wrong is told at once, with its sentence and its id, and once; the tables say which rule
# held and when, with the same bytes for any number of workers, any interruption and any level.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'model.init = he, zero' 'train.lr = 0.1, 1e-9, 0.2'
sed -i 's/^units = 8/units = 32/; s/^epochs = 3/epochs = 6/' t.ini
run 0 t.ini --no-plots -j 1 --out one
for name in warning warned_at; do column one/results/t.csv $name | tr '\n' ' ' | tee $name >/dev/null; done
[ "$(cat warning)" = " constant_loss  dead_units dead_units dead_units " ] || fail "warnings: $(cat warning)"
[ "$(cat warned_at)" = " 2  1 1 1 " ] || fail "epochs of the warnings: $(cat warned_at)"
id=$(column one/results/t.csv id | sed -n 2p)
has err "trial 2 ($id): warning after epoch 2: its training loss is no lower than that of a constant guess; model.init=he" \
  'warning after epoch 1: more than half of its units get no gradient from any sample; model.init=zero train.lr=0.1'
[ "$(grep -c 'warning after' err)" -eq 4 ] || fail "a warning is told more than once: $(grep 'warning after' err)"

# What .epochs.csv says is what the rules look at: the first that holds is the one that the trial has.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { loss = $at["train_loss"]; guess = $at["guess_loss"]; learns = loss > guess / 10; rule = "" }
  $at["epoch"] > 1 && $at["val_accuracy"] <= $at["guess_accuracy"] { rule = "constant_accuracy" }
  $at["epoch"] > 1 && loss >= 0.99 * guess { rule = "constant_loss" }
  $at["first_layer_gradient"] < 0.0001 && learns { rule = "vanishing_gradient" }
  $at["dead_units"] > 0.5 && learns { rule = "dead_units" }
  rule != $at["warning"] { print $at["trial"], $at["epoch"], rule, $at["warning"] }' one/results/t.epochs.csv >differ
[ ! -s differ ] || fail "a rule holds that is not told, or the other way round: $(head -n 3 differ)"

run 0 t.ini -q --no-plots -j 3 --out three
run 0 t.ini -q --no-plots --isa ref --out plain
run 3 t.ini --no-plots -j 1 --out halted stop.epochs=9 # in the middle of the second trial, which was warned of
[ "$(grep -c 'trial 2 (.*warning after' err)" -eq 1 ] || fail "no warning before the interruption"
run 0 t.ini --no-plots -j 1 --out halted
hasnot err 'trial 2 ('
run 0 t.ini -q --no-plots -j 2 --out apart stop.trial_time=1000 # each trial in a process of its own
for other in three plain halted apart; do same one $other t; done
[ "$(grep -c 'warning after' err)" -eq 4 ] || fail "processes of their own are warned of otherwise: $(cat err)"

# Status and report count them by rule, and the report says which trials they are.
run 0 status t --out one
has out 'warnings: 1 constant_loss, 3 dead_units (`sweep list warnings` says when)'
run 0 report t --out one --markdown
has out '## Warnings' '| count | warning | after epoch | trials |' '| 1 | constant_loss | 2 | 2 (point 2: init=he, lr=1e-9) |' \
  '| 3 | dead_units | 1 | 4 (point 4: init=zero, lr=0.1), 5 (point 5: init=zero, lr=1e-9), 6 (point 6: init=zero, lr=0.2) |'
tiny calm
run 0 calm.ini -q --no-plots
run 0 status calm
hasnot out 'warnings:'
run 0 report calm --markdown
hasnot out Warnings

head -1 one/results/t.points.csv | grep -q warn && fail "a point has the warning of one of its trials"

tiny alone # without axes nothing follows
run 0 alone.ini --no-plots train.lr=1e-9
grep -q 'trial 1 (................): warning after epoch 2: .* a constant guess$' err || fail "without axes: $(cat err)"

run 0 list warnings
for rule in $(column one/results/t.epochs.csv warning | sort -u); do has out "$rule  "; done
finish
