# known: what `plan` knows before anything trains: points that cannot train and why, what is odd about a training,
# shapes of datasets whose files are elsewhere; and `run` says the same in the same place.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
mkdir none
export HOME=$T/none # no ~/.cache/sweep

# Without files the known datasets are planned and shown; what is not checked is said; only a run needs them.
for set in mnist:10:28 fashion-mnist:10:28 kmnist:10:28 emnist-digits:10:28 emnist-letters:26:28 emnist-balanced:47:28; do
  IFS=: read -r name classes side <<<"$set"
  printf '[data]\ndataset = %s\n[model]\nlayers = flatten, dense %s\n' "$name" "$classes" >"$name.ini"
  SWEEP_DATA=none run 0 plan "$name.ini"
  has out '1 trial to train' "$((side * side * classes + classes))"
  has err "warning: dataset $name: no " 'nothing of its files is checked'
  SWEEP_DATA=none run 0 show "$name.ini"
  has out "input 1x${side}x$side, $classes classes"
  has err "warning: dataset $name: no "
done
SWEEP_DATA=none run 0 list datasets
SWEEP_DATA=none run 4 mnist.ini
has err 'mnist.ini:2: data.dataset: dataset mnist: no train-images-idx3-ubyte'
[ ! -e results/mnist.csv ] || fail "a run without data wrote a table"
printf '[data]\ndataset = idx\npath = none\n' >idx.ini
run 4 plan idx.ini # nobody knows its shape

# Files that are there are looked at, also when they are damaged.
mkdir broken
printf 'no image' | tee broken/train-images-idx3-ubyte >broken/train-labels-idx1-ubyte
cp broken/train-images-idx3-ubyte broken/t10k-images-idx3-ubyte
cp broken/train-images-idx3-ubyte broken/t10k-labels-idx1-ubyte
run 4 plan mnist.ini data.path=broken

# Every point of the files in sweeps/ can train; of a table or a text nothing is known without its file, and some
# are made by a line in the sweep file; what a network begins with is another matter.
for f in "$SOURCE"/sweeps/*.ini; do
  places=none
  if grep -qE '^dataset *= *(csv|text|pairs)' "$f"; then
    places=$SWEEP_DATA
    [ -e "$places/$(sed -nE 's/^(file|from) *= *([^ ;]+).*/\2/p' "$f")" ] || continue
  fi
  begins=()
  ! grep -q '^start *=' "$f" || begins=(model.start=none)
  ! grep -q '^judge *=' "$f" || begins=(train.judge= 'sweep.objective=min val_loss')
  SWEEP_DATA=$places run 0 plan "$f" "${begins[@]}"
  hasnot out 'can never train' 'skipped'
  grep -qE '[0-9]+ trials? to train' out || fail "$f trains nothing"
done

