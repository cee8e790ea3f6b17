# A sweep file with many mistakes: all are told in one go, each with file, line and key; nothing runs.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >bad.ini <<'EOF'
[sweep]
repeats = 0
objectve = max val_accuracy
[model]
layers = gap, dense $outputs
[trian]
epochs = 3
[train]
batch_size = 32
batch_size = 64
lr = fast
optimizer = adm
EOF
run 2 bad.ini
empty out
has err 'bad.ini:2: sweep.repeats' "'objective'" 'bad.ini:5: model.layers' "'outputs'" 'bad.ini:6: [trian]' '[train]' \
  'bad.ini:10: train.batch_size' 'line 9' 'bad.ini:11: train.lr' 'bad.ini:12: train.optimizer' "'adam'"
lines err 8
run 2 plan bad.ini
empty out

# So are the mistakes of the data, and those of the network, with or without others.
printf '[data]\ndataset = optdigit\ntrain = 1.5\naugment = rotat 7\n[model]\nlayers = conv 3x3 8, batchnrm\n[train]\nlr = -1\n' >data.ini
run 2 data.ini
has err 'data.ini:2: data.dataset' "'optdigits'" 'data.ini:3: data.train' 'data.ini:4: data.augment' "'rotate'" \
  'data.ini:6: model.layers' "'batchnorm'" 'data.ini:8: train.lr'
printf '[model]\nlayers =\n  conv 3x3 8, batchnrm, relu\n  maxpool 2 wide, gap\n  dense ten\n' >net.ini
run 2 net.ini
has err 'net.ini:3' "'batchnorm'" 'net.ini:4' 'net.ini:5'

# Two mistakes are told in one go, whichever they are: neither keeps the other from being seen. A line is SECTION|LINE
# (more with a backslash n)|what the error says.
cat >mistakes <<'END'
sweep|repeats = 0|sweep.repeats
sweep|objective = max val_loss|sweep.objective
stop|target = x|stop.target
data|augment = rotat 7|data.augment
data|train = 1.5|data.train
model|pool_at = 99\npool = relu|model.pool_at
model|unused = 3|model.unused
model|layers =\n  conv 3x3 8, batchnrm, gap\n  dense 10|'batchnrm'
model|layers =\n  conv 3x3 $unknown, gap\n  dense 10|'unknown'
model|layers =\n  conv 3x3 ${1 +}, gap\n  dense 10|at the end in '1 +'
model.a|layers =\n  conv 3x3 8, relux\n  gap, dense 10\n[grid]\nmodel.variant = none, a|'relux'
model.b|layers =\n  conv 3x3 8, tahn\n  gap, dense 10\n[zip variants]\nmodel.variant = none, b|'tahn'
train|lr = fast|train.lr
train|epochz = 3|train.epochz
zip pools|model.pool = "relu", "sigmoidd"\nmodel.pool_at = 1, 0|'sigmoidd'
zip keys|train.patienc = 1, 2|train.patienc
zip values|train.seed = 1, 2|train.seed
require|model = parms < 3|'parms'
trian|x = 3|[trian]
END
[ "$(wc -l <mistakes)" -eq 19 ] || fail "no mistakes"
exec 3<mistakes
while IFS='|' read -r -u3 s1 l1 e1; do
  exec 4<mistakes
  while IFS='|' read -r -u4 s2 l2 e2; do
    case $s1$s2$l1$l2 in *model.variant*model.variant*) continue ;; *model.pool*pool_at*) continue ;; esac
    if [ "$s1" = "$s2" ] && [ "${l1%% =*}" != "${l2%% =*}" ]; then
      printf '[%s]\n%b\n%b\n' "$s1" "$l1" "$l2"
    elif [ "$s1" \< "$s2" ]; then
      printf '[%s]\n%b\n[%s]\n%b\n' "$s1" "$l1" "$s2" "$l2"
    else
      continue
    fi >two.ini
    "$SWEEP" plan two.ini >out 2>err && fail "two mistakes pass: $e1, $e2"
    grep -qF -e "$e1" err || fail "$e2 hides $e1: $(cat two.ini err)"
    grep -qF -e "$e2" err || fail "$e1 hides $e2: $(cat two.ini err)"
  done
done
exec 3<&- 4<&-

# Those of every variant and of every pool in one go, also without others.
cat >four.ini <<'END'
[model]
pool_at = 1
layers =
    conv 3x3 8, reluu
    gap, dense 10
[model.a]
layers = flatten, denze 10
[model.b]
layers =
    flatten, dense ten
[grid]
model.variant = none, a, b
model.pool = "relu", "sigmoyd"
END
run 2 plan four.ini
has err "four.ini:4: model.layers: unknown layer 'reluu'" "four.ini:7: model.a.layers: unknown layer 'denze'" \
  "four.ini:10: model.b.layers: dense: units: 'ten'" "four.ini:13: model.pool: unknown layer 'sigmoyd'"
