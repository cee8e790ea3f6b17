# init: the sweep file it writes is a sweep, names every key with a value that is its default, and is never written over.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

run 0 init
has out 'sweep.ini is a sweep to start from' 'sweep plan sweep.ini'
empty err
run 0 plan sweep.ini
has out '6 points' '18 trials to train'
cp sweep.ini before

# Nothing is written over, whatever stands there.
run 2 init
has err "'sweep.ini' is there already"
cmp -s sweep.ini before || fail "init wrote over a file"
ln -s nowhere link.ini
run 2 init link.ini
[ ! -e nowhere ] || fail "init wrote through a link"
run 4 init no/such/folder.ini
has err 'no/such/folder.ini: cannot write'
run 2 init a.ini b.ini
has err 'one word too many'

# Every key of the program is there, but those that only an optimizer or a schedule has.
"$SWEEP" list keys | awk '/^\[/ { section = $1 } /^    [a-z]/ && !/only with/ { key = $1; keys[++n] = section " " key }
  /only with/ { n-- } END { for (i = 1; i <= n; i++) print keys[i] }' | sort -u >keys
[ "$(wc -l <keys)" -gt 30 ] || fail "no keys are listed"
awk '/^\[/ { section = $1 } /^(; )?[a-z_0-9]+ *=/ { sub(/^; /, ""); print section, $1 }' sweep.ini | sort -u >there
while read -r section key; do
  grep -qxF "$section $key" there || fail "$section $key is not in the file"
done <keys

# What stands in comments is a value of its key, and the default: the points stay what they are.
run 0 plan sweep.ini
timeless out >a
sed -E 's/^; ([a-z_0-9]+ = [^ ].*)$/\1/; /^[a-z_.]+ .* when /d' sweep.ini >all.ini
[ "$(grep -c '^[a-z]' all.ini)" -gt 30 ] || fail "nothing was uncommented"
run 0 plan all.ini sweep.name=sweep
timeless out >b
cmp -s a b || fail "the values in comments are not the defaults"
diff a b

# It runs as it is; shortened here.
run 0 sweep.ini train.epochs=2 train.lr=0.01 train.batch_size=64 sweep.repeats=1 data.train=640 'require.result=test_accuracy > 0' --no-plots
has out 'sweep: 1 trial: 1 complete'
run 0 help
has out ' init '
finish