# A class without a sample, of those that the labels name: 6 of 256 have one where a stray label is 255.
idx() { # PREFIX LABEL...
  local n=$(($# - 1)) prefix=$1
  shift
  {
    printf '\0\0\010\003\0\0\0'"\\$(printf %o "$n")"'\0\0\0\002\0\0\0\002'
    head -c $((4 * n)) /dev/zero | tr '\0' 'x'
  } >stray/"$prefix"-images-idx3-ubyte
  {
    printf '\0\0\010\001\0\0\0'"\\$(printf %o "$n")"
    for l; do printf "\\$(printf %o "$l")"; done
  } >stray/"$prefix"-labels-idx1-ubyte
}
mkdir stray
idx train 0 1 2 3 4 0 1 2 3 255
idx t10k 0 1 2 3
printf '[data]\ndataset = idx\npath = stray\nvalidation = 0\n[sweep]\nobjective = min train_loss\n[model]\nlayers = flatten, dense $classes\n' >stray.ini
run 0 plan stray.ini
has out '250 of 256 classes have no training sample, such as 5'
run 0 show stray.ini
has out '250 of 256 classes have no training sample, such as 5'
tiny few
sed -i 's/^train = 320/train = 9/' few.ini
run 0 plan few.ini
has out '1 of 10 classes has no training sample: '

# Trainings without a step, and batchnorm over a single value.
tiny drop '[grid]' 'train.batch_size = 64, 512'
sed -i 's/^lr = 0.1/lr = 0.1\ndrop_last = yes/' drop.ini
run 0 plan drop.ini
has out 'skipped: drop_last leaves no step: batch_size is 512 and there are 320 training samples' '1 trial to train' \
  '1 point can never train: drop_last leaves no step'
run 0 drop.ini --no-plots
[ "$(column results/drop.csv status | tr '\n' ' ')" = 'complete skipped ' ] || fail "$(cat results/drop.csv)"
tiny one '[grid]' 'train.batch_size = 1, 29, 32'
sed -i 's/dense \$units, relu/dense $units, batchnorm, relu/; s/^train = 320/train = 320\n/' one.ini
run 0 plan one.ini
has out 'batchnorm has a single value' 'the last batch of an epoch holds one image' '2 trials to train'
[ "$(grep -c 'holds one image' out)" -eq 1 ] || fail "$(cat out)"
run 0 plan one.ini train.drop_last=yes
hasnot out 'holds one image'

# Where nothing is left, plan and run say so with the same words, in the same place, with the same status.
run 2 plan drop.ini train.batch_size=512
cp err plan.err
has out 'can never train'
run 2 drop.ini train.batch_size=512 sweep.name=nothing
cmp -s err plan.err || fail "plan and run differ: $(diff plan.err err)"
has err 'every point of the grid is skipped; the first because drop_last leaves no step'
tiny require '[grid]' 'model.units = 8, 9, 10' '[require]' 'model = params < 10'
run 2 plan require.ini
has out '3 points can never train: params < 10'
cp err plan.err
run 2 require.ini
cmp -s err plan.err || fail "plan and run differ: $(diff plan.err err)"

# A value that is a mistake at some points skips these with its reason, and the others are trained; one that is a mistake
# at every point is told with its place before anything is written. A line is KEY|a sound value|a mistake|what is said.
cp results/drop/models/*.safetensors other.safetensors
cat >mistakes <<'END'
model.freeze|0|9|'9' fits no tensor
model.freeze|0|0 4|leaves nothing to be trained
model.lr_scale|none|9 0.1|'9' fits no tensor
model.start|none|other.safetensors|none of the 4 tensors of other.safetensors fits
model.k|1|3|conv: filters: '2.66
data.train|320|5000|5000
data.validation|160|0|sweep.objective is val_accuracy
data.normalize|standard|centred|is of pixels of 0 to 255
data.dataset|optdigits|friedman|val_accuracy is not measured by regress
train.loss|cross_entropy|mse|is not a loss of classify
END
# mistaken LINE...: the sweep of the mistakes with these lines of [grid].
mistaken() {
  printf '%s\n' '[data]' 'train = 320' 'validation = 160' 'test = 160' '[model]' 'k = 1' 'layers = conv 3x3 ${8 / k}, relu, relu, gap' \
    '  dense 10' '[train]' 'epochs = 1' 'batch_size = 32' '[grid]' "$@" >wrong.ini
}
while IFS='|' read -r -u3 key good bad why; do
  mistaken "$key = \"$good\", \"$bad\""
  run 0 plan wrong.ini
  has out "$why" '1 trial to train, 1 point skipped'
  grep -qE '^ *2 .*skipped: (data|model|train|sweep)\.' out || fail "$key: $(cat out)"
  mistaken "$key = \"$bad\"" 'train.lr = 0.1, 0.2'
  run 2 plan wrong.ini
  empty out
  cp err plan.err
  run 2 wrong.ini
  cmp -s err plan.err || fail "plan and run differ: $(diff plan.err err)"
  grep -qE "^wrong.ini:[0-9]+: (model.layers|sweep.objective|$key): .*" err && has err "$why"
  [ ! -e results/wrong ] || fail "$key: something was written"
done 3<mistakes
mistaken 'model.freeze = 0, 9' 'train.lr = 0.1, 0.2'
run 0 wrong.ini -q --no-plots
[ "$(column results/wrong.csv status | tr '\n' ' ')" = 'complete complete skipped skipped ' ] || fail "$(cat results/wrong.csv)"
has results/wrong.csv "model.freeze: '9' fits no tensor"
run 0 show wrong.ini --point 3
has out "skipped           model.freeze: '9' fits no tensor"
run 0 verify wrong && has out '2 of 2 trials are the same'
run 0 plan wrong.ini search.method=random search.trials=2
has out "drawn that can never train, the first because of: wrong.ini:13: model.freeze: '9' fits no tensor"
mistaken 'model.freeze = 8, 9'
run 2 plan wrong.ini # different mistakes: the first, and that there are more
has err "every point of the grid is skipped; the first because wrong.ini:13: model.freeze: '8' fits no tensor"
finish
