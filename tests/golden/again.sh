# again: a finished sweep that is called again neither plans nor writes nor draws; whatever its answer depends on is
# looked at, and where something has changed it is computed again as it was.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# left: what each file is, so that one that was written again is seen.
left() {
  find results plots -type f ! -name lock -printf '%p %s %i %T@\n' | sort
}
# again NAME WORD...: the same call prints the same and leaves every file alone.
again() {
  local name=$1
  shift
  left >before
  run 0 "$@"
  timeless out >"$name.txt"
  cmp -s "$name.txt" first.txt || { fail "$name: another answer"; diff "$name.txt" first.txt; }
  left >after
  cmp -s before after || { fail "$name: files were written"; diff before after; }
}
# rewritten NAME FILE WORD...: the same call writes FILE anew, with the bytes that it had.
rewritten() {
  local name=$1 file=$2
  shift 2
  run 0 "$@"
  cmp -s "$file" "kept/$file" || fail "$name: $file is not what it was"
  timeless out | cmp -s - first.txt || fail "$name: another answer"
}

tiny t '[grid]' 'model.units = 4, 8' '[sweep]' 'repeats = 2'
run 0 t.ini
run 0 t.ini
has err '4 of 4 trials were there already'
timeless out >first.txt
mkdir kept && cp -r results plots kept/
again again t.ini
has err '4 of 4 trials were there already'
again quiet t.ini -j 1

# Each table that is gone or changed is written again; so is everything without the file that says how it ended.
for f in t.csv t.points.csv t.epochs.csv t.about.csv t.confusion.csv; do
  rm "results/$f"
  rewritten "without $f" "results/$f" t.ini
  echo >>"results/$f"
  rewritten "with another $f" "results/$f" t.ini
done
rm results/t/finished
rewritten "without its end" results/t.points.csv t.ini
echo 'ended 9' >results/t/finished
rewritten "with a torn end" results/t.points.csv t.ini
again afterwards t.ini

# A line of the journal that is cut off is trained again.
truncate -s -5 results/t/journal
rewritten "with a shorter journal" results/t.csv t.ini
has err '3 of 4 trials were there already'

# Another text of the sweep is another sweep; back again it is what it was.
run 0 t.ini train.lr=0.07
[ "$(column results/t.csv epochs_run | wc -l)" -eq 4 ] || fail "not 4 trials with another learning rate"
cmp -s results/t.csv kept/results/t.csv && fail "another learning rate has the same results"
rewritten "with its own learning rate" results/t.csv t.ini

# A picture that is gone is drawn again, and no other.
left | grep -v ranking >before
rm plots/t/ranking.svg
run 0 t.ini
[ -s plots/t/ranking.svg ] || fail "a picture that was removed is not drawn again"
left | grep -v ranking >after
cmp -s before after || { fail "other pictures were drawn again too"; diff before after; }
# A script that is not the one that would be written is written, and drawn.
echo >>plots/t/ranking.gp
run 0 t.ini
cmp -s plots/t/ranking.gp kept/plots/t/ranking.gp || fail "a script that was changed stays"
# plot draws all of them, whatever is there.
left | grep '\.svg' >before
run 0 plot t
left | grep '\.svg' | cmp -s - before && fail "plot draws nothing"

# Failed trials are tried again where that is asked for.
tiny f '[grid]' 'train.lr = 0.05, 1e30'
run 1 f.ini --no-plots
run 1 f.ini --no-plots
has err '2 of 2 trials were there already'
run 1 f.ini --no-plots --retry-failed
has err '1 of 2 trials were there already'
finish
