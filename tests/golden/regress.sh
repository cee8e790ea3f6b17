# regress: numbers are predicted from the sweep file to the report: tables of its own metrics, and nothing of classes; the
# same bytes for any number of workers, level and interruption; what does not fit is told with what to write.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >f.ini <<'EOF'
[sweep]
repeats = 2
objective = min val_mse
[data]
dataset = friedman
samples = 300
test_samples = 100
[model]
layers =
    dense 8, tanh
    dense $targets
[train]
epochs = 6
lr = 0.05
batch_size = 32
[grid]
train.loss = mse, mae, huber
train.delta = 1, 4 when train.loss = huber
EOF
run 0 f.ini -q -j 1 --out one
run 0 f.ini -q --no-plots -j 2 --out two
run 0 f.ini -q --no-plots --isa ref --out plain
run 3 f.ini -q --no-plots -j 2 --out halted stop.epochs=20
run 0 f.ini -q --no-plots -j 2 --out halted
"$SWEEP" f.ini -q --no-plots -j 2 --out killed >/dev/null 2>&1 &
sleep 0.1
{ kill -9 $! && wait; } 2>/dev/null
run 0 f.ini -q --no-plots -j 2 --out killed
for other in two plain halted killed; do same one $other f; done
# columns TABLE SPLIT...: the table has the metrics of the task on these splits, in the order of the manual.
columns() {
  local table=$1 split
  shift
  for split; do
    head -n 1 "$table" | grep -qE "(^|,)${split}_loss,${split}_mse,${split}_rmse,${split}_mae,${split}_r2(,|$)" ||
      fail "columns of $table: $(head -n 1 "$table")"
  done
}
columns one/results/f.csv train val test
columns one/results/f.epochs.csv train val
grep -q accuracy one/results/*.csv && fail "a regression has accuracies"
for not in results/f.classes.csv results/f.confusion.csv plots/f/confusion.png; do [ ! -e one/$not ] || fail "$not"; done
for yes in learning ranking axes; do [ -s one/plots/f/$yes.png ] || fail "no picture $yes"; done
[ "$(grep -c ',complete,' one/results/f.csv)" -eq 8 ] || fail "trials: $(cat one/results/f.csv)"
# rmse is the root of mse, and the loss of mse is mse.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { d = $c["test_rmse"] ^ 2 - $c["test_mse"]; if (d > 1e-5 * $c["test_mse"] || d < -1e-5 * $c["test_mse"]) exit 1 }
  $c["train.loss"] == "mse" && $c["test_loss"] != $c["test_mse"] { exit 1 }' one/results/f.csv || fail "metrics disagree"
run 0 report f --out one --markdown
has out 'Dataset friedman: 270 training, 30 validation, 100 test samples; objective: min val_mse.' '| test mse, mean |' \
  '| epoch | lr | training mse | validation mse | training loss | validation loss |'
hasnot out classes accuracy
has one/results/f.about.csv 'targets,1' 'metric.r2,larger -inf 1'
run 0 show f.ini
has out 'input 10, 1 number to predict (friedman: 270 to train, 30 to validate, 100 to test)' 'task              regress' \
  'loss              mse'

# Every metric of the task ranks the points.
for objective in 'min val_loss' 'min val_rmse' 'min train_mae' 'max val_r2'; do
  run 0 f.ini -q --no-plots sweep.name=o "sweep.objective=$objective" train.epochs=2
  [ "$(awk -F, 'NR == 2 { print $1 }' results/o.points.csv)" ] || fail "$objective ranks nothing"
done

# Both tasks in one sweep: each point has what its own task measures, the other cells are empty.
cat >both.ini <<'EOF'
[sweep]
objective = min val_loss
[data]
samples = 120
test_samples = 60
[model]
layers = dense 6, relu, dense $out
out = 2
[train]
epochs = 2
[zip both]
data.dataset = moons, sines
model.out = 2, 1
EOF
run 0 both.ini -q --no-plots
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { moons = $c["data.dataset"] == "moons"; if (($c["test_accuracy"] == "") == moons || ($c["test_r2"] == "") != moons) exit 1 }' \
  results/both.csv || fail "cells: $(cat results/both.csv)"

# A classification under the name of a regression takes its tables away, and the other way round.
run 0 both.ini -q --no-plots sweep.name=t data.dataset=moons model.out=2
[ -s results/t.confusion.csv ] || fail "no confusion of moons"
run 0 both.ini -q --no-plots sweep.name=t data.dataset=sines model.out=1
[ ! -e results/t.confusion.csv ] && [ ! -e results/t.classes.csv ] || fail "classes of another task"

# refused TEXT WORD...: the sweep file with these settings is refused with that text.
refused() {
  local text=$1
  shift
  run 2 plan "${file:-f.ini}" "$@"
  has err "$text"
}
refused 'sweep.objective: val_accuracy is not measured by regress, the task of dataset friedman; write min val_loss' \
  'sweep.objective=max val_accuracy'
refused 'train.task: classify wants classes, dataset friedman has numbers to predict; write regress' train.task=classify
file=both.ini refused 'train.loss: cross_entropy is not a loss of regress; write mse, mae, huber or formula' \
  train.loss=cross_entropy data.dataset=sines model.out=1
refused 'train.label_smoothing: mse has no classes to smooth' train.label_smoothing=0.1
refused 'train.loss: ' train.loss=nonsense
refused '$classes has no value at this point: the data has numbers to predict, no classes; write $targets' \
  'model.layers=dense 4, dense $classes'
run 2 plan f.ini 'model.layers=dense 1, softmax'
has err "'softmax': at the end it is left to the loss, and only losses of classes have one; leave it out"
run 2 plan f.ini 'model.layers=dense 4'
has err 'the network ends with 4 outputs, the data has 1 number to predict; end with dense 1'
run 0 list tasks
has out regress 'loss, mse, rmse, mae, r2' 'mse, mae, huber'
run 0 list losses
has out cross_entropy huber delta
# A loss that is a formula of axes: nothing is learned, and the table has its values.
cat >formula.ini <<'EOF'
[sweep]
objective = min val_loss
[data]
dataset = sines
samples = 32
test_samples = 1
train = 16
validation = 16
[model]
layers = dense $targets
[train]
epochs = 2
loss = formula
value = ${(x - 2) * (x - 2) - cos(0) * log(exp(3))}
[grid]
model.x = 0..4
EOF
run 0 formula.ini -q --no-plots
hasnot err 'warning' # that nothing is learned
[ "$(column results/formula.csv val_loss | tr '\n' ' ')" = '1 -2 -3 -2 1 ' ] || fail "the loss is not the formula"
[ "$(column results/formula.csv train_loss)" = "$(column results/formula.csv test_loss)" ] || fail "the losses differ"
finish
