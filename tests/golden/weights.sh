# weights: class_weights from the sweep file to the tables: rare classes are found, the same bytes for any number of
# workers and level, what cannot be is told; and classes of one sample, of none, and one class alone.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# rows CLASS N: N rows of two numbers around the class's own place.
rows() {
  awk -v class="$1" -v n="$2" 'BEGIN { srand(class + 7); for (i = 0; i < n; i++)
    printf "%.3f,%.3f,c%d\n", 1.2 * class + rand() - rand(), 0.7 * class + rand() - rand(), class }'
}
{ echo x,y,kind; rows 0 300; rows 1 30; } >rare.csv
{ echo x,y,kind; rows 0 40; rows 1 40; rows 2 1; } >single.csv
{ echo x,y,kind; rows 0 40; } >only.csv
cat >w.ini <<'END'
[sweep]
repeats = 2
objective = min val_loss
[data]
dataset = csv
file = rare.csv
target = kind
validation = 0.3
[model]
layers = dense 6, relu, dense $classes
[train]
epochs = 8
lr = 0.02
[grid]
train.class_weights = none, balanced, "1, 10", "1,10.0"
END
run 0 w.ini -q --no-plots -j 1 --out one
run 0 w.ini -q --no-plots -j 2 --isa ref --out two
same one two w
# recall WEIGHTS: what the point alone finds of the rare class.
recall() {
  run 0 w.ini -q --no-plots sweep.name=r train.class_weights="$1"
  awk -F, '$1 == "c1" { print $3 }' results/r.classes.csv
}
head -n 1 one/results/w.classes.csv | grep -q '^class,precision,recall,' || fail "columns of w.classes.csv"
plain=$(recall none) weighed=$(recall balanced)
awk "BEGIN { exit !($weighed > $plain) }" || fail "recall $plain without, $weighed with weights"
[ "$(column one/results/w.csv same_as | sort -u | tr -d '\n')" ] || fail "two lists of the same weights are two trainings"

# Balanced sampling finds it, too.
run 0 w.ini -q --no-plots -j 2 --out one sweep.name=s train.class_weights=none train.sampling=shuffle,balanced
run 0 w.ini -q --no-plots -j 1 --isa ref --out two sweep.name=s train.class_weights=none train.sampling=shuffle,balanced
same one two s
run 3 w.ini -q --no-plots -j 1 --out three sweep.name=s train.class_weights=none train.sampling=shuffle,balanced stop.epochs=9
run 0 w.ini -q --no-plots -j 1 --out three sweep.name=s train.class_weights=none train.sampling=shuffle,balanced
same one three s
run 0 w.ini -q --no-plots sweep.name=r train.class_weights=none train.sampling=balanced
drawn=$(awk -F, '$1 == "c1" { print $3 }' results/r.classes.csv)
awk "BEGIN { exit !($drawn > $plain) }" || fail "recall $plain without, $drawn with balanced sampling"

run 2 plan w.ini 'train.class_weights="1, 2, 3"'
has err 'train.class_weights: has 3 weights, and there are 2 classes; write one for each, in their order'
run 2 plan w.ini train.class_weights=balance
has err "train.class_weights: 'balance' is not none, balanced, or a list of numbers"
sed -e '/^file/d; /^target/d; s/csv/sines/; s/\$classes/$targets/' w.ini >s.ini
run 2 plan s.ini train.class_weights=balanced
has err 'train.class_weights: regress has no classes to weigh; write none, or leave it out'
sed -i '/^train.class_weights/d; /^\[grid/d' s.ini
run 2 plan s.ini train.sampling=balanced
has err 'train.sampling: regress has no classes to balance; write shuffle, or leave it out'

# A class of one sample is told with its count and trained; one that no training sample has is told; one class alone is
# refused.
for weights in none balanced "none train.sampling=balanced"; do
  run 0 w.ini -q --no-plots sweep.name=single data.file=single.csv train.class_weights=$weights sweep.repeats=1
  grep -q ',complete,' results/single.csv || fail "a class of one sample: $(cat results/single.csv)"
  run 0 plan w.ini data.file=single.csv train.class_weights=$weights
  has out '3 classes: c0 32, c1 32, c2 1'
  run 0 w.ini -q --no-plots sweep.name=none data.file=single.csv data.train=20 train.class_weights=$weights sweep.repeats=1
  grep -q ',complete,' results/none.csv || fail "a class of no sample: $(cat results/none.csv)"
  run 0 plan w.ini data.file=single.csv data.train=20 train.class_weights=$weights
  has out '1 of 3 classes has no training sample: c2'
  run 4 plan w.ini data.file=only.csv train.class_weights=$weights
  has err "column 'kind' has the same value in all rows, there is nothing to learn"
done
finish
