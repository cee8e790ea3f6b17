# Memory: workers get by with what plan promises each, and go one after the other where there is less; what is too large
# fails alone. The twelve points of the benchmark get by with 100 MB.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
if ldd "$SWEEP" | grep -q libasan; then
  echo "skipped: an address sanitizer takes memory for itself"
  exit 77
fi

# within KB WORD...: a run with two workers whose memory of its own, touched or not, is limited.
within() {
  local kb=$1
  shift
  (ulimit -d $((kb * 1000 / 1024)) && OMP_STACKSIZE=256k exec "$SWEEP" "$@" -q -j 2 --no-plots) >out 2>err </dev/null
}

cat >wide.ini <<'EOT'
[data]
dataset = optdigits
[model]
layers =
    conv 3x3 32 pad same, batchnorm, relu
    conv 3x3 32 pad same, batchnorm, relu
    conv 3x3 32 pad same, batchnorm, relu
    gap, dense 10
[train]
epochs = 1
batch_size = 1024
[grid]
train.lr = 0.1, 0.2
EOT
run 0 plan wide.ini -j 2
each=$(sed -n 's/.* at most \([0-9]*\)[.0-9]* MB each/\1/p' out)
[ "${each:-0}" -ge 20 ] || fail "plan: $(cat out)"
within $(((2 * each * 5 / 3 + 8) * 1000)) wide.ini || fail "two workers of $each MB each: $(cat out err)"
within $((each * 1600)) wide.ini --out one || fail "two workers with memory for one of $each MB: $(cat out err)"
within $((each * 1000)) wide.ini train.batch_size=16,1024 --out less && fail "the limit is none"
has err 'no memory: this training needs' 'there is room for'
has out '2 complete, 2 failed'
run 0 wide.ini --out less train.batch_size=16,1024 -q --no-plots # lack of memory is no trial's end
has out '4 complete'
(ulimit -d $((each * 900)) && exec "$SWEEP" plan wide.ini) >out 2>&1
has out 'fails: there is memory for'

if ls "$SWEEP_DATA"/mnist/*images* >/dev/null 2>&1; then
  within 100000 "$SOURCE/tests/bench/twelve.ini" data.train=512 data.test=256 || fail "the twelve points: $(cat out err)"
else
  echo "not tested: the twelve points (no MNIST in $SWEEP_DATA/mnist, set SWEEP_DATA)"
fi
# Images that take more memory than there is are decoded right into the mapped file of the cache: 63 MB with 24 of its own.
mkdir huge
{ printf '\0\0\010\003\0\1\70\200\0\0\0\034\0\0\0\034'; yes 'abcdefghijklmno' | head -c 62720000; } | gzip -1 >huge/train-images-idx3-ubyte.gz
{ printf '\0\0\010\001\0\1\70\200'; yes | tr 'y\n' '\0\1' | head -c 80000; } >huge/train-labels-idx1-ubyte
{ printf '\0\0\010\003\0\0\0\144\0\0\0\034\0\0\0\034'; yes 'abcdefghijklmno' | head -c 78400; } >huge/t10k-images-idx3-ubyte
{ printf '\0\0\010\001\0\0\0\144'; yes | tr 'y\n' '\0\1' | head -c 100; } >huge/t10k-labels-idx1-ubyte
printf '[data]\ndataset = idx\npath = huge\ntrain = 320\nvalidation = 160\n[model]\nlayers = flatten, dense 8, relu, dense 2\n[train]\nepochs = 1\n' >huge.ini
for time in first again; do
  (ulimit -d 24000 && exec "$SWEEP" huge.ini -q --no-plots -j 1 --out $time) >out 2>err || fail "a set larger than memory, $time: $(cat err)"
done
(ulimit -d 24000 && SWEEP_CACHE=off exec "$SWEEP" huge.ini -q --no-plots -j 1 --out none) >out 2>err && fail "there is memory for it"
has err 'there is not enough memory'
same first again huge
finish
