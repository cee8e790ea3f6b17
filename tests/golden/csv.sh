# csv: a table in a file trains end to end, also in JSON, and as volumes. What was recognised in it is printed, classes have their names in the tables,
# the bytes are the same for any number of workers, level and interruption, numbers are predicted, too; what is wrong is
# told with its line; sweeps/titanic.ini trains from the raw file where that is there.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

mkdir data
awk 'BEGIN {
  print "id,\"size, in cm\",colour,age,price,kind"
  for (i = 0; i < 240; i++) {
    k = i % 3
    printf "%d,%d,%s,%s,%.2f,%s\n", i, 10 * k + i % 7, i % 5 < 2 ? "red" : "blue", i % 11 ? 20 + i % 13 : "", 3 * k + i % 4 / 4,
      k == 0 ? "cat" : k == 1 ? "\"dog, large\"" : "owl"
  }
}' >data/animals.csv
cat >animals.ini <<'EOT'
[sweep]
repeats = 2
[data]
dataset = csv
path = data
file = animals.csv
drop = id, price
[model]
layers = dense 8, relu, dense $classes
[train]
epochs = 8
lr = 0.05
batch_size = 16
[grid]
data.missing = mean, median, drop
data.seed = 0, 1
EOT
run 0 plan animals.ini
has out 'data/animals.csv: 240 rows and 6 columns; 192 to train and to validate, 48 to test, 4 features' \
  'kind: the target, 3 classes: cat 64, dog, large 64, owl 64' 'size, in cm: whole numbers' \
  'colour: 2 categories, a feature each: blue, red' 'age: whole numbers; 22 missing (mean)' \
  'age: whole numbers; 22 missing (median)' '218 rows and 6 columns, 22 rows with missing values left out' \
  'not used: id, price'
[ "$(grep -c 'missing (mean)' out)" -eq 1 ] || fail "a dataset is described twice: $(cat out)"
run 0 animals.ini --no-plots -j 1 --out one
has err 'data/animals.csv: 240 rows' 'kind: the target, 3 classes'
run 0 animals.ini -q --no-plots -j 2 --out two
[ ! -s err ] || fail "quiet: $(cat err)"
run 0 animals.ini -q --no-plots --isa ref --out plain
run 3 animals.ini -q --no-plots -j 2 --out halted stop.epochs=40
run 0 animals.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other animals; done
head -n 1 one/results/animals.confusion.csv | grep -qx 'true,cat,"dog, large",owl' ||
  fail "names of classes: $(cat one/results/animals.confusion.csv)"
has one/results/animals.classes.csv 'owl,'

# A volume of slices from a table, trained with several batches a step and epochs of so many steps; slices tell the classes
# apart. The same bytes however it is run.
awk 'BEGIN {
  for (i = 0; i < 96; i++) {
    line = ""
    for (at = 0; at < 64; at++) {
      d = int(at / 16); h = int(at / 4) % 4; w = at % 4
      line = line (i * 37 + at * 29) % 10 / 10 + (i % 2 ? d == h : d == w) ","
    }
    print line "k" i % 2
  }
}' >data/volumes.csv
cat >volumes.ini <<'EOT'
[data]
dataset = csv
path = data
file = volumes.csv
header = no
image = 1x4x4x4
[model]
layers =
    conv 3x3x3 6 pad 1, batchnorm, relu
    residual { conv 3 8 stride 2 pad 1, batchnorm }, relu, avgpool 2x1x1
    gap, dense $classes
[train]
epochs = 8
batch_size = 8
accumulate = 2
epoch_steps = 3
lr = 0.05
[grid]
train.precision = fp32, bf16
EOT
run 0 show volumes.ini
has out '8x2x2x2' '8x1x2x2' '7x5x5' '4x2x2' 'conv2d 1 8 stride 2x2x2'
run 0 volumes.ini -q --no-plots -j 1 --out vone
run 0 volumes.ini -q --no-plots -j 2 --out vtwo
run 0 volumes.ini -q --no-plots --isa ref --out vplain
run 3 volumes.ini -q --no-plots -j 1 --out vhalted stop.epochs=5
run 0 volumes.ini -q --no-plots --out vhalted
for other in vtwo vplain vhalted; do same vone $other volumes; done
[ "$(column vone/results/volumes.csv val_accuracy | sort -u)" = 1 ] || fail "volumes: $(cat vone/results/volumes.csv)"

# The same table in JSON, objects one a line, trains to the same metrics.
awk -F, 'NR == 1 { next }
  { kind = $6 == "\"dog" ? "dog, large" : $6
    printf "{\"id\": %d, \"size, in cm\": %d, \"colour\": \"%s\", \"age\": %s, \"price\": %s, \"kind\": \"%s\"}\n", $1, $2, $3,
      $4 == "" ? "null" : $4, $5, kind }' data/animals.csv >data/animals.json
