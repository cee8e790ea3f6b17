# folds: cross-validation from the sweep file to the tables: each fold is a repeat, every sample validates once a round, the
# test split is the same for all; the same bytes for any number of workers and interruption; what cannot be is told.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

awk 'BEGIN { srand(3); print "x,y,kind"; for (i = 0; i < 103; i++) { c = i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2
  printf "%.3f,%.3f,c%d\n", c + rand(), 0.5 * c + rand(), c } }' >table.csv
cat >k.ini <<'END'
[sweep]
repeats = 2
objective = min val_loss
[data]
dataset = csv
file = table.csv
target = kind
folds = 3
[model]
units = 4
layers = dense $units, tanh, dense $classes
[train]
epochs = 4
lr = 0.02
[grid]
model.units = 4, 8
END
run 0 plan k.ini
has out '6 repeats a point, each with one of 3 folds to validate' '12 trials to train'
run 0 k.ini -q -j 1 --out one
run 0 k.ini -q --no-plots -j 2 --isa ref --out two
run 3 k.ini -q --no-plots -j 2 --out halted stop.epochs=7
run 0 k.ini -q --no-plots -j 2 --out halted
for other in two halted; do same one $other k; done
head -n 1 one/results/k.csv | grep -q '^trial,point,repeat,seed,fold,folds,status,' || fail "columns: $(head -n 1 one/results/k.csv)"
[ "$(column one/results/k.csv fold | head -n 6 | tr '\n' ' ')" = '1 2 3 1 2 3 ' ] || fail "folds: $(column one/results/k.csv fold)"
# Of 82 samples (21 test) the folds validate 28, 27 and 27.
[ "$(column one/results/k.csv val_samples | head -n 3 | tr '\n' ' ')" = '28 27 27 ' ] || fail "samples: $(column one/results/k.csv val_samples)"
[ "$(column one/results/k.csv train_samples | head -n 3 | tr '\n' ' ')" = '54 55 55 ' ] || fail "samples: $(column one/results/k.csv train_samples)"
[ "$(column one/results/k.csv test_samples | sort -u)" = 21 ] || fail "test: $(column one/results/k.csv test_samples)"
[ "$(column one/results/k.csv id | sort -u | wc -l)" -eq 12 ] || fail "trainings that are one: $(column one/results/k.csv id)"
has one/results/k.about.csv 'folds,3' 'repeats,6'

# What the best point says of each of the 82 samples, once a division, by the training that has not seen it: as many are
# right as the accuracy of its fold says.
held=one/results/k.held_out.csv
head -n 1 $held | grep -qx 'sample,repeat,fold,target,true,predicted,probability' || fail "columns: $(head -n 1 $held)"
lines $held 165
[ "$(column $held sample | sort | uniq -c | awk '{ print $1 }' | sort -u)" = 2 ] || fail "samples are not held out twice"
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["rank"] == 1 { print $1 }' one/results/k.points.csv)
awk -F, -v best="$best" 'FNR == 1 { file++; for (i = 1; i <= NF; i++) c[$i] = i; next }
  file == 1 && $c["point"] == best { want[$c["repeat"]] = $c["val_accuracy"] * $c["val_samples"] }
  file == 2 { right[$2] += $5 == $6; if (!($7 > 1 / 3 && $7 <= 1) || ($2 - 1) % 3 + 1 != $3) exit 1 }
  END { for (r in want) if (right[r] - want[r] > 1e-4 || want[r] - right[r] > 1e-4) exit 1 }' one/results/k.csv $held ||
  fail "held out: $(head -n 5 $held)"
sed -e '/^file/d; /^target/d; s/csv/friedman/; s/\$classes/$targets/' k.ini >f.ini
run 0 f.ini -q --no-plots data.samples=40 data.test_samples=10
head -n 2 results/f.held_out.csv | tail -n 1 | grep -qE '^[0-9]+,1,1,1,[-0-9.e]+,[-0-9.e]+,$' || fail "numbers: $(head -n 2 results/f.held_out.csv)"
lines results/f.held_out.csv 81
run 0 k.ini -q --no-plots data.folds=0 sweep.name=f
[ ! -e results/f.held_out.csv ] || fail "a table of folds without folds"

# With another seed no fold is taken for another one: nothing that is computed is wrong for it. More rounds keep the first.
run 0 k.ini -q --no-plots --out one sweep.repeats=3 sweep.name=more
for i in 1 2 3 4 5 6; do
  grep -q "$(column one/results/k.csv id | sed -n "${i}p")" one/results/more.csv || fail "round three changes repeat $i"
done
run 0 k.ini -q --no-plots --out one sweep.seed=2 sweep.name=other
[ -z "$(cat one/results/k.csv one/results/other.csv | awk -F, '{ print $8 }' | grep -v id | sort | uniq -d)" ] ||
  fail "another seed has trainings of the first"

run 2 plan k.ini data.folds=1
has err 'data.folds: 1 fold leaves nothing to train on'
run 2 plan k.ini data.validation=0.2
has err 'data.folds: 3 folds say what trains and what validates: all of the training file; leave out train and validation'
run 2 plan k.ini data.folds=3,5
has err 'data.folds: is of the sweep as a whole'
run 2 plan k.ini data.folds=90
has err '90 folds asked for, dataset csv has 82 samples in its training file'
run 0 plan k.ini data.folds=20
has out '1 of 3 classes has fewer samples than there are folds'
finish
