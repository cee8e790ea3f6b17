# plan: the grid in closed form, what each point costs, what is skipped and why.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'model.units = 4, 8, 16' 'train.lr = 0.05..0.2 count 4' '[require]' 'model = params < 1000'
run 0 plan t.ini
has out '12 points' 'model.units (3)' 'train.lr (4)' '8 trials to train' '4 points skipped' 'params < 1000'
[ "$(grep -c skipped: out)" -eq 4 ] || fail "not 4 points are skipped"
grep -qE '^ *1 +4 +0.05 +310 ' out || fail "point 1 is not units 4, lr 0.05, 64*4+4 + 4*10+10 = 310 parameters"
[ ! -e results ] || fail "plan wrote something"
cp out first
run 0 -n t.ini
timeless out >a
timeless first >b
cmp -s a b || fail "-n is not plan"
run 0 plan t.ini sweep.repeats=3
has out '24 trials to train'

# An override takes a key out of the file, a list on the command line is an axis.
run 0 plan t.ini train.batch_size=16,32
has out '24 points' 'train.batch_size (2)'
run 0 plan t.ini train.epochs=9
has out '12 points'

# Equal trainings are one; zip advances together; `when` is absent elsewhere.
tiny same '[grid]' 'model.units = 8, 4' 'train.eval_batch = 32, 64' # how many are tested at a time changes nothing
run 0 plan same.ini
has out 'the same training as point 1' '2 trials to train'
# So are counts and fractions that give the same split (320 of 3823 are 0.0837).
tiny split '[grid]' 'data.train = 320, 0.0837, 321' 'data.augment = "rotate 7", "rotate 7.0", "rotate 7, shift 1", "shift 1, rotate 7"'
run 0 plan split.ini
has out '12 points' '4 trials to train' '8 points the same as an earlier one'
run 0 split.ini --no-plots
has out '8 points are the same training as an earlier one'
tiny zip '[zip size]' 'model.units = 4, 8, 16' 'train.lr = 0.2, 0.1, 0.05'
run 0 plan zip.ini
has out '3 points' 'model.units+train.lr (3)'
# The first key of a zip tells its values apart; those of the others may be alike.
tiny alike '[zip size]' 'model.units = 4, 8, 16' 'train.lr = 0.2, 0.1, 0.1'
run 0 plan alike.ini
has out '3 points' '3 trials to train'
tiny alike '[zip size]' 'model.units = 4, 8, 4' 'train.lr = 0.2, 0.1, 0.1'
run 2 plan alike.ini
has err "model.units: the value '4' stands twice"
tiny when '[grid]' 'train.optimizer = sgd, adam' 'train.momentum = 0, 0.9 when train.optimizer = sgd'
run 0 plan when.ini
has out '3 trials to train'

# The whole grid of 10^12 points in a moment, also when counting overflows; running it is refused.
huge='1..100'
tiny huge '[grid]' "model.units = $huge" "train.epochs = $huge" "train.batch_size = $huge" "sweep.seed = 1" \
  "train.patience = $huge" "data.seed = $huge" "train.eval_batch = $huge"
sed -i '/sweep.seed/d' huge.ini
takes 2 plan huge.ini # 0.1 s; room for sanitizers
has out '1000000000000 points' 'the first 20 of 1e+12 points are listed' 'too many to run'
[ "$(grep -cE '^ *[0-9]+ +1 +1 ' out)" -eq 20 ] || fail "not 20 points are listed"
run 2 huge.ini
has err 'stop.trials'
[ ! -e results/huge.csv ] || fail "a refused sweep wrote a table"

# A budget: what fits stays as it is; a search tries fewer points, a grid has fewer repeats, and then some of its points. The
# times are the machine's, so that only what is certain is asked for.
tiny fit '[search]' 'method = tpe' 'trials = 100000' 'startup = 99999' '[grid]' 'train.lr = 1e-3..1 log'
run 0 plan fit.ini --budget 9000d
has err 'fit: 100000 trials take about ' ', by an estimate from the arithmetic; that fits into '
run 0 plan fit.ini --budget 1s train.epochs=1000
has err 'search.trials is cut from 100000 to '
few=$(sed -n 's/.*search.trials is cut from 100000 to //p' err)
has out "fit: $few points by tpe"
run 0 plan fit.ini --budget 1m train.epochs=1000 search.trials=99999
[ "$(sed -n 's/.*search.trials is cut from 99999 to //p' err)" -gt "$few" ] || fail "a minute is no longer than a second"
for bad in soon -1h 0 h; do
  run 2 plan fit.ini --budget=$bad
  has err "--budget $bad: is not a time; write 90m, 2h, 1.5d or seconds"
done
tiny grid '[sweep]' 'repeats = 4' '[grid]' 'train.lr = 0.1, 0.2, 0.3'
run 0 grid.ini -q --no-plots --budget 1h
has err 'grid: 12 trials take about ' 'that fits into 1 h'
lines results/grid.csv 13
run 0 plan grid.ini --budget 0.000001s # what is finished takes no time, and stays
has err 'grid: all 12 trials are finished; nothing is cut'
run 0 plan grid.ini --budget 0.000001s sweep.repeats=5
has err '12 of 15 trials are finished, the other 3 trials take about ' 'by what its finished trials took; ' \
  'sweep.repeats is cut from 5 to 4'
run 0 plan grid.ini --budget 0.000001s train.lr='0.1, 0.2, 0.3, 0.4'
has err '12 of 16 trials are finished' 'nothing is cut: what is finished stays'
run 0 grid.ini -q --no-plots --budget 0.000001s sweep.name=least # nothing fits, and one is the least
has err 'by an estimate from the arithmetic; one trial takes about ' ', longer than ' \
  'sweep.repeats is cut from 4 to 1; of the 3 points 1 are drawn at random'
lines results/least.csv 2
has results/least/sweep.ini 'method = random' 'trials = 1' 'repeats = 1'
run 0 grid.ini -q --no-plots --budget 0.000001s sweep.name=least # the same again: what was drawn stays, and no more
has err '1 of 12 trials are finished' 'of the 3 points 1 are drawn at random'
lines results/least.csv 2

# A budget never makes a sweep larger, with more workers than trials neither; a search keeps the points that it has tried.
run 0 plan grid.ini -j 1000 --budget 0.1s train.epochs=30000 sweep.repeats=1 sweep.name=wide
has out 'wide: 3 points'
grep -q 'longer than .*; nothing is cut: fewer trials would take as long' err || fail "a sweep that is cut: $(cat err)"
run 0 fit.ini -q --no-plots search.trials=3
run 0 plan fit.ini --budget 0.000001s
has err '3 of 100000 trials are finished' 'search.trials is cut from 100000 to 3'

# Every point of a middling grid only when asked.
tiny many '[grid]' 'model.units = 1..64' 'train.epochs = 1..20'
run 0 plan many.ini
has out 'the first 20 of'
run 0 plan many.ini --all
has out '1280 trials to train'
finish