sed -e 's/^dataset = csv/dataset = json/' -e 's/animals.csv/animals.json/' animals.ini >objects.ini
run 0 objects.ini --no-plots --out objects
has err 'data/animals.json: 240 rows and 6 columns' 'kind: the target, 3 classes: cat 64, dog, large 64, owl 64'
for name in test_loss val_accuracy; do
  column one/results/animals.csv $name >want
  column objects/results/objects.csv $name >got
  [ -s want ] && cmp -s want got || fail "$name of the same table in JSON: $(paste want got)"
done
sed -i '5s/: /= /' data/animals.json
run 4 plan objects.ini
has err "data/animals.json:5: is not JSON: ':' expected near '='"

# A sheet of a workbook.
printf '[data]\ndataset = xlsx\nfile = %s\nsheet = trees & more\ntarget = species\ntest_part = 0.4\nvalidation = 0\n[model]\nlayers = dense $classes\n[train]\nepochs = 2\n[sweep]\nobjective = min train_loss\n' "$SOURCE/tests/data/table.xlsx" >trees.ini
run 0 trees.ini -q --no-plots data.target=height data.missing=drop data.drop=note 'model.layers=dense $targets'
has out '1 trial: 1 complete'
run 0 predict trees "$SOURCE/tests/data/table.xlsx"
lines out 6

# The same file again is the same data, whatever its name; another one with the same name is not.
gzip -c data/animals.csv >data/packed.csv.gz
cp data/animals.csv data/copy.csv
run 0 animals.ini -q --no-plots --out one data.file=copy.csv
has out '12 trials: 12 complete'
run 0 show animals.ini data.file=packed.csv.gz
has out 'input 4, 3 classes (csv: 173 to train, 19 to validate, 48 to test)'
sed -i '2s/cat/owl/' data/copy.csv
run 0 animals.ini -q --no-plots --out changed data.file=copy.csv
cmp -s one/results/animals.csv changed/results/animals.csv && fail "another file, the same results"
run 0 animals.ini -q --no-plots --out one
mv data/animals.csv data/away
run 4 plan animals.ini
has err 'data: has no animals.csv, of dataset csv'
mv data/away data/animals.csv

# Numbers to predict, and an image of the features.
run 0 plan animals.ini data.target=price data.drop=id,kind 'model.layers=dense $targets' 'sweep.objective=max val_r2'
has out 'price: the target, a number'
run 0 animals.ini -q --no-plots --out numbers data.target=price data.drop=id,kind 'model.layers=dense 4, tanh, dense $targets' \
  'sweep.objective=max val_r2'
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["test_r2"] > 0.3 { n++ } END { exit n < 6 }' \
  numbers/results/animals.csv || fail "nothing was learned: $(cat numbers/results/animals.csv)"
printf '[data]\ndataset = csv\npath = data\nfile = animals.csv\ntarget = price, "size, in cm"\ndrop = id, age\n[model]\nlayers = dense 8, tanh, dense $targets\n[train]\nepochs = 8\nlr = 0.05\nbatch_size = 16\n[sweep]\nobjective = max val_r2\n' >both.ini
run 0 both.ini --no-plots --out both
has err 'price, size, in cm: the targets, 2 numbers'
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["test_r2"] < 0.3 { exit 1 }' both/results/both.csv ||
  fail "two numbers are not learned: $(cat both/results/both.csv)"
printf '1,2,3,4,0\n2,3,4,5,1\n3,4,5,6,0\n4,5,6,7,1\n' >data/squares
cat >squares.ini <<'EOT'
[data]
dataset = csv
path = data
file = squares
test_file = squares
image = 1x2x2
validation = 0.25
[model]
layers = conv 2x2 3, relu, gap, dense 2
EOT
run 0 show squares.ini
has out 'input 1x2x2, 2 classes'

# What is wrong is told with its place.
printf 'a,b\n1,x\n2\n' >data/ragged.csv
run 4 plan squares.ini data.file=ragged.csv
has err 'data/ragged.csv:3: has 1 cell, expected 2 as in the first row'
run 2 plan squares.ini data.augment='rotate 7'
has err 'data.augment: augmentations change images, and the samples of csv are none'
run 2 plan squares.ini data.missing=guess
has err 'data.missing' 'mean, median, constant, indicator, drop'
run 0 list datasets
has out csv json cifar10 cifar100

if [ -s "$SWEEP_DATA/csv-real/titanic.csv" ]; then
  run 0 "$SOURCE/sweeps/titanic.ini" -q --no-plots sweep.repeats=1 train.epochs=10
  has out 'titanic: 10 trials: 10 complete'
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["test_accuracy"] < 0.7 { exit 1 }' results/titanic.csv ||
    fail "titanic is not learned: $(cat results/titanic.csv)"
fi
finish
