# Points that are drawn: by every method the same bytes for any number of workers and after kill -9; conditions on the network,
# spaces that run out, more trials, and what the tables and pictures then say. The short form tries what is the same for all
# methods that listen to results with one of them.
# long: KILLS=50
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

RANDOM=${SEED:-1}
tiny s '[search]' 'method = random' 'trials = 10' '[grid]' 'train.lr = 1e-3..1 log' 'model.units = 4..16 int log' \
  'train.optimizer = sgd:3, adam:1' 'train.momentum = 0..0.95 when train.optimizer = sgd' \
  '[require]' 'model = params < 900' '[sweep]' 'repeats = 2'
methods=$("$SWEEP" list search | awk '/^[a-z]/ && $1 != "grid"')
[ "$(echo "$methods" | wc -l)" -ge 2 ] || fail "no methods are listed"
[ -z "${SANITIZED:-}" ] || methods='random sobol tpe gp'

for method in $methods; do
  # A method that listens to results is to do so from the fourth point on.
  words=search.method=$method
  follows=
  if "$SWEEP" plan s.ini "$words" search.lag=3 >/dev/null 2>&1; then
    words="$words search.lag=3 search.startup=3"
    follows=yes
  fi
  run 0 plan s.ini $words
  has out "10 points by $method of train.lr (1e-3..1 log) x model.units (13) x train.optimizer (2)" '20 trials to train'
  if [ -n "$follows" ]; then
    has out 'the other 7 points follow from results: each from those of the points that are at least search.lag = 3 before it'
    run 0 plan s.ini $words -j 9
    has out 'that leaves work for 6 of 9 workers at a time'
  else
    has out 'more were drawn that can never train, the first because of: params < 900'
  fi
  hasnot out 'skipped'
  for jobs in 1 5; do run 0 s.ini -q --no-plots $words -j $jobs --out $method$jobs; done
  same ${method}1 ${method}5 s
  [ "$(column ${method}1/results/s.csv params | sort -n | tail -n 1)" -lt 900 ] || fail "a point breaks the condition"
  [ "$(column ${method}1/results/s.csv status | sort -u)" = complete ] || fail "not all trials of $method are complete"
  [ "$(column ${method}1/results/s.csv point | uniq | tr '\n' ' ')" = '1 2 3 4 5 6 7 8 9 10 ' ] || fail "points are left out"
  [ "$(sort -u -t, -k1,1 ${method}1/results/s.layers.csv | wc -l)" -eq 11 ] || fail "layers of points are left out"

  # Killed at moments of its own, it comes to the same end.
  killed "${KILLS:-2}" s.ini -q --no-plots $words --out cut
  run 0 s.ini -q --no-plots $words --out cut
  same ${method}1 cut s
  rm -rf cut

  # The snapshot is the same sweep, and every point can be shown, as far as it does not follow from results.
  (cd ${method}1 && run 0 results/s/sweep.ini -q --no-plots --out ../again) || failures=$((failures + 1))
  same ${method}1 again s
  rm -rf again
  if [ -n "$follows" ]; then
    run 0 show s.ini --point 3 $words
    run 2 show s.ini --point 10 $words
    has err 'point 10 follows from results'
  else
    run 0 show s.ini --point 10 $words
    has out 's, point 10'
  fi
  run 2 show s.ini --point 11 $words
  cmp -s random1/results/s.csv "${method}1/results/s.csv" && [ "$method" != random ] && fail "$method draws as random does"

  # What follows from results: by calls of a few trials each, in processes of their own, and up to an end that is found in
  # the plan, wherever the workers are; a trial that failed gives a result, and one that is tried again and fails again
  # leads to the same points.
  [ -n "$follows" ] && { [ -n "${KILLS:-}" ] || [ "$method" = tpe ]; } || continue
  run 0 s.ini -q --no-plots $words stop.trial_time=60 -j 2 --out apart
  same ${method}1 apart s
  for call in 1 2 3; do run 3 s.ini -q --no-plots $words stop.trials=6 -j 2 --out cut; done
  run 0 s.ini -q --no-plots $words -j 2 --out cut
  same ${method}1 cut s
  for jobs in 1 5; do
    run 3 s.ini -q --no-plots $words stop.stagnation=5 -j $jobs --out end$jobs
    run 1 s.ini -q --no-plots $words 'train.lr=1e-3..1e30 log' -j $jobs --out failed$jobs
  done
  same end1 end5 s
  [ "$(wc -l <end1/results/s.csv)" -lt 21 ] || fail "$method does not end where nothing gets better"
  same failed1 failed5 s
  grep -q ',failed,' failed1/results/s.csv || fail "no trial of $method fails"
  run 1 s.ini -q --no-plots $words 'train.lr=1e-3..1e30 log' --retry-failed --out failed5
  same failed1 failed5 s
  rm -rf apart cut end? failed?
