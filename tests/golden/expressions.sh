# A value in [train] or [data] that is an expression follows the axes: in the plan, in show, in what is trained, and after
# a resume; the tables are those of the sweep with its values written out.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# sweep NAME LINES: a sweep of three batch sizes with these lines in [train].
sweep() {
  cat >"$1.ini" <<EOT
[sweep]
name = same
[data]
dataset = optdigits
train = \${160 * model.parts}
validation = 80
test = 80
augment = rotate \$angle
[model]
angle = 7
parts = 2
layers = flatten, dense \$classes
[train]
epochs = 2
$2
[grid]
train.batch_size = 16, 32, 48
EOT
}
sweep follows 'lr = ${0.01 * train.batch_size / 16}
warmup = ${1 / train.epochs}'
run 0 plan follows.ini
has out 'train.lr' '0.01 ' '0.02 ' '0.03 ' 'rotate 7' ' 320 '
run 0 show follows.ini --point 3
has out 'train.lr          0.03' 'train.warmup      0.5' 'data.train        320'

run 0 follows.ini --no-plots -j 2
has results/same.about.csv 'set.train.lr,${0.01 * train.batch_size / 16}'
cp results/same.csv .
run 0 follows.ini --no-plots
cmp -s same.csv results/same.csv || fail "going on changed the table"
rm -r results

# The same written out: the trainings have the ids and results that they had.
sed 's/\${160 \* model.parts}/320/; s/rotate \$angle/rotate 7/; /^angle\|^parts\|^lr\|^train.batch_size/d
     s/^warmup.*/warmup = 0.5/; s/^\[grid\]/[zip z]/' follows.ini >plain.ini
printf 'train.lr = 0.01, 0.02, 0.03\ntrain.batch_size = 16, 32, 48\n' >>plain.ini
run 0 plain.ini --no-plots
facts() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
    { print $c["id"], $c["train_loss"], $c["val_loss"], $c["test_loss"] }' "$1"
}
cmp -s <(facts same.csv) <(facts results/same.csv) || fail "the trainings are others: $(facts results/same.csv)"

# The snapshot beside the results is the same sweep, with an expression of the command line in it.
rm -r results
sweep command ''
run 0 command.ini 'train.lr=${min(0.5, 0.01 * train.batch_size / 16)}' 'train.warmup=${1 / train.epochs}' --no-plots
cmp -s same.csv results/same.csv || fail "the command line gives another table"
ls results/same/*.ini >/dev/null || fail 'no snapshot'
cp results/same/*.ini snapshot.ini
rm -r results
run 0 snapshot.ini --no-plots
cmp -s same.csv results/same.csv || fail 'the snapshot gives another table'

sweep circle 'lr = $train.warmup
warmup = ${train.lr / 2}'
run 2 plan circle.ini
has err 'circle.ini:15: train.lr: the value goes in a circle: train.lr needs train.warmup, which needs train.lr'
sweep range 'warmup = ${train.batch_size / 48}'
run 2 range.ini
has err "range.ini:15: train.warmup: '1' is not a number in [0, 1); it comes of '\${train.batch_size / 48}'"
[ "$(grep -c range.ini: err)" = 1 ] || fail "told more than once"
finish
