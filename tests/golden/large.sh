# 10,000 points of a trivial network on a few samples: orchestration, journal and tables in seconds. And many axes.
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
takes 60 n.ini -q --no-plots # about 3 s, with sanitizers 20
lines results/n.csv 10001
lines results/n.points.csv 10001

# 600 axes, in a zip of two values: every column is there.
{
  printf '[data]\ntrain = 100\nvalidation = 50\ntest = 50\n[train]\nepochs = 1\n[model]\nlayers =\n'
  for i in $(seq 60); do
    printf '    dropout ${('
    for k in 0 1 2 3 4 5 6 7 8 9; do printf 'v%d + ' $((10 * i + k - 10)); done
    printf '0) / 1000}\n'
  done
  printf '    gap, dense 10\n'
  for i in $(seq 0 599); do printf 'v%d = 1\n' "$i"; done
  printf '[zip all]\n'
  for i in $(seq 0 599); do printf 'model.v%d = 1, 2\n' "$i"; done
} >w.ini
run 0 w.ini -q --no-plots
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; n = NF; last = c["model.v599"]
    if (last != c["model.v0"] + 599 || $NF != "error") exit 1; next }
  NF != n || $last != NR - 1 || $c["val_accuracy"] == "" { exit 1 }' results/w.csv || fail "a table with 600 axes lacks columns"
lines results/w.points.csv 3
finish
