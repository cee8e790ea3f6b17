# Model files: which trials have one, the same bytes for any number of workers, after a kill and at every level; and what
# is done with them.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8, 12'

# models FOLDER NAME: the files there, one a line.
models() { (cd "$1/results/$2/models" && ls); }
# ids POINT: the trials of a point, as the table has them.
ids() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["point"] == '"$1"' { print $c["id"] ".safetensors" }' results/t.csv | sort; }

# By default those of the best point; the same bytes whoever trains them.
run 0 t.ini -q --no-plots
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["rank"] == 1 { print $c["point"]; exit }' results/t.points.csv)
[ "$(models . t)" = "$(ids "$best")" ] || fail "the models are not those of point $best: $(models . t)"
run 0 t.ini -q --no-plots -j 3 --out three
run 0 t.ini -q --no-plots --isa ref --out plain
run 3 t.ini -q --no-plots --out again stop.trials=3
[ "$(models again t | wc -l)" -ge 2 ] || fail "a sweep that is not over has not kept its models"
run 0 t.ini -q --no-plots --out again
run 0 t.ini -q --no-plots --out apart stop.trial_time=60
for other in three plain again apart; do
  diff -r results/t/models $other/results/t/models || fail "the models of $other differ"
done
run 0 t.ini -q --no-plots --out all sweep.keep=all
[ "$(models all t | wc -l)" -eq 6 ] || fail "keep = all has kept $(models all t | wc -l) models"
run 0 t.ini -q --no-plots --out none sweep.keep=none
[ -e none/results/t/models ] && fail "keep = none has kept models"

# Of a sweep that was trained without models the next call says what to do.
run 0 t.ini --no-plots --out none
has err 'the models of 2 finished trials are not in none/results/t/models' 'sweep train t --trial ID'

# The sweep file in the metadata is that training: it makes the same file.
one=$(models . t | head -n 1)
length=$(od -An -tu8 -N8 "results/t/models/$one" | tr -d ' ')
tail -c +9 "results/t/models/$one" | head -c "$length" | sed 's/.*"training":"\([^"]*\)".*/\1/; s/\\n/\n/g' >alone.ini
has alone.ini '[train]' 'layers = flatten'
run 0 alone.ini -q --no-plots
cmp "results/t/models/$one" "results/alone/models/$one" || fail "the training of the metadata makes another model"

# What cannot be written ends the sweep, and the next call goes on.
mkdir -p full/results/t && touch full/results/t/models
run 4 t.ini -q --no-plots --out full
rm full/results/t/models
run 0 t.ini -q --no-plots --out full
diff -r results/t/models full/results/t/models || fail "a sweep that was broken off has other models"
finish
