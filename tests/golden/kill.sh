# kill -9 at 50 random moments: what was finished stays, and in the end the files are those of an undisturbed run.
# long: KILLS=1000
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

RANDOM=${SEED:-1}
kills=${KILLS:-50}
cat >k.ini <<'EOF'
[sweep]
repeats = 2
[data]
train = 320
validation = 160
test = 160
[model]
units = 8
layers =
    conv 3x3 $units, batchnorm, relu, dropout 0.1
    gap, dense 10
[train]
epochs = 12
optimizer = sgd
momentum = 0.9
lr = 0.05
[grid]
model.units = 4, 6, 8
train.batch_size = 16, 32
EOF
begin=$(date +%s%N)
run 0 k.ini -q --no-plots --out whole
took=$((($(date +%s%N) - begin) / 1000)) # microseconds
done_kills=0 rounds=0
while [ "$done_kills" -lt "$kills" ]; do
  "$SWEEP" k.ini -q --no-plots --out cut >/dev/null 2>err &
  pid=$!
  wait_us=$(((RANDOM * 32768 + RANDOM) % (took / 2) + 1000)) # several kills before the end
  sleep "$(printf '%d.%06d' $((wait_us / 1000000)) $((wait_us % 1000000)))"
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  status=$?
  for table in cut/results/*.csv; do # complete at every moment
    [ -e "$table" ] || continue
    [ -z "$(tail -c 1 "$table")" ] || fail "$table ends in the middle of a row"
  done
  if [ "$status" -eq 137 ]; then
    done_kills=$((done_kills + 1))
  elif [ "$status" -eq 0 ]; then # it came to its end: compare, and from the beginning
    same whole cut k
    rm -rf cut
    rounds=$((rounds + 1))
  else
    fail "status $status"
    cat err
    break
  fi
done
run 0 k.ini -q --no-plots --out cut
same whole cut k
echo "$done_kills kills, $rounds rounds finished in between, $((took / 1000)) ms undisturbed"
finish
