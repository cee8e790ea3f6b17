# The files of a dataset: results belong to what is in them, not to where they lie; damaged ones are refused.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# idx FOLDER SEED: 200 + 40 images of 4x4 pixels of two classes, told apart by the brightness of a corner.
idx() {
  mkdir -p "$1"
  awk -v seed="$2" -v dir="$1" 'BEGIN {
    srand(seed)
    split("train 200 t10k 40", f, " ")
    for (p = 1; p <= 3; p += 2) {
      n = f[p + 1]
      x = dir "/" f[p] "-images-idx3-ubyte.txt"; y = dir "/" f[p] "-labels-idx1-ubyte.txt"
      printf "00000803%08x0000000400000004", n > x
      printf "00000801%08x", n > y
      for (i = 0; i < n; i++) {
        c = i % 2
        for (k = 0; k < 16; k++) printf "%02x", int((k == 0 && c ? 150 : 0) + rand() * 100) > x
        printf "%02x", c > y
      }
      close(x); close(y)
    }
  }'
  local t
  for t in "$1"/*.txt; do
    sed 's/../\\x&/g' "$t" | xargs -0 printf >"${t%.txt}"
    rm "$t"
  done
}

idx one 1
idx two 2
cat >f.ini <<'EOF'
[data]
dataset = idx
path = one
[model]
layers = flatten, dense 2
[train]
epochs = 2
EOF
run 0 f.ini --no-plots
cp results/f.csv first
cp -r one copy
run 0 f.ini --no-plots data.path=copy
has err '1 of 1 trials were there already'
run 0 f.ini --no-plots data.path=two
hasnot err 'there already'
cp two/* one/
cp results/f.csv second
run 0 f.ini --no-plots
has err '1 of 1 trials were there already'
cmp -s second results/f.csv || fail "the same data at another path gave other tables"
cmp -s first results/f.csv && fail "other data gave the same numbers"

# A change in the middle of a plain file, with the same size and times: seen by the full look only, which reads a file
# once until its times change.
mkdir large
for f in train:310:200 t10k:050:40; do
  IFS=: read -r stem count n <<<"$f"
  { printf "\\0\\0\\10\\3\\0\\0\\0\\$count\\0\\0\\0\\50\\0\\0\\0\\50" && yes 'pixels of images' | head -c $((n * 1600)); } >"large/$stem-images-idx3-ubyte"
  { printf "\\0\\0\\10\\1\\0\\0\\0\\$count" && yes "$(printf '\1')" | tr '\n' '\0' | head -c "$n"; } >"large/$stem-labels-idx1-ubyte"
done
touch -d '1 hour ago' large/*
cp -p large/train-images-idx3-ubyte unchanged
run 0 f.ini --no-plots data.path=large sweep.name=quick
run 0 f.ini --no-plots data.path=large sweep.name=full data.verify=full
run 0 f.ini --no-plots data.path=large sweep.name=full data.verify=full
has err '1 of 1 trials were there already'
changed=$(date +%s%N)
printf 'changed' | dd of=large/train-images-idx3-ubyte bs=1 seek=160000 conv=notrunc 2>/dev/null
touch -r unchanged large/train-images-idx3-ubyte
run 0 f.ini --no-plots data.path=large sweep.name=quick
has err '1 of 1 trials were there already'
run 0 f.ini --no-plots data.path=large sweep.name=full data.verify=full
hasnot err 'there already'
if ls "$XDG_CACHE_HOME/sweep/decoded/"*.sum >/dev/null 2>&1 && [ $(($(date +%s%N) - changed)) -lt 2000000000 ]; then
  fail "a sum is kept of a file that may change in the same moment"
fi
sleep 3
run 0 plan f.ini data.path=large data.verify=full
sums=("$XDG_CACHE_HOME"/sweep/decoded/*.sum)
[ "${#sums[@]}" -eq 4 ] || fail "sums kept: ${sums[*]}"
run 0 f.ini --no-plots data.path=large sweep.name=full data.verify=full
has err '1 of 1 trials were there already'
for f in "${sums[@]}"; do # what is kept is used: with other sums these are other files
  printf 'other123' | dd of="$f" bs=1 seek=80 conv=notrunc 2>/dev/null
done
run 0 f.ini --no-plots data.path=large sweep.name=full data.verify=full
hasnot err 'there already'

# A relative path is seen from where sweep is started, wherever the sweep file is.
mkdir -p apart
cp f.ini apart/
run 0 plan apart/f.ini
cd apart || exit 1
run 4 plan f.ini
has err 'f.ini:3: data.path: one: no such folder'
cd ..
run 4 plan f.ini data.path=nowhere
has err 'command line: data.path: nowhere: no such folder'
mkdir none
run 4 f.ini --no-plots 'data.path=one, none' sweep.name=h
has err 'command line: data.path: none: has no train-images-idx3-ubyte'
printf '[data]\ndataset = kmnist\n' >k.ini
SWEEP_DATA=none run 4 k.ini
has err 'k.ini:2: data.dataset: dataset kmnist: no train-images-idx3-ubyte'

# Cut off: refused as a whole, nothing kept; whole again: trained.
head -c 2000 one/train-images-idx3-ubyte >cut && mv cut one/train-images-idx3-ubyte
run 4 f.ini --no-plots sweep.name=g
has err 'f.ini:3: data.path: one/train-images-idx3-ubyte'
cp two/train-images-idx3-ubyte one/
run 0 f.ini --no-plots sweep.name=g
hasnot err 'there already'

# Why a point is skipped does not depend on where the sweep file lies; two points of one training are told.
tiny s '[grid]' 'train.warmup_from = 0.05, 0.1'
run 0 s.ini --no-plots
has out '1 point is the same training as an earlier one'
cat >deep.ini <<'EOF'
[model]
k = 3
layers =
    conv ${k}x$k 4, relu
    gap, dense 10
[train]
epochs = 1
[data]
train = 100
validation = 100
test = 100
[grid]
model.k = 3, 9
EOF
mkdir -p elsewhere && cp deep.ini elsewhere/
run 0 deep.ini --no-plots --out a
run 0 elsewhere/deep.ini --no-plots --out b
same a b deep
has a/results/deep.csv skipped

# [stop] trials counts trials, and what is left is known.
tiny l '[sweep]' 'repeats = 3' '[grid]' 'model.units = 4, 8'
run 3 l.ini --no-plots stop.trials=2
has out '2 complete, 4 open'
run 3 l.ini --no-plots stop.trials=2
run 0 l.ini --no-plots stop.trials=2
run 0 l.ini --no-plots --out whole
same . whole l
finish
