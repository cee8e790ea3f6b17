# A sweep file with many mistakes: all are told in one go, each with file, line and key; nothing runs.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >bad.ini <<'EOF'
[sweep]
repeats = 0
objectve = max val_accuracy
[data]
dataset = optdigit
[model]
layers =
    conv 3x3 8, batchnrm, relu
    gap, dense 10
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
has err 'bad.ini:2: sweep.repeats' "'objective'" "'optdigits'" "'batchnorm'" '[train]' 'bad.ini:14' 'line 13' \
  'bad.ini:15: train.lr' "'adam'"
[ "$(grep -c '^bad.ini:' err)" -ge 8 ] || fail "not every mistake is told"
run 2 plan bad.ini
empty out

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
run 0 plan n.ini 'model.layers=conv 9x9 4, gap, dense 10'
has out 'skipped' 'conv 9x9'
run 2 show n.ini 'model.layers=conv 9x9 4, gap, dense 10'
run 2 show n.ini 'model.layers=dense 10'
has err 'flatten'
run 2 plan n.ini 'model.layers=flatten, dens 10'
has err "'dense'"
[ ! -e results ] || fail "something was written"
finish
