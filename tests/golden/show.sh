# show: the network layer by layer.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

run 0 show "$SOURCE/sweeps/one-point.ini"
grep -vE '^(memory a worker|expected time)' out >shown
expected shown show-one-point.txt
run 0 show "$SOURCE/sweeps/quickstart.ini" --point 5
has out 'quickstart, point 5: model.kernels=6 model.dropout=0.1 model.pool_at=2' maxpool
run 0 show "$SOURCE/sweeps/quickstart.ini" model.kernels=40
has out 'skipped' 'params < 20000'
if [ -d "$SWEEP_DATA/mnist" ]; then
  run 0 show "$SOURCE/sweeps/mnist-99.4.ini"
  has out 'parameters        11660' 'gap+fc' '26x26' '5x5'
else
  echo "no MNIST in $SWEEP_DATA: its sweeps are not looked at"
fi
finish
