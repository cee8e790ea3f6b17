# A run: status 0, every file, what is told where.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
run 0 t.ini -j 2
has out 't: 4 trials: 4 complete' 'model.units' 'val_accuracy' 'results/t.csv' 'plots/t'
grep -q $'\r' err && fail "a carriage return on stderr, which is no terminal"
grep -q $'\033' err && fail "an escape sequence on stderr, which is no terminal"
[ -s err ] || fail "no progress on stderr"
lines results/t.csv 5
[ "$(column results/t.csv status | sort -u)" = complete ] || fail "not every trial is complete"
[ "$(head -n 1 results/t.csv)" = "trial,point,repeat,seed,status,id,same_as,model.units,params,macs,receptive_field,uses_batchnorm,uses_dropout,head,precision,depth,pool_distance,bn_distance,jump,epochs_run,best_epoch,train_samples,val_samples,test_samples,train_loss,train_accuracy,train_precision,train_recall,train_f1,train_kappa,train_matthews,train_auc,train_log_loss,train_brier,train_ece,train_top3,train_top5,val_loss,val_accuracy,val_precision,val_recall,val_f1,val_kappa,val_matthews,val_auc,val_log_loss,val_brier,val_ece,val_top3,val_top5,test_loss,test_accuracy,test_precision,test_recall,test_f1,test_kappa,test_matthews,test_auc,test_log_loss,test_brier,test_ece,test_top3,test_top5,warning,warned_at,error" ] ||
  fail "columns: $(head -n 1 results/t.csv)"
[ "$(column results/t.csv seed | tr '\n' ' ')" = "1 2 1 2 " ] || fail "seeds"
for table in points epochs layers effects classes confusion timing; do
  [ -s "results/t.$table.csv" ] || fail "no results/t.$table.csv"
done
lines results/t.points.csv 3
lines results/t.epochs.csv 13
lines results/t.classes.csv 11
lines results/t.timing.csv 5
[ -d results/t ] || fail "no results/t"
for kind in gp svg png; do
  ls plots/t/*."$kind" >/dev/null 2>&1 || fail "no plots/t/*.$kind"
done
for script in plots/t/*.gp; do
  [ -s "${script%.gp}.png" ] || fail "$script has no picture"
done
if command -v gnuplot >/dev/null; then # each script can be run by hand
  cp -r plots/t hand
  for script in hand/*.gp; do
    (cd hand && gnuplot "${script#hand/}" >../hand.out 2>&1) || fail "$script by hand: $(cat hand.out)"
  done
fi
find . -name '*.tmp' | grep -q . && fail "temporary files are left"

# Again: nothing is computed, the files stay as they are.
cp -r results before
run 0 t.ini --no-plots
has err '4 of 4 trials were there already'
for f in before/*.csv; do
  cmp -s "$f" "results/${f##*/}" || fail "${f##*/} changed though nothing ran"
done

# Quiet is quiet, also about time; the results stand on stdout all the same.
rm -rf results plots
run 0 t.ini -q --no-plots
empty err
has out '4 complete'
[ ! -e plots ] || fail "--no-plots drew plots"
run 0 t.ini -v --no-plots

# Pictures that cannot be drawn are a warning, and nobody is sent to look for them.
mkdir broken
printf '#!/bin/sh\nexit 1\n' >broken/gnuplot
chmod +x broken/gnuplot
PATH=$T/broken:$PATH run 0 t.ini
has err 'warning: pictures'
has out 'tables '
hasnot out 'pictures '

# The best ten points and how many more there are.
tiny eleven '[grid]' 'model.units = 1..11'
run 0 eleven.ini -q --no-plots
has out '1 more point in'

# Elsewhere: --out; status, plot and report work on it.
run 0 t.ini --out there --no-plots -q
same . there t
run 0 status t --out there
has out 't: 4 of 4 trials are final: 4 complete' 'best so far' 'val_accuracy'
run 2 status elven
has err "did you mean 'eleven'"
run 0 plot t --out there
ls there/plots/t/*.svg >/dev/null 2>&1 || fail "plot drew nothing"
run 0 report t --markdown --out there
has out 'val_accuracy' '|'

# What cannot be written is status 4.
"$SWEEP" list layers >/dev/full 2>err
[ $? -eq 4 ] || fail "a full stdout is not status 4"
has err 'standard output'
touch file
run 4 t.ini --out file/x
has err 'file'
finish