done

# Several objectives, by every method: the same bytes for any number of workers, after kill -9 and where the search goes on
# from an earlier one; ranks, front and hypervolume as awk finds them.
front() { # FILE: awk's points of the front by accuracy and parameters, and whether ranks and volumes are in order
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { n++; a[n] = $at["val_accuracy_mean"]; p[n] = $at["params"]; f[n] = $at["pareto"]; r[n] = $at["rank"]; v[n] = $at["hypervolume"] }
    END { for (i = 1; i <= n; i++) {
        for (j = 1; j <= n; j++) {
          if (a[j] >= a[i] && p[j] <= p[i] && (a[j] > a[i] || p[j] < p[i])) { under[i] = 1; if (f[j] >= f[i]) print "front of " i }
          if (f[j] < f[i] && r[j] >= r[i] || f[j] == f[i] && a[j] > a[i] && r[j] >= r[i]) print "rank of " i
        }
        if ((f[i] == 1) == (under[i] == 1)) print i " and the front"
        if (i > 1 && v[i] < v[i - 1] || v[i] > 1) print "volume of " i
        if (f[i] != 1) others++
      }
      if (!others || v[n] == v[1]) print "nothing to compare" }' "$1"
}
goals='sweep.objective=max val_accuracy, min params'
for method in $methods; do
  words=search.method=$method
  "$SWEEP" plan s.ini "$words" search.lag=3 >/dev/null 2>&1 && words="$words search.lag=3 search.startup=3"
  [ -n "${KILLS:-}" ] || [ "$method" = evolution ] || [ "$method" = tpe ] || continue
  for jobs in 1 5; do run 0 s.ini -q --no-plots $words "$goals" -j $jobs --out goals$jobs; done
  same goals1 goals5 s
  wrong=$(front goals1/results/s.points.csv)
  [ -z "$wrong" ] || fail "$method: $wrong"
  killed "${KILLS:-1}" s.ini -q --no-plots $words "$goals" --out cut
  run 0 s.ini -q --no-plots $words "$goals" --out cut
  same goals1 cut s
  run 0 verify s --sample 1 --out goals1
  [ "$method" = tpe ] || { rm -rf goals? cut; continue; }
  # The networks of the whole front are kept, and no others.
  [ "$(ls goals1/results/s/models | sed 's/\..*//' | sort)" = "$(awk -F, 'NR == FNR { if (FNR == 1) { for (i = 1; i <= NF; i++) if ($i == "pareto") c = i } else if ($c == 1) on[$1] = 1; next }
    FNR == 1 { for (i = 1; i <= NF; i++) { if ($i == "id") d = i; if ($i == "point") p = i }; next } on[$p] { print $d }' \
    goals1/results/s.points.csv goals1/results/s.csv | sort)" ] || fail "other networks are kept than those of the front"
  has goals1/results/s.about.csv 'objective,"max val_accuracy, min params"'
  run 0 report s --out goals1 --markdown
  has out 'points are on the Pareto front' 'is the best by params' 'points on the Pareto front' '| front |'
  run 0 status s --out goals1
  run 2 replay s --out goals1 prune.method=median
  has err 'median compares trials by one objective'
  # The end that stagnation finds, and what an earlier sweep with the same objectives found.
  for jobs in 1 5; do
    run 3 s.ini -q --no-plots $words "$goals" stop.stagnation=3 -j $jobs --out end$jobs
    run 0 s.ini -q --no-plots $words "$goals" search.from=s search.trials=3 sweep.name=after -j $jobs --out goals$jobs
  done
  same end1 end5 s
  same goals1 goals5 after
  has goals1/results/after/from.s.csv 'loss,loss_2,pruned,objective'
  run 2 s.ini -q $words search.from=s sweep.name=other --out goals1
  has err 'search.from: s has another objective: max val_accuracy, min params'
  rm -rf goals? cut end?
done

# The values of a row, written into a grid, are the same training: the ids say so.
row=$(sed -n 2p random1/results/s.csv)
names=$(head -n 1 random1/results/s.csv)
cell() { awk -F, -v head="$names" -v row="$row" -v want="$1" 'BEGIN { n = split(head, h); split(row, c); for (i = 1; i <= n; i++) if (h[i] == want) print c[i] }'; }
momentum=$(cell train.momentum)
tiny g
run 0 g.ini -q --no-plots "train.lr=$(cell train.lr)" "model.units=$(cell model.units)" "train.optimizer=$(cell train.optimizer)" \
  ${momentum:+"train.momentum=$momentum"}
[ "$(column results/g.csv id)" = "$(cell id)" ] || fail "the values of the table are another training"

# More trials: the first ones are known already, but for latin, whose parts are others.
run 0 s.ini --no-plots search.trials=13 --out random1
has err '20 of 26 trials were there already'
run 0 s.ini --no-plots search.trials=13 --out sobol1 search.method=sobol
has err '20 of 26 trials were there already'
run 0 s.ini -q --no-plots search.trials=13 --out fresh
same random1 fresh s
run 0 s.ini --no-plots search.trials=13 --out tpe1 search.method=tpe search.lag=3 search.startup=3
has err '20 of 26 trials were there already'

# Points that are tried first, by every method that draws; what a line does not name is drawn.
sed '/^method = random/a start =\n    train.lr=0.05 model.units=7 train.optimizer=sgd train.momentum=0.9\n    train.optimizer=adam model.units=4' \
  s.ini >first.ini
for method in $methods; do
  run 0 first.ini -q --no-plots search.method=$method search.trials=4 sweep.name=s --out first
  row=$(sed -n 2p first/results/s.csv)
  [ "$(cell train.lr) $(cell model.units) $(cell train.optimizer) $(cell train.momentum)" = '0.05 7 sgd 0.9' ] ||
    fail "$method does not begin with the first line of search.start: $row"
  row=$(sed -n 4p first/results/s.csv)
  [ "$(cell model.units) $(cell train.optimizer) $(cell train.momentum)" = '4 adam ' ] || fail "nor with the second: $row"
  rm -rf first
done
for bad in train.lr=5 model.units=3 train.optimizer=lion; do
  run 2 plan s.ini search.start="$bad"
  has err 'is not a value of'
done
run 2 plan s.ini search.start=train.epochs=3
has err "'train.epochs' is not an axis"

# What an earlier sweep found is known from the beginning, by every method that listens: for any number of workers, also
# when that sweep is gone. With startup = 10 of its 13 points no point is drawn by itself.
run 0 s.ini -q --no-plots search.trials=13 --out from
cp s.ini from
(cd from && run 2 plan s.ini search.method=tpe search.from=s && has err 'search.from: s is this sweep itself') || failures=$((failures + 1))
for method in $methods; do
  words="search.method=$method search.from=s search.trials=6 search.startup=10 sweep.name=after"
  [ -n "${KILLS:-}" ] || [ "$method" = gp ] || continue
  (cd from && "$SWEEP" plan s.ini $words) >/dev/null 2>&1 || continue
  for jobs in 1 3; do
    cp -r from j$jobs
    run 0 s.ini -q --no-plots $words -j $jobs --out j$jobs
  done
  same j1 j3 after
  lines j1/results/after/from.s.csv 14
  rm j3/results/s.csv
  run 0 s.ini -q --no-plots $words search.trials=8 --out j3
  cmp -s <(head -n 7 j3/results/after.points.csv | cut -d, -f1-5) <(cut -d, -f1-5 j1/results/after.points.csv) ||
    fail "$method has forgotten"
  run 0 verify after --sample 1 --out j1
  [ "$(column j1/results/after.csv train.lr | head -n 1)" != "$(column from/results/s.csv train.lr | head -n 1)" ] ||
    fail "$method begins as if it knew nothing"
  run 2 s.ini $words sweep.name=other data.train='160, 320' --out from
  has err 'search.from: s is of another space: it does not vary data.train'
  run 2 s.ini $words sweep.name=other 'sweep.objective=min val_loss' --out from
  has err 'search.from: s has another objective: max val_accuracy'
  # What is kept is of another objective, too.
  run 2 s.ini $words 'sweep.objective=min val_loss' --out j1
  has err 'search.from: s has another objective: max val_accuracy'
  rm -r j1 j3
done
run 2 plan s.ini search.method=gp search.from=nobody
has err 'search.from: nobody has no results'
run 2 plan s.ini search.method=gp search.from=results/s.csv
has err 'search.from: results/s.csv is not the name of a sweep'
# A point that nothing was found of yet is not known.
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "status") at = i; else if ($i == "point") of = i }
  NR > 1 && $of > 11 { $at = $of == 12 ? "open" : "skipped" } 1' from/results/s.csv >open.csv
