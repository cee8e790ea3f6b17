# adversarial: a generator and a critic from the sweep file to pictures: tables of their own metrics, a judge that was
# trained here, the same bytes for any number of workers, level and interruption, of generated pictures too; what does not
# fit is told with what to write.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >judge.ini <<'END'
[data]
train = 320
validation = 64
test = 64
[model]
layers =
    flatten, dense 16, relu
    dense $classes
[train]
epochs = 3
END
run 0 judge.ini -q --no-plots
cp results/judge/models/*.safetensors judge.safetensors
cat >g.ini <<'END'
[sweep]
objective = min val_frechet
keep = all
[data]
train = 160
validation = 64
test = 64
normalize = unit
[model]
noise = 8
layers =
    dense 32, relu
    dense 64, sigmoid, reshape 1x8x8
critic =
    flatten, dense 24, leaky_relu
    dense 1
[train]
task = generate
judge = judge.safetensors
epochs = 2
batch_size = 32
lr = 0.002
critic_lr = 0.004
[grid]
train.loss = gan, lsgan, hinge, wgan
train.critic_steps = 2 when train.loss = wgan
END
run 0 g.ini -q -j 1 --out one
run 0 g.ini -q --no-plots -j 2 --out two
run 0 g.ini -q --no-plots --isa ref --out plain
run 3 g.ini -q --no-plots -j 2 --out halted stop.epochs=3
run 0 g.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other g; done
head -n 1 one/results/g.csv | grep -q ',test_loss,test_critic_loss,test_frechet,test_inception' || fail "$(head -n 1 one/results/g.csv)"
[ "$(grep -c ',complete,' one/results/g.csv)" -eq 4 ] || fail "trials: $(cat one/results/g.csv)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { if (!($c["test_frechet"] > 0) || !($c["test_inception"] >= 1) || $c["train_frechet"] != "") exit 1
    if ($c["train.loss"] != "wgan" && !($c["test_critic_loss"] > 0)) exit 1 }' one/results/g.csv || fail "metrics: $(cat one/results/g.csv)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { collapse = $c["epoch"] > 1 && $c["diversity"] < 0.5; n++
    if (!($c["diversity"] > 0) || collapse != ($c["warning"] == "collapse")) exit 1 } END { exit n != 8 }' one/results/g.epochs.csv ||
  fail "diversity: $(cat one/results/g.epochs.csv)"
grep -q '^[0-9]*,made,' one/results/g.pictures.csv || fail "no pictures in the table"
[ -s one/plots/g/pictures.png ] || fail "no pictures are drawn"
run 0 verify g --out one --sample 1 && has out 'the same, number by number'
# A judge that is another file than the first time is told, by its own key.
sed -i '2{s/0$/1/;t;s/.$/0/}' one/results/g/starts.csv
run 0 g.ini -q --no-plots --out one
has err 'train.judge = judge.safetensors: the file is not the one that this sweep began with'
run 0 eval g@1 --out one
grep -q "^test_frechet,$(column one/results/g.csv test_frechet | head -n 1)$" out || fail "eval measures something else: $(cat out)"
run 0 report g --out one --markdown && has out 'objective: min val_frechet'
run 0 show g.ini && has out 'generator         layers 1 to 5, from 8 numbers of noise to 1x8x8' 'critic            layers 6 to 9' \
  'task              generate'

# size FILE: width and height of a PNG below 65536.
size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'; }
generate() { run 0 generate g@1 --out one "$@"; }
generate && has out g.png && [ "$(size g.png)" = '455 455' ] || fail "64 pictures: $(size g.png)"
generate --count 7 --to seven.png && [ "$(size seven.png)" = '170 170' ] || fail "7 pictures: $(size seven.png)"
generate --count 7 --to plain.png --isa ref && cmp -s seven.png plain.png || fail "another level makes other pictures"
generate --count 7 --to other.png --seed 2 && ! cmp -s seven.png other.png || fail "the seed is not seen"
generate --between --count 2 --to between.png && [ "$(size between.png)" = '569 113' ] || fail "rows: $(size between.png)"
run 0 generate "one/results/g/models/$(column one/results/g.csv id | head -n 1).safetensors" --count 7 --to file.png && cmp -s seven.png file.png ||
  fail "the file makes other pictures"

run 2 generate judge && has err 'has learned to classify'
run 2 generate g@1 --out one --length 3 && has err '--length is for networks that make texts'
run 2 predict g@1 --split test --out one && has err 'reads no samples'
run 2 inspect g@1 --out one && has err 'reads no samples'
run 2 export g@1 --to onnx --out one && has err 'has learned to generate'

# refused TEXT WORD...: the sweep file with these settings is refused with that text.
refused() {
  local text=$1
  shift
  run 2 plan g.ini "$@"
  has err "$text"
}
refused 'model.critic: classify has no critic' train.task=classify train.judge= train.critic_lr=0 train.critic_steps=1 train.loss=auto \
  'sweep.objective=max val_accuracy'
refused 'val_frechet is not measured by generate' train.judge=
run 4 plan g.ini train.judge=nothing.safetensors && has err 'train.judge: nothing.safetensors'
for more in "min train_frechet" "max train_inception"; do
  refused "${more#* } is measured only where it selects the epoch" "sweep.objective=min val_loss, $more"
done
refused 'noise' model.noise=0
refused 'the network ends with 64, the 64 numbers of a sample are 1x8x8; end with reshape 1x8x8' 'model.layers=dense 64'
refused 'the data has 1 number of the critic; end with dense 1' 'model.critic=flatten, dense 2'
refused 'the critic has no weights, and so it learns nothing; end it with dense 1' model.critic=gap
refused 'here begins the critic' 'model.critic=batchnorm, flatten, dense 1'
refused 'here begins the critic' 'model.layers=dense 64, reshape 1x8x8, save a, relu' 'model.critic=add a, flatten, dense 1'
refused "average pooling and dropout, and not of 'batchnorm'" train.loss=wgan train.critic_steps=1 'model.critic=flatten, dense 8, batchnorm, dense 1'
refused "average pooling and dropout, and not of 'selu'" train.loss=wgan train.critic_steps=1 'model.critic=flatten, dense 8, selu, dense 1'
refused 'the penalty of wgan is computed in fp32' train.loss=wgan train.critic_steps=1 train.precision=bf16
sed '/^critic = *$/,/^    dense 1$/d' g.ini >without.ini
run 2 plan without.ini && has err 'without.ini:10: model.noise: no text uses this variable, and there is no critic'
sed -i '/^noise/d' without.ini
run 2 plan without.ini && has err 'model.critic: generate wants a second network'
run 0 plan g.ini train.loss=gan train.critic_steps=1 train.precision=bf16
finish
