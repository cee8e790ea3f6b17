# data: `sweep data info` shows what a dataset is like, of a sweep file or by its name: counts by split and class,
# statistics, missing values, samples that are there twice, and its pictures; --json has the same. `sweep data get` fetches.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

awk 'BEGIN {
  print "size,colour,age,kind"
  for (i = 0; i < 60; i++) printf "%d,%s,%s,%s\n", i % 40, i % 5 < 2 ? "red" : "blue", i % 11 ? 20 : "", i % 2 ? "cat" : "dog"
}' >animals.csv
printf '[data]\ndataset = csv\nfile = animals.csv\ntest_file = animals.csv\nvalidation = 0\n[model]\nlayers = dense 3, relu, dense 77\n' >animals.ini
run 0 data info animals.ini --no-plots # the network plays no part
has out 'csv: 4 numbers and one of 2 classes; 60 to train, 0 to validate, 60 to test' \
  'leakage: 60 samples of test are in train, too, such as number 1 of the test part, which is number 1 of the training part'
grep -qE '^dog +30 +0 +30$' out || fail "counts of a class: $(cat out)"
grep -qE '^size +whole number +16\.1667 +[0-9.]+ +0 +39 +0$' out || fail "statistics: $(cat out)"
grep -qE '^age +whole number +20 +0 +20 +20 +12$' out || fail "missing values: $(cat out)"
grep -qE '^colour = red +0 or 1 ' out || fail "a feature of a category: $(cat out)"
[ ! -e plots ] || fail "--no-plots draws"
run 0 data info animals.ini data.test_file= data.validation=6 --json --no-plots
if command -v python3 >/dev/null; then
  python3 - <<'EOF' || fail "the JSON document is not as it should be: $(cat out)"
import json
d = json.load(open("out"))
assert d["dataset"] == "csv" and d["samples"] == {"train": 42, "validation": 6, "test": 12}, d["samples"]
assert [c["class"] for c in d["classes"]] == ["cat", "dog"]
assert [f["name"] for f in d["features"]] == ["size", "colour = blue", "colour = red", "age"]
assert len(d["duplicates"]) == 6 and d["shape"]["channels"] == 4
EOF
fi

# Pictures: histograms of numbers, contact sheets of images, and of what augmentation makes of them.
if command -v gnuplot >/dev/null; then
  run 0 data info moons data.samples=200 noise=0.1
  has out 'moons: 2 numbers and one of 2 classes; 180 to train' 'plots/moons/histograms.svg, .png'
  [ -s plots/moons/histograms.png ] || fail "no picture"
  printf '[data]\ndataset = optdigits\naugment = rotate 10, shift 1\n[grid]\ndata.seed = 5, 6\n' >digits.ini
  run 0 data info digits.ini --out there
  has out 'the data of the first point, data.seed=5' 'there/plots/digits/samples.svg' 'there/plots/digits/augmented.svg' \
    'E. Alpaydin' 'optdigits: 1x8x8 bytes and one of 10 classes' 'no sample is there twice'
  hasnot out histograms
  grep -qE '^grey +byte ' out || fail "the channel: $(cat out)"
  [ -s there/plots/digits/augmented.png ] || fail "no picture of augmented samples"
  run 0 data info digits.ini data.augment= --out there
  [ ! -e there/plots/digits/augmented.png ] || fail "a picture of before is left"
fi

# Every kind of dataset can be looked at: folders of images, IDX files, tables that are images.
mkdir -p pictures/dark pictures/light idx
for i in 1 2 3 4 5 6; do echo "P3 2 1 9 $i 2 3 0 0 1" >pictures/light/$i.ppm; done
for i in 1 2 3 4; do echo "P2 2 1 9 1 3" >pictures/dark/$i.pgm; done
run 0 data info images data.path=pictures data.test_part=0.4 --no-plots
has out 'images: 3x1x2 bytes and one of 2 classes' 'light' 'leakage: 2 samples of test are in train, too'
grep -qE '^blue +byte ' out || fail "channels: $(cat out)"
for part in train t10k; do
  printf '\0\0\010\003\0\0\0\2\0\0\0\1\0\0\0\2abcd' >idx/$part-images-idx3-ubyte
  printf '\0\0\010\001\0\0\0\2\0\1' >idx/$part-labels-idx1-ubyte
done
run 0 data info idx path=idx validation=0 --no-plots
has out 'idx: 1x1x2 bytes' 'leakage: 2 samples of test are in train, too, such as number 1 of the test part'
printf '1,2,3,4,0\n2,3,4,5,1\n3,4,5,6,0\n4,5,6,7,1\n' >squares.csv
run 0 data info csv file=squares.csv test_file=squares.csv image=1x2x2 validation=0 --no-plots
has out 'csv: 1x2x2 numbers and one of 2 classes'
run 0 data info xlsx "file=$SOURCE/tests/data/table.xlsx" 'sheet=trees & more' target=index target_type=number features=height,rings validation=0 --no-plots
has out 'xlsx: 2 numbers and 1 number to predict'

# What is fetched is put where datasets are looked for; without a network it is said what can be done. (unit_data has
# the ways in which a server can misbehave.)
run 2 data get mnits
has err "'mnits' is no dataset that can be fetched; did you mean 'mnist'?; there are mnist, fashion-mnist, kmnist"
SWEEP_DATA=empty SWEEP_MIRROR=http://127.0.0.1:1 run 4 data get mnist
has out 'mnist: licence: CC BY-SA 3.0'
has err 'empty/mnist/train-images-idx3-ubyte.gz: could not be fetched: ' 'put the file of that name there by hand'
[ -z "$(find empty -type f)" ] || fail "something is left of nothing: $(find empty)"
SWEEP_DATA=empty HOME=$T run 4 data info mnist
has err 'or fetch it: sweep data get mnist'
if [ -s "$SWEEP_DATA/mnist/t10k-images-idx3-ubyte.gz" ] && command -v python3 >/dev/null; then
  python3 -u -m http.server --bind 127.0.0.1 --directory "$SWEEP_DATA" 0 >served 2>&1 &
  server=$!
  for _ in $(seq 100); do grep -q 'port [0-9]' served && break; sleep 0.05; done
  port=$(sed -nE 's/.*port ([0-9]+).*/\1/p' served)
  mkdir -p fetched/mnist
  head -c 3000000 "$SWEEP_DATA/mnist/train-images-idx3-ubyte.gz" >fetched/mnist/train-images-idx3-ubyte.gz.part
  SWEEP_MIRROR=http://127.0.0.1:$port run 0 data get mnist --to fetched
  SWEEP_MIRROR=http://127.0.0.1:$port run 0 data get mnist --to fetched
  has err 'train-images-idx3-ubyte.gz: is there already'
  kill "$server"
  cmp fetched/mnist/train-images-idx3-ubyte.gz "$SWEEP_DATA/mnist/train-images-idx3-ubyte.gz" || fail "not what was served"
  SWEEP_DATA=fetched run 0 data info mnist --no-plots --json
fi

# What is wrong is told.
run 2 data info mnit
has err "'mnit' is neither a dataset nor a sweep file; did you mean 'mnist'?"
run 2 data inform mnist
has err "'inform' is nothing that \`sweep data\` does"
run 2 data info moons data.sample=3
has err 'command line: data.sample: there is no such key of moons'
run 2 data info moons 7
has err "'7' is no key of [data] with its value"
run 2 data info moons samples=0
has err 'data.samples'
run 4 data info mnist data.path=nowhere
has err 'nowhere: no such folder, of dataset mnist'
run 2 data info csv
has err 'data.file: csv wants the name of its file'
finish