lines err 5

# What only the dataset can tell is found with its place all the same, also on an axis; a default is the file's.
misfit() { # PLACE LINE...: the error of [data] with these lines begins with the place
  local place=$1
  shift
  printf '%s\n' '[data]' "$@" >fit.ini
  run 2 plan fit.ini
  [ "$(head -c ${#place} err)" = "$place" ] || fail "not at $place: $(cat err)"
}
misfit 'fit.ini:2: data.train: 50000' 'train = 50000'
misfit 'fit.ini:3: data.test: 99999' 'train = 0.5' 'test = 99999'
misfit 'fit.ini:2: data.validation: sweep.objective is val_accuracy' 'validation = 0'
misfit 'fit.ini:2: data.train: 5000' 'train = 5000' '[grid]' 'train.lr = 0.1, 0.2'
misfit 'fit.ini:2: data.normalize: centred is of pixels of 0 to 255' 'normalize = centred'
misfit 'fit.ini:3: data.normalize: imagenet is of three colours' '[grid]' 'data.normalize = imagenet' 'train.lr = 0.1, 0.2'
misfit 'fit.ini:3: data.normalize: imagenet is of pixels, and dataset moons has numbers' 'dataset = moons' 'normalize = imagenet'
misfit 'fit.ini: data.path: idx wants' 'dataset = idx'
misfit 'fit.ini: data.validation: train 1' 'train = 1'

printf '[sweep]\nname = t.points\n' >fit.ini # whose tables would be those of a sweep t
run 2 fit.ini
has err "fit.ini:2: sweep.name: 't.points'"

# The reader's own traps: a line that is too long, a name that would be cut.
{
  echo '[model]'
  echo "layers ="
  printf '    conv 3x3 8, relu'
  for _ in $(seq 30); do printf ', dropout 0.1'; done
  echo
  echo "    gap, dense 10"
} >long.ini
run 2 long.ini
has err 'long.ini:3'
printf '[model]\n%s = 1\n' "$(printf 'k%.0s' $(seq 60))" >key.ini
run 2 key.ini
has err 'key.ini:2'
printf '[data]\ntrain = 0.5\0\nvalidation = 0.2\n' >nul.ini
run 2 nul.ini
has err 'nul.ini:2'
printf 'stray = 1\n[data]\ntrain = 0.5\n' >stray.ini
run 2 stray.ini
has err 'stray.ini:1'
# A FIFO has no end, nor a beginning, until somebody writes: refused in place of any file; a pipe with a writer is read.
mkfifo fifo.ini
timeout 300 "$SWEEP" plan fifo.ini >out 2>err
[ $? -eq 4 ] || fail "a FIFO as a sweep file: $(cat out err)"
has err 'fifo.ini: is a named pipe (FIFO), expected a file'
mkdir fifos
for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do mkfifo "fifos/$f-ubyte"; done
printf '[data]\ndataset = idx\npath = fifos\n' >fifos.ini
timeout 300 "$SWEEP" plan fifos.ini >out 2>err
[ $? -eq 4 ] || fail "FIFOs as data files: $(cat out err)"
has err 'fifos.ini:3: data.path: fifos/train-images-idx3-ubyte: is a named pipe (FIFO), expected a file'
"$SWEEP" plan <(printf '[train]\nepochs = 7\n') >out 2>err || fail "a pipe of the shell: $(cat err)"
# What has no end is not read to it: the writer is left with a closed pipe.
head -c 50000000 /dev/zero | "$SWEEP" plan /dev/stdin >out 2>err
status="${PIPESTATUS[*]}"
[ "$status" = '141 2' ] || fail "a file without an end: status $status"
has err 'at most 1048576 bytes'
printf '[sweep]\nname = ../../x\n' >name.ini
run 2 name.ini
has err 'name.ini:2'

# Overrides are checked like the file.
tiny t
run 2 plan t.ini train.epchs=3
has err 'command line' epochs
run 2 plan t.ini epochs=3
run 2 plan t.ini train.lr=0..0.3
has err 'step' 'count'
run 2 plan t.ini train.epochs=0
has err 'train.epochs'

# A network that does not fit together: found before anything trains.
printf '[data]\ndataset = optdigits\n' >n.ini
run 2 plan n.ini 'model.layers=conv 9x9 4, gap, dense 10'
has out 'skipped' 'conv 9x9'
run 2 show n.ini 'model.layers=conv 9x9 4, gap, dense 10'
run 2 show n.ini 'model.layers=dense 10'
has err 'flatten'
run 2 plan n.ini 'model.layers=flatten, dens 10'
has err "'dense'"
ls results/*.csv >/dev/null 2>&1 && fail "something was written"
finish