cp open.csv from/results/s.csv
run 0 s.ini -q --no-plots search.method=gp search.from=s search.startup=20 search.trials=1 sweep.name=open --out from
lines from/results/open/from.s.csv 12
has from/results/open/from.s.csv objective 'max val_accuracy'
[ "$(column from/results/open.csv train.lr | head -n 1)" != "$(column open.csv train.lr | head -n 1)" ] ||
  fail "the first point that is drawn is that of the earlier sweep"
# With another objective it is read again, and kept anew.
sed -i 's/max val_accuracy/min val_loss/' from/results/s.about.csv
run 0 s.ini -q --no-plots search.method=gp search.from=s search.startup=20 search.trials=1 sweep.name=open \
  'sweep.objective=min val_loss' --out from
has from/results/open/from.s.csv 'min val_loss'
grep -q 'max val_accuracy' from/results/open/from.s.csv && fail "losses of the objective before are still there"

# A space that runs out: every point once, no repetition, and plan says so; two words for one training count once.
tiny f '[search]' 'method = sobol' 'trials = 50' '[grid]' 'model.units = 4, 8' \
  'data.augment = rotate 0, rotate 0.0, ""' 'train.lr = 0.1, 0.2'
run 0 plan f.ini
has out 'f: 8 points by sobol' '8 trials to train' '4 more were drawn that are the same training as an earlier one' \
  'the search finds 8 of the 50 points that search.trials asks for'
