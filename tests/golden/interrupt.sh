# Signals: the epoch is finished and saved, the status says so, the next call goes on to the same bytes. Two processes on
# one name: the second is refused.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
epochs=400
[ -z "${SANITIZED:-}" ] || epochs=60 # which takes as long
sed -i "s/epochs = 3/epochs = $epochs/; s/train = 320/train = 1600/" t.ini
run 0 t.ini -q --no-plots --out whole

# started FOLDER: waits until the journal below it has an epoch.
started() {
  for _ in $(seq 600); do
    [ -s "$1/results/t/journal" ] && return 0
    sleep 0.05
  done
  fail "nothing happens in $1"
}

for signal in HUP INT TERM USR1; do
  case $signal in HUP) want=129 ;; INT) want=130 ;; TERM) want=143 ;; USR1) want=138 ;; esac
  rm -rf cut
  # a job of a script without job control ignores INT; setsid and a fresh shell would not: env gives it back
  env --default-signal=INT "$SWEEP" t.ini --no-plots --out cut -j 2 >out 2>err &
  pid=$!
  started cut
  kill -s "$signal" "$pid"
  wait "$pid"
  got=$?
  if [ "$got" -ne "$want" ]; then
    fail "after $signal: status $got instead of $want"
    cat err
  else
    has err 'To go on' 't.ini --no-plots --out cut -j 2'
    [ -s cut/results/t.csv ] || fail "no table after $signal"
  fi
  run 0 t.ini -q --no-plots --out cut
  same whole cut t
done

rm -rf cut
"$SWEEP" t.ini -q --no-plots --out cut >/dev/null 2>&1 &
pid=$!
started cut
# The second one leaves no trace, though it is another grid.
cp cut/results/t/sweep.ini was.ini && cp cut/results/t.layers.csv was.csv
run 4 t.ini -q --no-plots --out cut model.units=5,6
has err 'cut/results/t' "process $pid"
cmp was.ini cut/results/t/sweep.ini || fail "a refused sweep wrote its file"
cmp was.csv cut/results/t.layers.csv || fail "a refused sweep wrote its layers"
kill -9 "$pid"
wait "$pid" 2>/dev/null
run 0 t.ini -q --no-plots --out cut # the lock of a killed process holds nobody up
same whole cut t

# What is ignored stays so: the sweep outlives its terminal under nohup.
rm -rf cut
env --ignore-signal=HUP "$SWEEP" t.ini -q --no-plots --out cut -j 2 >out 2>err &
pid=$!
started cut
kill -s HUP "$pid"
wait "$pid" || fail "a HUP that is ignored ended it: $(cat err)"
same whole cut t

# The second signal ends it at once, in the middle of an epoch that would take a minute.
{
  printf '[data]\ntrain = 3400\n[train]\nepochs = 2\nbatch_size = 16\n[model]\nlayers =\n'
  for _ in 1 2 3 4 5 6 7 8 9 10; do echo '    conv 3x3 256 pad same, relu'; done
  echo '    gap, dense 10'
} >s.ini
"$SWEEP" s.ini --no-plots --out twice >out 2>err &
pid=$!
# until it has computed for a second: then it trains
until [ "$(cut -d ' ' -f 14 "/proc/$pid/stat")" -ge 100 ] || ! kill -0 "$pid"; do sleep 0.05; done
kill -s TERM "$pid"
# until the first is answered: two that wait to be delivered are one
until grep -q 'once more to stop now' err || ! kill -0 "$pid"; do sleep 0.05; done
kill -s TERM "$pid"
wait "$pid"
got=$?
[ "$got" -eq 143 ] || fail "after two signals: status $got instead of 143: $(cat err)"
hasnot err 'To go on'
empty out

# During the plan: no table is touched, the call says how to go on.
tiny p '[grid]' 'train.lr = 0.01..0.1 count 1000' 'train.momentum = 0..0.9 count 900'
env --default-signal=INT "$SWEEP" p.ini --no-plots --out plan -j 2 >out 2>err &
pid=$!
until [ -s plan/results/p/lock ] || ! kill -0 "$pid"; do sleep 0.01; done
kill -s INT "$pid"
wait "$pid"
got=$?
[ "$got" -eq 130 ] || fail "during the plan: status $got instead of 130"
has err 'To go on' 'p.ini --no-plots --out plan -j 2'
[ "$(ls plan/results)" = p ] || fail "tables of a plan that was not finished"
finish
