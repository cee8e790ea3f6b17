# reconstruct: autoencoders from the sweep file to the report, dense, of convolutions, denoising and variational: tables of
# their own metrics, of both parts of the loss where there are two; the same bytes for any number of workers, level and
# interruption; what does not fit is told with what to write.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >a.ini <<'END'
[sweep]
repeats = 2
objective = min val_mse
keep = all
[data]
train = 300
validation = 100
test = 100
normalize = unit
[train]
task = reconstruct
epochs = 4
lr = 0.01
batch_size = 32
loss = bce
[model]
size = 4
noise = none
layers =
    $noise, flatten, dense 24, relu, dense $size
    dense 24, relu, dense 64, reshape 1x8x8
[model.convolutions]
layers =
    conv 3x3 4 stride 2 pad 1, relu, conv 3x3 $size stride 2 pad 1
    conv_transpose 2x2 4 stride 2, relu, upsample 2, conv 3x3 1 pad same
[model.noisy]
noise = gaussian_noise 0.3
[model.variational]
layers =
    flatten, dense 24, relu, dense ${2*size}, sample
    dense 24, relu, dense 64, reshape 1x8x8
[grid]
model.variant = none, convolutions, noisy, variational
train.beta = 1, 0.5 when model.variant = variational
END
run 0 a.ini -q -j 1 --out one
run 0 a.ini -q --no-plots -j 2 --out two
run 0 a.ini -q --no-plots --isa ref --out plain
run 3 a.ini -q --no-plots -j 2 --out halted stop.epochs=20
run 0 a.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other a; done
head -n 1 one/results/a.csv |
  grep -q ',train_loss,train_mse,train_psnr,train_reconstruction,train_divergence,val_loss,' || fail "columns: $(head -n 1 one/results/a.csv)"
[ "$(grep -c ',complete,' one/results/a.csv)" -eq 10 ] || fail "trials: $(cat one/results/a.csv)"
grep -q accuracy one/results/a*.csv && fail "a reconstruction has accuracies"
# The loss is reconstruction + beta * divergence; without a divergence there are no parts.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { beta = $c["train.beta"]; loss = $c["test_loss"]; parts = $c["test_reconstruction"] + beta * $c["test_divergence"]
    if ((beta != "") != ($c["test_divergence"] != "") || (beta != "" && (loss - parts > 1e-4 || parts - loss > 1e-4))) exit 1
    if (!($c["test_psnr"] > 5) || !($c["test_mse"] > 0)) exit 1 }' one/results/a.csv || fail "parts: $(cat one/results/a.csv)"
run 0 report a --out one --markdown
has out 'objective: min val_mse' '| test mse, mean |'
has one/results/a.about.csv 'metric.psnr,larger -inf inf' 'metric.divergence,smaller 0 inf'
run 0 show a.ini
has out 'input 1x8x8, 64 values of the input' 'task              reconstruct' 'loss              bce'

# Pictures of a variational one: of codes that are drawn, and rows between two samples; the others have no codes to draw.
vae=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $c["model.variant"] == "variational" { print $c["id"]; exit }' one/results/a.csv)
run 0 generate "a@$vae" --out one --to drawn.png && has out drawn.png
run 0 generate "a@$vae" --out one --to plain.png --isa ref && cmp -s drawn.png plain.png || fail 'another level makes other pictures'
run 0 generate "a@$vae" --out one --to rows.png --between --count 3 && [ "$(od -An -tu1 -j16 -N8 rows.png | xargs)" = '0 0 2 57 0 0 0 170' ] ||
  fail "rows: $(od -An -tu1 -j16 -N8 rows.png)"
run 0 generate "one/results/a/models/$vae.safetensors" --to file.png && cmp -s drawn.png file.png || fail 'the file makes other pictures'
run 2 generate "one/results/a/models/$vae.safetensors" --between && has err 'the samples are those of a sweep'
run 2 generate a@1 --out one && has err 'a layer `sample`'
LC_ALL=C sed 's/reshape 1x8x8/reshape 2x4x8/' "one/results/a/models/$vae.safetensors" >other.safetensors
run 2 generate other.safetensors && has err 'the network puts out 2x4x8, and to reconstruct is to put out what it reads, 1x8x8'

# Without parts there are no columns of them, without pictures no decibels.
cat >v.ini <<'END'
[sweep]
objective = min val_loss
[data]
dataset = blobs
features = 5
samples = 100
test_samples = 30
[model]
layers = dense 2, dense 5
[train]
task = reconstruct
epochs = 2
END
run 0 v.ini -q --no-plots
head -n 1 results/v.csv | grep -q ',train_loss,train_mse,val_loss,val_mse,test_loss,test_mse,' || fail "columns of v.csv: $(head -n 1 results/v.csv)"

# refused TEXT WORD...: the sweep file with these settings is refused with that text.
refused() {
  local text=$1
  shift
  run 2 plan "${file:-a.ini}" "$@"
  has err "$text"
}
refused 'sweep.objective: val_accuracy is not measured by reconstruct' 'sweep.objective=max val_accuracy'
refused 'train.loss: bce compares values from 0 to 1; write data.normalize = unit' data.normalize=standard
file=v.ini refused "the network ends with 4, the data has 5 values of the input; end with dense 5" 'model.layers=dense 4'
file=v.ini refused 'sweep.objective: val_divergence is not measured by reconstruct' 'sweep.objective=min val_divergence'
file=v.ini refused 'train.beta: weighs the divergence of a layer `sample`, and the network has none' train.beta=2
file=v.ini refused "train.task: classify has no loss that the layer 'sample' could add to; write reconstruct" train.task=classify \
  'model.layers=dense 4, sample, dense $classes'
file=v.ini refused "'sample': wants an even number of channels" 'model.layers=dense 3, sample, dense 5'
sed '/^train.beta/d; /^\[model.noisy\]/d; /^noise/d; s/\$noise, //' a.ini >fixed.ini
file=fixed.ini refused 'the network ends with 64, the 64 values of the input are 1x8x8; end with reshape 1x8x8' \
  model.variant=none model.size=4 'model.layers=flatten, dense 64'
file=fixed.ini refused 'end with dense 64, reshape 1x8x8, or with maps of that shape' model.variant=none model.size=4 'model.layers=conv 3x3 1'
file=fixed.ini refused 'train.loss: bce takes the sigmoid of what the network puts out by itself' model.variant=none \
  'model.layers=conv 3x3 1 pad same, sigmoid'
run 0 list tasks
has out reconstruct 'loss, mse, psnr, reconstruction, divergence' 'mse, bce, mae'
run 0 list layers
has out sample
finish
