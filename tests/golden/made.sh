# made: datasets that are made from keys of their own train end to end. The keys are axes, the bytes are the same for any
# number of workers, level and interruption, and what is wrong with a key is told with its place.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >moons.ini <<'EOF'
[sweep]
repeats = 2
[data]
dataset = moons
noise = 0.1
[model]
layers =
    dense 12, relu
    dense $classes
[train]
epochs = 8
lr = 0.02
batch_size = 32
[grid]
data.samples = 200, 600
data.noise = 0.1, 0.4
data.seed = 0, 7
EOF
run 0 moons.ini -q --no-plots -j 1 --out one
run 0 moons.ini -q --no-plots -j 2 --out two
run 0 moons.ini -q --no-plots --isa ref --out plain
run 3 moons.ini -q --no-plots -j 2 --out halted stop.epochs=60
run 0 moons.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other moons; done
# What the best point says of the cells of a grid is what it says of the training samples in them.
awk -F, 'NR == 1 { next }
  $1 == "cell" { x[n] = $2; y[n] = $3; said[n++] = $4; if ($5 < 0.5 || $5 > 1) exit 1; next }
  { best = 0
    for (i = 1; i < n; i++) if (($2 - x[i]) ^ 2 + ($3 - y[i]) ^ 2 < ($2 - x[best]) ^ 2 + ($3 - y[best]) ^ 2) best = i
    right += said[best] == $4; if (($2 - x[best]) ^ 2 > 0.01) exit 1; samples++ }
  END { exit n != 48 * 48 || (samples != 180 && samples != 300) || right < 0.9 * samples }' one/results/moons.regions.csv ||
  fail "regions: $(tail -n 20 one/results/moons.regions.csv)"
cut -d, -f1-5,8-10,25- one/results/moons.csv >shown
expected shown made-trials.csv
[ "$(tail -n +2 one/results/moons.csv | cut -d, -f6 | sort -u | wc -l)" -eq 16 ] || fail "other data, the same trial"
run 0 show moons.ini data.noise=0.25
has out 'input 2, 2 classes (moons: 180 to train, 20 to validate, 1000 to test)'

# The dataset is an axis, and so are keys that only one of them has.
cat >shapes.ini <<'EOF'
[data]
samples = 120
test_samples = 60
[model]
layers = dense 8, relu, dense $classes
[train]
epochs = 2
[grid]
data.dataset = moons, circles, spirals, blobs, xor
data.classes = 4, 5 when data.dataset = blobs
data.normalize = standard, unit
EOF
run 0 shapes.ini -q --no-plots -j 2 --out one
[ "$(grep -c ',complete,' one/results/shapes.csv)" -eq 12 ] || fail "12 points of five datasets do not all end"

# refused TEXT LINE...: a file of these lines under [data] is refused with that text.
refused() {
  local text=$1
  shift
  { echo '[data]' && printf '%s\n' "$@"; } >bad.ini
  run 2 plan bad.ini
  has err "$text"
}
refused 'bad.ini:3: data.noise: is not used by optdigits; moons, circles, spirals, blobs, xor, ' \
  'dataset = optdigits' 'noise = 0.1'
refused 'bad.ini:3: data.turns: is not used by moons; spirals has it' 'dataset = moons' 'turns = 2'
refused "bad.ini:3: data.samples: '0' is not an integer 1..10000000" 'dataset = moons' 'samples = 0'
refused 'bad.ini:3: data.augment: augmentations change images' 'dataset = xor' 'augment = hflip'
refused "bad.ini:3: data.train: 2000 samples asked for, dataset moons has 900 beside validation" 'dataset = moons' \
  'train = 2000'
run 0 list keys
has out 'only with spirals'
finish
