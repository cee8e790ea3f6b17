# The same bytes for any number of workers, on every instruction set, and (the expected table) for every compiler and level.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >g.ini <<'EOF'
[sweep]
repeats = 2
[data]
train = 160
validation = 80
test = 80
augment = rotate 10, shift 1
[model]
dropout = 0.1
pool = maxpool 2
pool_at = 1
layers =
    conv 3x3 6 pad same, batchnorm, relu, dropout $dropout
    conv 3x3 8, batchnorm, gelu
    gap, dense 10
[train]
epochs = 2
batch_size = 24
schedule = onecycle
[grid]
model.dropout = 0, 0.2
model.pool_at = 1, 2
train.optimizer = sgd, adam
train.momentum = 0.5, 0.9 when train.optimizer = sgd
train.lr = 0.02
EOF
run 0 g.ini -q --no-plots -j 1 --out one
run 0 g.ini -q --no-plots -j 2 --out two
run 0 g.ini -q --no-plots -j 5 --out five
same one two g
same one five g
expected one/results/g.csv same-trials.csv
expected one/results/g.epochs.csv same-epochs.csv
for level in $("$SWEEP" list levels | awk '/runs here/ { print $1 }'); do
  run 0 g.ini -q --no-plots --isa "$level" --out "$level"
  same one "$level" g
done
SWEEP_ISA=ref run 0 g.ini -q --no-plots --out environment
same one environment g
# The C library picks its own code by the processor; nothing of it may reach a result.
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-FMA4,-AVX512F run 0 g.ini -q --no-plots --out masked
same one masked g

# Precision as an axis: a column of its own, the same bytes everywhere, and the fp32 half is what it is without the axis.
cat >p.ini <<'EOF'
[sweep]
repeats = 2
[data]
train = 160
validation = 80
test = 80
augment = shift 1
[model]
layers =
    conv 3x3 6 pad same, batchnorm, relu, dropout 0.1
    conv 3x3 8, batchnorm, gelu, avgpool 2
    conv 3x3 6 pad same, batchnorm, relu
    flatten, dense 10
[train]
epochs = 2
batch_size = 40
EOF
run 0 p.ini -q --no-plots --out apart
printf '[grid]\ntrain.precision = fp32, bf16\n' >>p.ini
run 0 p.ini -q --no-plots -j 1 --out p1
run 0 p.ini -q --no-plots -j 2 --out p2
same p1 p2 p
for level in $("$SWEEP" list levels | awk '/runs here/ { print $1 }'); do
  run 0 p.ini -q --no-plots --isa "$level" --out "p$level"
  same p1 "p$level" p
done
[ "$(column p1/results/p.csv precision | tr '\n' ' ')" = "fp32 fp32 bf16 bf16 " ] || fail "no column precision"
[ "$(column p1/results/p.csv precision)" = "$(column p1/results/p.csv train.precision)" ] || fail "two precisions"
[ "$(column p1/results/p.csv test_loss | head -n 2)" = "$(column apart/results/p.csv test_loss)" ] || fail "another fp32"
[ "$(column p1/results/p.csv train_loss | sort -u | wc -l)" = 4 ] || fail "bf16 trains as fp32 does"
run 0 p.ini --no-plots --out apart # the trials of fp32 are known from the run without the axis
has err '2 of 4 trials were there already'

# One training of several groups of blocks, alone and with workers that help it.
cat >t.ini <<'EOF'
[data]
train = 200
validation = 100
test = 100
[model]
layers =
    conv 3x3 24 pad 12, batchnorm, relu, dropout 0.1
    conv 3x3 8, batchnorm, relu, maxpool 2
    conv 3x3 8, batchnorm, relu
    gap, dense 10
[train]
epochs = 1
batch_size = 100
EOF
for jobs in 1 2 3 8; do
  run 0 t.ini -q --no-plots -j "$jobs" --out "team$jobs"
  same team1 "team$jobs" t
done
finish
