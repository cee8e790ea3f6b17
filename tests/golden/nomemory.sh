# Lack of memory: whichever allocation fails, alone or with all that follow, a command ends as if nothing had happened or
# with 4 and one and the same sentence; a sweep loses nothing by it, and a trial that failed for it is trained by the next
# call. A sample of them is failed here, all of them in the long form.
# long: WALK=all
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
wants_faulty
sentence='sweep: there is not enough memory; free some, or raise the limit'

cat >t.ini <<'EOT'
[sweep]
repeats = 2
[data]
train = 160
validation = 80
test = 80
[model]
units = 4
layers =
    flatten, dense ${units + 1}, relu
    dropout 0.1, dense 10
[train]
epochs = 2
optimizer = sgd
batch_size = 40
[grid]
model.units = 4, 6
train.momentum = 0, 0.9 when model.units < 5
[require]
model  = params < 10000 and uses dropout
result = test_accuracy >= 1%
EOT
mkdir bin # pictures are not what this is about
cat >bin/gnuplot <<'EOT'
#!/bin/sh
out=$(echo "$3" | sed "s/^out='//; s/'$//")
echo svg >"$out.svg"
echo png >"$out.png"
EOT
chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH
run 0 t.ini -q --no-plots -j 2 --out whole

# next N: the number after N of the allocations that are failed.
next() {
  if [ "${every:-${WALK:-}}" = all ]; then echo $(($1 + 1)); else echo $(($1 + 1 + $1 * 2 / 3)); fi
}

# ends GOT N: whether a command may end so. The OpenMP library ends the process by itself, and says so.
ends() {
  [ "$1" -eq 1 ] && grep -q '^libgomp: Out of memory' err && return
  [ "$1" -eq 4 ] && grep -qF "$sentence" err && return
  fail "allocation $2: status $1: $(head -c 300 err) $(head -c 300 out)"
}

# walk STATUS WORD...: a command that only reads.
walk() {
  local want=$1 n many got after
  shift
  faulty FAULTY_COUNT="$T/count"
  run "$want" "$@"
  cp out right
  cp err wrong
  many=$(cat count)
  for after in '' +; do
    for ((n = 1; n <= many; n = $(next "$n"))); do
      FAULTY_ALLOC=$n$after LD_PRELOAD=$FAULTY "$SWEEP" "$@" >out 2>err </dev/null
      got=$?
      if [ "$got" -eq "$want" ] && cmp -s wrong err && { cmp -s right out || [ -n "${volatile:-}" ]; }; then continue; fi
      ends "$got" "$n$after of $many, $*"
    done
  done
  faulty
}

walk 0 list layers
walk 0 list keys
volatile=1 every=all walk 0 plan t.ini 'train.lr=0.1, 0.2'  # an estimated time stands in it
volatile=1 walk 0 show t.ini --point 2
walk 2 plan t.ini train.optimizr=sgd
walk 0 status t --out whole
walk 0 report t --markdown --out whole
walk 0 report t --out whole
walk 0 plot t --out whole
walk 0 predict t --split test -j 1 --out whole
awk 'BEGIN { for (i = 0; i < 640; i++) printf "%d%s", i * i % 17, i % 64 < 63 ? "," : "\n" }' >pixels.csv
walk 0 predict t pixels.csv -j 1 --out whole
walk 0 eval t --out whole
walk 0 export t --to onnx --out whole
every=all walk 0 export t --to c --out whole # and reads the words of its header
walk 0 verify t --sample 1 -j 1 --out whole
book book.txt 40
cat >n.ini <<'EOT'
[sweep]
objective = min val_loss
[data]
dataset = text
file = book.txt
tokens = bpe
vocabulary = 270
length = 8
[model]
layers = embedding 4, gru 4, dense $vocabulary
[train]
epochs = 1
EOT
run 0 n.ini -q --no-plots -j 1 --out whole
walk 0 data info n.ini --no-plots
walk 0 generate n --prompt 'the' --length 3 --out whole
walk 0 eval n data.file=book.txt --out whole

# trains FIRST WORD...: a run that ends early, then the same without mishap; FIRST makes what was there before.
trains() {
  local n many got after
  faulty FAULTY_COUNT="$T/count"
  rm -rf now && $1
  run 0 t.ini -q --no-plots -j 1 --out now
  faulty
  many=$(cat count)
  for after in '' +; do
    for ((n = 1; n <= many; n = $(next "$n"))); do
      rm -rf now && $1
      FAULTY_ALLOC=$n$after LD_PRELOAD=$FAULTY "$SWEEP" t.ini -q --no-plots -j 1 --out now >out 2>err </dev/null
      got=$?
      if [ "$got" -eq 1 ] && grep -q 'no memory' now/results/t.csv; then
        grep -q 'failed' out || fail "allocation $n$after: no failed trial: $(cat out)"
      elif [ "$got" -ne 0 ]; then
        ends "$got" "$n$after of $many, run"
      fi
      run 0 t.ini -q --no-plots -j 1 --out now
      same whole now t
    done
  done
}
anew() { :; }
again() { cp -r whole now; }
trains anew
trains again
finish
