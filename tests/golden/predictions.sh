# predictions: what the best point says of the test split, sample by sample, fits its metrics: classes with their mistakes,
# curves, calibration and pictures, numbers with their errors, reconstructions beside originals; the same bytes for any
# number of workers, and from the journal alone. Every metric of classes can be the objective.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >c.ini <<'END'
[sweep]
repeats = 2
[data]
train = 200
validation = 60
test = 120
[model]
layers = flatten, dense $units, relu, dense $classes
units = 6
[train]
epochs = 3
[grid]
model.units = 6, 12
END
run 0 c.ini -q -j 1 --out one
run 0 c.ini -q --no-plots -j 2 --isa ref --out two
same one two c
tables="predictions mistakes curves calibration pictures"
for t in $tables; do cp "one/results/c.$t.csv" "$t.csv"; rm "one/results/c.$t.csv"; done
rm one/results/c.about.csv
run 0 report c --out one --markdown
for t in $tables; do cmp -s "$t.csv" "one/results/c.$t.csv" || fail "$t is not written again from the journal"; done

# The accuracy of the best point's first repeat, from its predictions and from the table.
awk -F, 'NR > 1 && $2 == 1 { n++; right += $4 == $5 } END { printf "%d %.7g\n", n, right / n }' predictions.csv >said
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["rank"] == 1 { print $1; exit }' one/results/c.points.csv)
awk -F, -v best="$best" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  $c["point"] == best && $c["repeat"] == 1 { printf "120 %.7g\n", $c["test_accuracy"] }' one/results/c.csv >measured
cmp -s said measured || fail "predictions: $(cat said), measured: $(cat measured)"
[ "$(wc -l <predictions.csv)" -eq 241 ] || fail "$(wc -l <predictions.csv) lines of predictions"
# Mistakes are all wrong, and the surest come first.
awk -F, 'NR == 2 { last = 2 } NR > 1 { if ($4 == $5 || $6 > last) exit 1; last = $6 } END { if (NR < 3) exit 1 }' mistakes.csv ||
  fail "mistakes: $(head mistakes.csv)"
# Each curve ends where everything is taken for the class.
awk -F, 'NR > 1 { end[$1] = $3 " " $4; if ($3 < old[$1]) exit 1; old[$1] = $3 }
  END { for (k in end) { n++; if (end[k] != "1 1") exit 1 } if (n != 10) exit 1 }' curves.csv || fail "curves: $(cat curves.csv)"
awk -F, 'NR > 1 { n += $3 } END { exit n != 120 }' calibration.csv || fail "calibration: $(cat calibration.csv)"
awk -F, 'NR > 1 { n[$1]++; if ($2 != "mistake" || $10 != $11) exit 1 } END { for (p in n) if (n[p] != 64) exit 1 }' pictures.csv ||
  fail "pictures: $(head -n 3 pictures.csv)"

for picture in roc calibration pictures; do [ -s "one/plots/c/$picture.png" ] || fail "no picture $picture"; done
[ ! -e one/plots/c/predicted.png ] || fail "a classification has a picture of numbers"

for metric in precision recall f1 kappa matthews auc top3 top5 log_loss brier ece; do
  case $metric in log_loss | brier | ece) way=min ;; *) way=max ;; esac
  run 0 c.ini -q --no-plots sweep.name=o "sweep.objective=$way val_$metric" train.epochs=1 sweep.repeats=1
  [ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR > 1 && $c["rank"] == 1' results/o.points.csv)" ] ||
    fail "$metric ranks nothing"
done
run 0 c.ini -q --no-plots sweep.name=o 'sweep.objective=max train_auc' train.epochs=1 sweep.repeats=1
[ "$(column results/o.csv train_auc | head -n 1)" ] || fail "train_auc selects, and is not measured"
run 2 plan c.ini 'sweep.objective=max val_accuracy, max train_auc' && has err 'train_auc is measured only where it selects the epoch'

# One class among the validation samples: no AUC, and the training goes on.
{ echo x,kind; for i in 1 2 3 4 5 6 7 8 9; do echo "0.$i,a"; done; echo 0.95,b; } >few.csv
run 0 c.ini -q --no-plots sweep.name=few data.dataset=csv data.file=few.csv data.target=kind data.train=0 data.validation=3 \
  data.test=0 'model.layers=dense $units, dense $classes' train.epochs=1
grep -q ',complete,' results/few.csv || fail "a class alone: $(cat results/few.csv)"
[ -z "$(column results/few.csv val_auc | tr -d '\n')" ] || fail "an AUC of one class: $(column results/few.csv val_auc)"
run 2 plan c.ini 'sweep.objective=max val_top3' data.dataset=moons 'model.layers=dense $units, dense $classes'
has err 'val_top3 is not measured by classify'

# Numbers, and the mean squared error from what is said of them.
cat >n.ini <<'END'
[sweep]
objective = min val_mse
[data]
dataset = friedman
samples = 100
test_samples = 50
[model]
layers = dense 4, tanh, dense $targets
[train]
epochs = 3
END
run 0 n.ini -q --out one
awk -F, 'NR > 1 { s += $7 ^ 2; if ($6 != "" || $7 - ($5 - $4) > 1e-4) exit 1 } END { printf "%.5g\n", s / (NR - 1) }' one/results/n.predictions.csv >said
column one/results/n.csv test_mse | awk '{ printf "%.5g\n", $1 }' >measured
cmp -s said measured || fail "mse of predictions: $(cat said), measured: $(cat measured)"
[ -s one/plots/n/predicted.png ] && [ ! -e one/plots/n/roc.png ] || fail "pictures of numbers: $(ls one/plots/n)"
[ ! -e one/results/n.curves.csv ] && [ ! -e one/results/n.pictures.csv ] || fail "a regression has curves or pictures"

# Reconstructions: a picture that was put in, and what came out.
cat >r.ini <<'END'
[sweep]
objective = min val_mse
[data]
train = 100
validation = 50
test = 40
[model]
layers = flatten, dense 8, dense 64, reshape 1x8x8
[train]
task = reconstruct
epochs = 30
END
run 0 r.ini -q --out one
awk -F, 'NR > 1 { n[$2]++; v[$1, $8, $9] = $10 } END { if (n["input"] != 512 || n["output"] != 512) exit 1
  for (p = 1; p < 16; p += 2) for (r = 0; r < 8; r++) for (c = 0; c < 8; c++) s += ((v[p, r, c] - v[p + 1, r, c]) / 255) ^ 2
  if (s / 512 > 0.2 || s == 0) { print s / 512; exit 1 } }' one/results/r.pictures.csv || fail "pictures of a reconstruction: $(head -n 3 one/results/r.pictures.csv)"
[ -s one/plots/r/pictures.png ] || fail "no picture of reconstructions"
[ ! -e one/results/r.predictions.csv ] || fail "a reconstruction has predictions"
run 0 c.ini -q --no-plots sweep.name=r --out one
[ -s one/results/r.predictions.csv ] || fail "no predictions of another task under the same name"
finish