run 0 f.ini -q --no-plots
lines results/f.csv 9
run 2 show f.ini --point 9
has err 'the search finds fewer'

# No point that may be: that is said, before anything is written.
run 2 plan s.ini require.model='params < 3' --out none
run 2 s.ini require.model='params < 3' --out none
has err 'the search finds no point: none of the' 'the first because params < 3'
[ ! -e none/results/s.csv ] || fail "tables of a sweep without points"

# In a grid what is continuous is an error that says what to do.
run 2 plan s.ini search.method=grid
has err 'search.trials: is not used by grid' "'1e-3..1 log' is continuous, which a grid cannot try out: add count N, or draw"

# Effects: means of the values that several points have, no shares, and sentences why; pictures that show the points.
effects=random1/results/s.effects.csv
has "$effects" 'value,train.optimizer,,sgd,' ',drawn' 'shares are those of a random forest over 13 points; exact ones need a complete grid, and the points were drawn' \
  'no means of the values of train.lr, '
has "$effects" 'axis,train.lr,,,26,' ',forest' 'pair,train.lr,model.units,' 'the shares take an axis for one that does not matter'
hasnot "$effects" ' & '
has random1/results/s.about.csv 'search,random'
hasnot results/g.about.csv 'search,'
if command -v gnuplot >/dev/null; then
  run 0 plot s --out random1
  has out 'importance: ' 'axes: ' 'parallel: '
  has random1/plots/s/importance.gp 'over the whole space, with 95% interval' xerrorbars
  hasnot random1/plots/s/axes.gp 'with lines'
  has random1/plots/s/axes.gp 'mean of the points drawn with a value' 'set logscale x'
  has random1/plots/s/parallel.gp '(none)'
fi
run 0 report s --out random1 --markdown
has out 'as a random forest sees it' '## Findings'
finish
