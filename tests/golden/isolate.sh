# A trial that crashes or never ends: the sweep goes on after it. The mishap is planned by tests/shim/trouble.c, in the
# process that trains the trial, where it looks for its checkpoint.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8, 12'
run 0 t.ini -q --no-plots --out whole
key=$(printf '%016x' "0x$(awk '$2 == "T" { print $3 }' whole/results/t/journal | sort | sed -n 2p)")
crash="access $key.state crash 0"

# row FOLDER: the trial of $key in the main table.
row() { grep -F "$1" "$2/results/t.csv"; }

# crashed FOLDER WORD...: the first call dies with the trial, the second finds out which one it was.
crashed() {
  local folder=$1
  shift
  rm -rf "$folder"
  trouble "$crash" "$SWEEP" t.ini -q --no-plots --out "$folder" "$@" >out 2>err
  [ $? -eq 139 ] || fail "the crash did not end the first call"
  grep -qx "$key" "$folder/results/t/running" || fail "nobody knows that $key ran"
  trouble "$crash" run 1 t.ini -v --no-plots --out "$folder" "$@"
  has err 'it was running when an earlier call broke off; it gets a process of its own'
  has err 'failed: the process of this trial was ended by signal 11 (Segmentation fault), three times'
  [ ! -e "$folder/results/t/running" ] || fail "$folder: trials run after the end"
}

crashed one -j 1
crashed two -j 2
crashed four -j 4
same one two t
same one four t
[ "$(column one/results/t.csv status | sort | uniq -c | tr -s ' \n' ' ')" = " 5 complete 1 failed " ] ||
  fail "rows: $(cat one/results/t.csv)"
has one/results/t.csv '"the process of this trial was ended by signal 11 (Segmentation fault), three times"'
others=$(grep -cFxf <(grep -v failed one/results/t.csv) whole/results/t.csv)
[ "$others" -eq 6 ] || fail "the crash of one trial changed others: $others rows are the same" # with the head
trouble "$crash" run 1 t.ini -q --no-plots --out one # what is final is final
same one two t
trouble "$crash" run 1 t.ini -q --no-plots --out one --retry-failed # and again in a process of its own
same one two t
run 0 t.ini -q --no-plots --out one --retry-failed # the fault is gone
same whole one t

# A crash that comes now and then: no trial is lost, the bytes are those of an undisturbed run.
rm -rf one
trouble "$crash" "$SWEEP" t.ini -q --no-plots --out one >out 2>err
trouble "access $key.state crash" run 1 t.ini -q --no-plots --out one # in each new process the first time
rm -rf one
trouble "$crash" "$SWEEP" t.ini -q --no-plots --out one >out 2>err
run 0 t.ini -q --no-plots --out one
same whole one t

# kill -9 of the sweep is nobody's fault; nor is that of a trial's process the trial's: it is not final.
rm -rf one
trouble "access $key.state kill 0" "$SWEEP" t.ini -q --no-plots --out one >out 2>err
trouble "access $key.state kill 0" run 1 t.ini -q --no-plots --out one
has one/results/t.csv 'ended by signal 9 (Killed)'
run 0 t.ini -q --no-plots --out one
same whole one t

# The processes of trials die with the sweep, and what a power cut leaves in the list of running trials is no harm.
of_hung() { grep -lzxe "hun[g]$$" /proc/[0-9]*/cmdline 2>/dev/null | wc -l; } # processes that have this word
rm -rf one
trouble "$crash" "$SWEEP" t.ini -q --no-plots --out "hung$$" -j 1 >out 2>err
TROUBLE="access $key.state loop 0" LD_PRELOAD=$TROUBLE_LIBRARY ASAN_OPTIONS=verify_asan_link_order=0 \
  "$SWEEP" t.ini -q --no-plots --out "hung$$" -j 1 >out 2>err & # not a function's subshell: it must be this pid
pid=$!
for try in $(seq 200); do # the sweep, a keeper, an attempt
  [ "$(of_hung)" -lt 3 ] && kill -0 $pid 2>/dev/null && sleep 0.1 || break
done
[ "$(of_hung)" -eq 3 ] || fail "no process of its own for the trial that crashed"
kill -9 $pid
wait $pid 2>/dev/null
for try in $(seq 100); do
  [ "$(of_hung)" -gt 0 ] && sleep 0.1 || break
done
[ "$(of_hung)" -eq 0 ] || fail "processes of trials are left"
mv "hung$$" one
grep -qx "$key" one/results/t/running || fail "nobody knows that $key ran"
printf '\0\0\0\nffffffffffffffff\n12\n\n%s\nzz' "$key" >one/results/t/running
run 0 t.ini -q --no-plots --out one
same whole one t

# A trial that never ends, with a time limit: the others are trained, and it is ended, for any number of workers.
for jobs in 1 3; do
  trouble "access $key.state loop 0" run 1 t.ini -q --no-plots --out "loop$jobs" -j "$jobs" stop.trial_time=2
  has err 'failed: it took longer than stop.trial_time = 2 seconds'
done
same loop1 loop3 t
[ "$(column loop1/results/t.csv status | sort | uniq -c | tr -s ' \n' ' ')" = " 5 complete 1 failed " ] ||
  fail "rows: $(cat loop1/results/t.csv)"
run 0 t.ini -q --no-plots --out loop1 --retry-failed
same whole loop1 t

# Trials in processes of their own have the same results, are stopped and gone on with like others.
run 0 t.ini -q --no-plots --out apart stop.trial_time=100
same whole apart t
rm -rf apart
for call in 1 2 3 4 5 6 7 8 9; do
  "$SWEEP" t.ini -q --no-plots --out apart stop.trial_time=100 stop.epochs=1 -j 1 >out 2>err
  [ $? -eq 3 ] || fail "call $call was not stopped"
done
run 0 t.ini -q --no-plots --out apart stop.trial_time=100
same whole apart t
[ "$(grep -c ' E ' apart/results/t/journal)" -eq 18 ] || fail "epochs were trained twice"
finish
