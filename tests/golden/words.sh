# The words of the command line: help, version, what is unknown.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

run 0 --version
grep -qE '^sweep [0-9]+\.[0-9]+\.[0-9]+$' out || fail "version: $(cat out)"
empty err

run 0 --help
empty err
for command in run plan show init list plot report status data bench help; do
  has out "  $command "
  run 0 "$command" --help
  has out "usage: sweep $command"
  empty err
  run 0 --help
done
for option in --jobs --dry-run --out --fail-fast --retry-failed --no-plots --quiet --verbose --isa --help --version; do
  has out "$option"
done
# The word help is the option.
run 0 help
cp out all
run 0 --help
cmp -s out all || fail "help is not --help"
for command in run bench help; do
  run 0 help "$command"
  cp out one
  run 0 "$command" --help
  cmp -s out one || fail "help $command is not $command --help"
done
run 2 help pln
has err "did you mean 'plan'"
run 2 help t.ini
has err "no command 't.ini'" 'sweep help'
run 2 help run plan
has err 'one word too many'
run 0 --help
has out '130, 143, 138' # as every status of the README
hasnot out compare # not there yet: not promised

# Commands and vocabularies are listed by their own tables, and every one can be printed.
run 0 list
vocabularies=$(awk '{ print $3 }' out)
[ -n "$vocabularies" ] || fail "no vocabularies"
for vocabulary in $vocabularies; do
  run 0 list "$vocabulary"
  [ -s out ] || fail "list $vocabulary prints nothing"
  empty err
done
for vocabulary in optimizers schedules precisions normalizations inits metrics plots sections formats; do # every word is explained
  run 0 list "$vocabulary"
  awk '/^[^ ]/ { if (bare) print bare; bare = $1; next } { bare = "" } END { if (bare) print bare }' out >bare
  [ ! -s bare ] || fail "list $vocabulary does not say what these are: $(cat bare)"
done
run 0 list inits
has out 'variance 2 / fan_in' 'sqrt(6 / (fan_in + fan_out))' '1 / sqrt(fan_in)'
run 0 list normalizations
has out '(x - mean) / deviation' 'x / max'
run 0 list layers
has out conv2d batchnorm maxpool dropout kernel filters stride pad none
run 0 list blocks
has out '{ ... } x N' 'residual  [identity | pad] [scale S] { ... }' branch concat mean
run 0 list keys
has out '[data]' '[train]' '[sweep]' '[model]' epochs batch_size momentum repeats objective 'seed + r - 1'
run 0 list optimizers
has out sgd momentum nesterov rmsprop adam adamw
run 0 list schedules
has out constant step exponential cosine onecycle
run 0 list datasets
has out optdigits mnist fashion
run 0 list augmentations
has out rotate shift zoom hflip
run 0 list metrics
has out val_accuracy test_accuracy

# What is wrong is status 2, named on stderr, and the nearest word is told.
run 2
has err 'usage: sweep FILE.ini'
run 2 pln grid.ini
has err "did you mean 'plan'"
for command in resume agent best results dashboard tune test; do
  run 2 "$command" # a command of other programs: what does it here, or where it is
  has err "there is no command '$command': "
  run 2 help "$command"
  has err "there is no command '$command': "
done
run 2 benchmark
has err "did you mean 'bench'"
run 2 xyzzy
hasnot err 'did you mean'
run 2 list layer
has err "did you mean 'layers'"
run 2 list nonsense-words
has err 'sweep list'
run 2 plan x.ini --jbos 3
has err "did you mean '--jobs'"
run 2 x.ini --frobnicate
has err 'unknown option'
run 2 nosuch.ini
has err "no sweep file 'nosuch.ini'"
run 2 plan
has err 'usage: sweep plan FILE.ini'
run 2 report
run 2 report a b
has err 'one word too many'
tiny t
run 2 t
has err "did you mean 't.ini'"
run 2 plan t
has err "did you mean 't.ini'"
run 2 t.ini -j 0
has err 'jobs' '1..'
run 2 t.ini -j many
run 2 t.ini -j
has err 'wants a value'
run 2 t.ini --quiet=yes
has err 'takes no value'
run 2 plan t.ini --fail-fast
has err 'takes no --fail-fast'
run 2 t.ini --isa sse9
has err "'sse9'" ref
SWEEP_ISA=sse9 run 2 t.ini
has err SWEEP_ISA
run 2 show t.ini --point 99
has err 'no point 99'
run 2 report nosuch
has err 'there is no'
# What cannot be looked at is not told to be missing.
ln -s loop loop
for command in status report plot; do
  run 4 "$command" t --out loop
  has err 'loop/results/t.csv: cannot open'
done
run 4 plan loop/t.ini
has err 'loop/t.ini: cannot open'
if [ "$(id -u)" -ne 0 ]; then
  mkdir -p closed/results
  chmod 0 closed/results
  run 4 status t --out closed
  has err 'closed/results/t.csv: cannot open: Permission denied'
  chmod 755 closed/results
else
  echo "as root: permissions are not checked"
fi
run 2 status ../../etc/passwd
has err 'is not the name of a sweep'
run 2 plot t.ini
has err 'wants the name of its results'
[ ! -e results ] || fail "something was written"
finish
