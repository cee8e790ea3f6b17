# json: plan, show, status and replay print one JSON document with --json, with exact numbers for those of their tables.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >t.ini <<'EOT'
[sweep]
repeats = 2
objective = max val_accuracy
[data]
train = 160
validation = 80
test = 80
[model]
units = 4
layers = flatten, dense $units, relu, dropout 0.1, dense 10
[train]
epochs = 2
batch_size = 40
optimizer = sgd
[grid]
model.units = 4, 6
train.optimizer = sgd, adam when model.units < 5
[require]
model = params < 380 or params > 385
EOT

# document: `out` is one object: as many brackets open as close outside of texts, and the last one ends it.
document() {
  sed 's/\\"//g; s/"[^"]*"/x/g' out | tr -dc '{}[]' |
    awk '{ n = split($0, c, ""); for (i = 1; i <= n; i++) {
             if (c[i] == "{" || c[i] == "[") stack[++depth] = c[i]; else if (stack[depth--] != (c[i] == "}" ? "{" : "[")) exit 1
             if (depth == 0 && i < n) exit 1 } if (depth) exit 1 }' || fail "$1: the brackets of its document do not match"
}

run 0 plan t.ini --json
document plan
has out '"points": 3' '"repeats": 2' '"trials": 6' '"search": "grid"' '"skipped_points": 0' \
  '{"point": 2, "model.units": 4, "train.optimizer": "adam", "params": 310, "macs": 296, "memory_bytes": ' \
  '{"point": 3, "model.units": 6, "train.optimizer": null, "params": 460,'
run 0 plan t.ini --json 'require.model=params < 400'
document plan
has out '"skipped_points": 1' '"note": "skipped: '
run 0 show t.ini --json --point 3
document show
has out '"point": 3' '"model.units": 6' '"params": 460' '"head": "fc"' '"input": "1x8x8"' \
  '"layer": "dense 6", "reads": [1], "output": "6", "params": 390, "macs": 384}'
run 2 show t.ini --json --dot && has err '--dot and --json'

run 0 t.ini -q --no-plots -j 2
run 0 status t --json
document status
has out '"trials": 6' '"final": 6' '"complete": 6' '"begun": []' '"outside": 0'
best=$(grep '"trial"' out | tr -dc 0-9)
run 0 status t
has out "best so far: trial $best,"
id=$(awk -F, -v t="$best" 'NR > 1 && $1 == t { print $6 }' results/t.csv)
run 0 status t --json
has out "\"id\": \"$id\""
run 0 replay t --json prune.method=median prune.lag=1
document replay
has out '"rule": "median"' '"trials": 6' '"epochs": 12' '"points": 3' '"metric": "val_accuracy"'
finish
