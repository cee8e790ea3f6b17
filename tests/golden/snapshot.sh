# snapshot: results/NAME/sweep.ini, run as a sweep file, gives the tables of the run that left it, whatever the command
# line had said to that; and environment.txt says where and when it ran.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# again NAME WORD...: runs $file with the words, then the snapshot elsewhere; the same tables under the same name.
again() {
  local name=$1
  shift
  rm -rf results there
  run 0 "$file" "$@" --no-plots || return
  cp "results/$name/sweep.ini" snapshot.ini || return
  run 0 snapshot.ini --no-plots --out there || { cat snapshot.ini; return; }
  same . there "$name"
  cmp -s snapshot.ini "there/results/$name/sweep.ini" || fail "$*: the snapshot of the snapshot is another"
}

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8' 'train.lr = 0.1, 0.2 ; two' '[require]' 'model = params < 9000'
file=t.ini
again t
again t train.epochs=2
again t train.epochs=2 train.epochs=1 train.batch_size=64
again t model.units=6
again t model.units=4,6
again t train.lr=0.1 train.lr=0.2,0.3
again t train.lr=0.2,0.3 train.lr=0.1
again t train.momentum=0,0.9 data.seed=1..2
again renamed sweep.name=renamed sweep.repeats=1
again t 'require.model=params < 8000' 'require.result=test_accuracy >= 0'
again t 'model.layers=flatten, dense $units, relu, dense 10' model.units=4
again t 'data.augment="rotate 7, shift 1", "rotate 3"'
again t 'data.augment="rotate 7, shift 1"'
again t train.lr="$(seq -s, 0.001 0.001 0.07)" train.epochs=1 model.units=4 sweep.repeats=1 # longer than a line may be
grep -q '^train.momentum' results/t/sweep.ini && fail "an axis of an earlier run is in the snapshot"

# Values of all lengths around that of a line: they read the same, or the call says that none can be kept, and runs nothing.
words() { # BYTES: words whose value has so many, blanks between others
  local pad
  pad=$(printf "%$(($1 - 35))s" '')
  printf '%s\n' "model.layers=flatten, dense \$units, relu,${pad}dense 10" "require.model=params < 90000 and ${pad}uses dense" \
    "data.augment=\"rotate 7, shift 1, ${pad}zoom 0.1\"" "train.momentum=0, 0.5, ${pad}0.9"
}
kept=0
for n in 100 191 194 195 240; do
  while read -r word; do
    rm -rf results
    "$SWEEP" t.ini "$word" train.epochs=1 sweep.repeats=1 model.units=4 -q --no-plots >out 2>err </dev/null
    if [ $? -eq 2 ]; then
      has err "command line: ${word%%=*}" 'and one is kept beside the results'
      [ ! -e results ] || fail "$word: refused, and something was run"
    else
      again t "$word" train.epochs=1 sweep.repeats=1 model.units=4
      kept=$((kept + 1))
    fi
  done < <(words "$n")
done
[ $kept -gt 8 ] && [ $kept -lt 20 ] || fail "$kept of 20 long values were kept"
zeros=$(printf '%070d' 0)
again t "data.augment=\"rotate 7.$zeros, shift 1, zoom 0.1$zeros, crop 1.$zeros\"" train.epochs=1 sweep.repeats=1 model.units=4
grep -q '^    1[.]0' results/t/sweep.ini || fail "the long value is not folded: $(cat results/t/sweep.ini)"

# What a sweep file cannot hold is refused, also between quotes and in a list.
for word in 'data.path=/a ;b' 'data.path=/a #b' 'data.path=" /a"' 'data.path="/a ;1", "/b"'; do
  rm -rf results
  run 2 t.ini data.dataset=mnist "$word"
  has err "command line: ${word%%=*}: a sweep file cannot hold '"
  [ ! -e results ] || fail "$word: refused, and something was run"
done

# Without [grid], with zips and variants, without a last newline, and with values over several lines.
cat >z.ini <<'EOT'
[model]
variant = one
layers = flatten, dense 10
[model.one]
layers =
    flatten, dense 4, relu
    dense 10
[zip a]
train.lr         = 0.1,
                   0.2
train.batch_size = 32, 64
EOT
printf '[data]\ntrain = 160\nvalidation = 80\ntest = 80\n[train]\nepochs = 1' >>z.ini
file=z.ini
again z
again z train.beta1=0.8,0.9 model.variant=one,none train.lr=0.3,0.4
again z train.lr=0.3 'model.one.layers=flatten, dense 6, dense 10'
again z data.train=80

# Nothing is said: the file's own bytes, and its name where it is not written.
rm -rf results
tiny named '[sweep]' 'name = named'
run 0 named.ini --no-plots
cmp -s named.ini results/named/sweep.ini || fail "the snapshot of a file as it is differs: $(diff named.ini results/named/sweep.ini)"

for word in 'version: sweep 0.' 'date: 20' 'host: ' 'processor: ' 'compiler: ' 'instruction set: ' 'workers: '; do
  has results/named/environment.txt "$word"
done
finish
