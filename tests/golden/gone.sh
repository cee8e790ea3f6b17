# gone: a finished sweep whose data files are gone still ends well and says what it said; one with trials to train says
# what it lacks, and its tables stay.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

mkdir data
for part in train:40 t10k:20; do
  n=${part#*:}
  {
    printf '\0\0\010\003\0\0\0'"\\$(printf %o "$n")"'\0\0\0\003\0\0\0\003'
    head -c $((9 * n)) /dev/zero | tr '\0' 'x'
  } >data/"${part%:*}"-images-idx3-ubyte
  {
    printf '\0\0\010\001\0\0\0'"\\$(printf %o "$n")"
    for ((i = 0; i < n; i++)); do printf "\\$(printf %o $((i % 4)))"; done
  } >data/"${part%:*}"-labels-idx1-ubyte
done
for name in mnist idx; do
  classes=$([ "$name" = mnist ] && echo 10 || echo 4)
  cat >"$name.ini" <<EOT
[data]
dataset = $name
path = data
validation = 0.25
[model]
layers = flatten, dense $classes
[train]
epochs = 2
[grid]
train.lr = 0.1, 0.2
EOT
  run 0 "$name.ini" --no-plots
  mkdir -p kept && cp results/"$name"* kept/ 2>/dev/null
  mv data away
  run 0 "$name.ini" --no-plots
  has err '2 of 2 trials were there already'
  for t in kept/"$name".*; do
    cmp -s "$t" "results/${t##*/}" || fail "without data ${t##*/} is another"
  done
  run 0 report "$name" --markdown
  has out "$name"
  run 4 "$name.ini" --no-plots train.lr=0.1,0.2,0.3
  has err 'data: no such folder' 'there are trials to train'
  for t in kept/"$name".csv kept/"$name".points.csv kept/"$name".epochs.csv; do
    cmp -s "$t" "results/${t##*/}" || fail "a refused run changed ${t##*/}"
  done
  mv away data
  run 0 "$name.ini" --no-plots train.lr=0.1,0.2,0.3
  has err '2 of 3 trials were there already'
done

# Tables that are gone, or older than the journal, are made again by report and plot, without the data too; nothing is
# trained.
rm -rf results
run 0 idx.ini --no-plots
cp -r results whole
mv data away
rm results/idx.csv results/idx.*.csv
run 0 report idx
for t in whole/idx*.csv; do
  cmp -s "$t" "results/${t##*/}" || fail "made again, ${t##*/} is another"
done
touch -d '2001-01-01' results/idx.*csv
echo stale >results/idx.points.csv
touch -d '2001-01-01' results/idx.points.csv
run 0 plot idx
cmp -s whole/idx.points.csv results/idx.points.csv || fail "an old table was not made again"
echo kept >>results/idx.points.csv
run 0 report idx # it is newer than the journal, and stays
grep -q kept results/idx.points.csv || fail "a table newer than the journal was replaced"
finish
