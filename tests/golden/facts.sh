# facts: what is said of a network has one name and one value in the tables, in conditions, in `show`, `list`, the
# report and README.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >heads.ini <<'EOT'
[data]
dataset = optdigits
train = 160
validation = 80
test = 80
[model]
layers = gap, dense 10
[model.gap]
layers =
    conv 3x3 4, batchnorm, relu, maxpool 2, conv 3x3 10
    avgpool 1
    gap
[model.avg]
layers = conv 3x3 10, batchnorm, relu, avgpool 6
[model.mean]
layers = conv 3x3 4 stride 2, avgpool 3, flatten, dense 10
[model.most]
layers = conv 3x3 10, maxpool 6
[model.most2]
layers = conv 3x3 4, maxpool 6, flatten, dense 10
[model.plain]
layers = flatten, dense 10
[model.kernel]
layers = maxpool 2, conv 4x4 10
[train]
epochs = 1
[grid]
model.variant = gap, avg, mean, most, most2, plain, kernel
EOT
run 0 heads.ini --no-plots
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { print $c["model.variant"], $c["head"], $c["pool_distance"] "/" $c["bn_distance"] "/" $c["jump"] "/" $c["depth"] }' \
  results/heads.csv >got
cat >want <<'EOT'
gap gap 0/1/2/2
avg gap /0/1/1
mean gap+fc //2/2
most gmp //1/1
most2 gmp+fc //1/2
plain fc //1/1
kernel conv 1//2/1
EOT
cmp -s want got || fail "$(diff want got)"
head -n 1 results/heads.points.csv | grep -q ',pool_distance,bn_distance,jump,' || fail "no columns of points"
head -n 1 results/heads.epochs.csv | grep -q ',model.variant,' || fail "epochs.csv does not name the axes"
[ "$(column results/heads.epochs.csv model.variant | tr '\n' ' ')" = 'gap avg mean most most2 plain kernel ' ] ||
  fail "axes of epochs.csv"

# Each word of the list is accepted by a condition, which keeps the points that the table says; so are the numbers.
run 0 list heads
grep -v '^ ' out >words
while read -r word; do
  run 0 plan heads.ini "require.model=head = $word" || continue
  [ "$(grep -cE '^ *[0-9].* skipped: ' out)" -eq $((7 - $(grep -cF " $word " want))) ] || fail "head = $word: $(cat out)"
done <words
run 0 list facts
grep -v '^ ' out | awk '$0 ~ /number/ { print $1 }' >numbers
lines numbers 7
while read -r fact; do
  run 0 plan heads.ini "require.model=$fact >= 0"
  head -n 1 results/heads.csv | grep -q ",$fact," || fail "the main table has no column $fact"
  grep -qF "\`$fact\`" "$SOURCE/README.md" || fail "README does not name $fact"
done <numbers
while read -r word; do
  grep -qF "\`$word\`" "$SOURCE/README.md" || fail "README does not name the head $word"
done <words
run 2 plan heads.ini 'require.model=head = gqp'
has err "did you mean 'gap'"

# The report and `show` say the word of the table and what it stands for.
for variant in gap mean most most2 plain kernel; do
  run 0 heads.ini "model.variant=$variant" sweep.name="$variant" --no-plots
  word=$(column "results/$variant.csv" head)
  run 0 report "$variant" --markdown
  grep -qF "| $word: " out || fail "the report on $variant does not say '$word: ...': $(grep head out)"
  run 0 show heads.ini "model.variant=$variant"
  grep -qF "  $word: " out || fail "show: $(grep head out)"
done
finish
