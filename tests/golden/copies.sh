# copies: a point that is the same training as another one stands in every table with the same results and is trained
# once; an empty value and an axis that is not there are two values; a grid with gaps of any kind ends.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >c.ini <<'EOF'
[sweep]
repeats = 2
[data]
train = 160
validation = 80
test = 80
[model]
width = 4
layers = flatten, dense 10
[model.flat]
[model.maps]
layers = conv 3x3 $width, relu, gap, dense 10
[train]
epochs = 1
batch_size = 40
[grid]
model.variant = flat, maps
model.width = 4, 6
data.augment = "", "rotate 7"
EOF
run 0 c.ini -q --no-plots
# by the names of the columns: point, same_as, id and result of each row
columns() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    { print $c["point"], $c["same_as"] == "" ? "-" : $c["same_as"], $c["trial"], $c["id"], $c["repeat"], $c["model.width"], $c["val_accuracy"] }' \
    "$1"
}
columns results/c.csv >rows
[ "$(wc -l <rows)" -eq 16 ] || fail "$(wc -l <rows) rows instead of 16: $(cat rows)"
[ "$(cut -d' ' -f1 rows | uniq | xargs)" = "1 2 3 4 5 6 7 8" ] || fail "the points are $(cut -d' ' -f1 rows | xargs)"
awk '$1 == 1 || $1 == 2 { print $1, $3, $4, $5, $7 }' rows >own
awk '$1 == 3 || $1 == 4 { print $1 - 2, $3, $4, $5, $7 }' rows >copied
cmp own copied || fail "points 3 and 4 have other results than points 1 and 2"
awk -F' ' '($1 == 3 && $2 != 1) || ($1 == 4 && $2 != 2)' rows | grep . && fail "same_as does not name the point"
[ "$(($(wc -l <results/c.epochs.csv) - 1))" -eq 12 ] || fail "something was trained twice"
awk -F, '$1 == "value" && $2 == "model.width" { print $4, $5 }' results/c.effects.csv >values
printf '4 8\n6 8\n' | cmp - values || fail "the values of model.width are $(cat values)"
awk -F, '$1 == "pair" && $9 == ""' results/c.effects.csv | grep . && fail "the grid is not complete"
[ "$(awk -F, '$1 == "value" && $2 == "data.augment" { print $4 }' results/c.effects.csv | head -1)" = '""""""' ] ||
  fail "the empty value is not the first: $(grep ^value results/c.effects.csv)"
has results/c.about.csv points,8 trials,12
run 0 report c --markdown
has out 'trials | 12 complete' 'points | 8 |'
run 0 status c
cp results/c.csv before.csv
run 0 c.ini -q --no-plots
cmp before.csv results/c.csv || fail "going on changes the table"

# The diagonal of a square is complete.
cat >d.ini <<'EOF'
[data]
train = 160
validation = 80
test = 80
[model]
layers = gap, dense 10
[train]
batch_size = 80
[grid]
train.epochs = 1, 2, 3
data.seed = 1, 2, 3
[require]
model = train.epochs = data.seed
EOF
timeout 600 "$SWEEP" d.ini -q --no-plots >out 2>err || fail "exit status $? of a grid of which the diagonal is trained"
has results/d.effects.csv 'note,,,'
finish
