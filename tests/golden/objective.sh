# objective: every metric of a task ranks the points and selects the epoch as the manual says; test_* with a warning.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# awk's number of the epoch (the first of equals) that is best by a column of .epochs.csv.
best_epoch() { # TABLE COLUMN max|min
  awk -F, -v want="$2" -v way="$3" 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == want) c = i; if ($i == "epoch") e = i }; next }
    NR == 2 || (way == "max" ? $c + 0 > best + 0 : $c + 0 < best + 0) { best = $c; at = $e } END { print at }' "$1"
}

# A learning rate so high that the metrics do not agree on the best epoch.
tiny t
"$SWEEP" list metrics | awk '/^[a-z]/ { print $1, $2 }' >metrics
# Those of the task classify; tests/golden/regress.sh has others.
own=$("$SWEEP" list tasks | awk '/^classify/ { own = 1 } own && $1 == "measures" { gsub(/,/, ""); $1 = ""; print; exit }')
[ -n "$own" ] || fail "classify measures nothing"
grep -E "^(train|val|test)_($(echo $own | tr ' ' '|')) " metrics >of_classify && mv of_classify metrics
lines metrics $((3 * $(wc -w <<<"$own")))
while read -r metric better; do
  way=min
  [ "$better" = larger ] && way=max
  by=${metric/test_/val_}
  run 0 t.ini "sweep.name=$metric" "sweep.objective=$way $metric" train.epochs=16 train.lr=0.5 train.momentum=0.9 \
    train.patience=6 --no-plots
  cp err run.err
  got=$(column "results/$metric.csv" best_epoch)
  want=$(best_epoch "results/$metric.epochs.csv" "$by" $way)
  echo "$metric: epoch $got by $by"
  [ "$got" = "$want" ] || fail "$metric: epoch $got instead of $want, the best by $by"
  ran=$(column "results/$metric.csv" epochs_run)
  [ "$ran" -eq 16 ] || [ "$ran" -eq $((want + 6)) ] || fail "$metric: patience waited until epoch $ran, not 6 after $want"
  echo "$got" >>epochs
  run 0 plan t.ini "sweep.objective=$way $metric"
  cp err plan.err
  run 0 report "$metric" --markdown
  case $metric in
  test_*)
    has plan.err 'warning: the objective is measured on the test split'
    has run.err 'warning: the objective is measured on the test split'
    has out '**Warning:** the objective is measured on the test split'
    ;;
  *)
    hasnot plan.err "warning: the objective"
    hasnot run.err "warning: the objective"
    hasnot out '**Warning:**'
    ;;
  esac
done <metrics
[ "$(sort -u epochs | wc -l)" -ge 4 ] || fail "metrics agree on an epoch: this test does not tell them apart"
finish
