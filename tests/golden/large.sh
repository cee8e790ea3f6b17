# 10,000 points of a trivial network on a few samples: orchestration, journal and tables in seconds.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >n.ini <<'EOF'
[data]
train = 10
validation = 10
test = 10
[model]
layers = gap, dense 10
[train]
epochs = 1
batch_size = 16
[grid]
train.lr = 0.001..0.1 count 100
train.weight_decay = 0..0.01 count 100
EOF
begin=$(date +%s%N)
run 0 n.ini -q --no-plots
took=$((($(date +%s%N) - begin) / 1000000))
echo "10,000 points in $took ms"
lines results/n.csv 10001
lines results/n.points.csv 10001
[ "$took" -lt 60000 ] || fail "10,000 points took $took ms" # about 3 s; room for sanitizers and a busy machine
finish
