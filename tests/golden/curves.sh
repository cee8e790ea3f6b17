# Learning curves that are asked for: sweep plot NAME --points, --by, their errors, and when their pictures go.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >curves.ini <<'INI'
[data]
train      = 200
validation = 100

[model]
units  = 4
layers = flatten, dense $units, relu, dense 10

[train]
epochs = 3

[grid]
model.units = 4, 8
train.lr    = 0.02, 0.1

[require]
result = test_accuracy >= 20% and test_loss < 50
INI

run 0 curves.ini --no-plots || finish
if ! gnuplot --version >/dev/null 2>&1; then
  run 2 plot curves --points 9
  finish
fi
run 0 plot curves --points 3,1
has out 'learning: plots/curves/learning-points.svg, .png'
has plots/curves/learning-points.gp 'learning curves of 2 points' "name0 = '#3" "name1 = '#1" 'required: test_accuracy >= 20%'
[ -s plots/curves/learning-points.png ] || fail "no picture of the points"
[ -e plots/curves/ranking.gp ] && fail "all pictures were drawn"
run 0 plot curves --by lr
run 0 plot curves --by train.lr -q
[ -s out ] && fail "-q says something"
has plots/curves/learning-by-train.lr.gp 'learning curves by lr' "name0 = 'lr = 0.02'" "name1 = 'lr = 0.1'" \
  'mean of all trials'

run 2 plot curves --points 9
has err "no point '9'" '1 to 4'
run 2 plot curves --points ,
has err '3,7'
run 2 plot curves --by kernels
has err "no axis 'kernels'" 'model.units, train.lr'
run 2 plot curves --by lr --points 1
has err 'give one of them'
run 2 run curves.ini --by lr
has err 'takes no --by'

run 0 plot curves -q
ls plots/curves/learning-* >/dev/null 2>&1 && fail "pictures that were asked for earlier are still there"
[ -s plots/curves/ranking.png ] || fail "not all pictures were drawn"
finish
