# The columns that `sweep list columns` explains are those of every table that a sweep writes, in their order, and there
# is no table without them.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'model.units = 4, 8' 'train.lr = 0.1, 0.2'
all=(sweep.detail=layers train.dropout_from=2 data.folds=2 data.train=0 data.validation=0.1 prune.method=patience) # the columns and tables of some
run 0 t.ini -q --no-plots "${all[@]}"

run 0 t.ini -q --no-plots sweep.name=first
cp "$(ls results/first/models/*.safetensors | head -n 1)" first.safetensors && rm -r results/first*
run 0 t.ini -q --no-plots "${all[@]}" train.lr=0.1,0.3 model.start=first.safetensors # then there is something outside the plan
# Regions are of inputs of two numbers.
printf '%s\n' '[data]' 'dataset = moons' 'samples = 60' '[model]' 'layers = dense 2' '[train]' 'epochs = 1' >m.ini
run 0 m.ini -q --no-plots
mv results/m.regions.csv results/t.regions.csv
rm -r results/m results/m.*
# Of a search there is a surrogate.
run 0 m.ini -q --no-plots search.method=random search.trials=2 train.lr=0.1,0.2
mv results/m.surrogate.csv results/t.surrogate.csv
rm -r results/m results/m.*
# And translations of pairs of texts.
for i in 1 2 3 4 5 6 7 8 9 10; do echo "a $i" >>from && echo "$i b" >>to; done
printf '%s\n' '[data]' 'dataset = pairs' 'from = from' 'to = to' 'length = 4' '[model]' \
  'layers = embedding 4, gru 4, target, embedding 4, gru 4 start, dense tied' '[train]' 'epochs = 1' >p.ini
run 0 p.ini -q --no-plots
mv results/p.translations.csv results/t.translations.csv
rm -r results/p results/p.*
# The front is of several objectives, by which nothing is given up.
run 0 t.ini -q --no-plots "${all[@]:0:${#all[@]}-1}" sweep.name=two 'sweep.objective=max val_accuracy, min params'
mv results/two.points.csv results/t.points.csv
rm -r results/two results/two.*
run 0 list columns
cp out listed
awk '/^\[/ { file = $1; next } /^[^ ]/ { if (bare) print bare; bare = file " " $1; next } /^  / { bare = "" }
  END { if (bare) print bare }' listed >bare
[ ! -s bare ] || fail "list columns does not say what these are: $(cat bare)"

"$SWEEP" list tasks | awk '/^[a-z]/ { task = $1 } $1 == "measures" { gsub(/,/, ""); for (i = 2; i <= NF; i++) print task, $i }' >measures
[ -s measures ] || fail "no task measures anything"
others=$(awk '{ n[$2]++; own[$2] += $1 == "classify" } END { for (m in n) if (!own[m]) printf "%s|", m }' measures)

# header FILE: its columns as they are listed, with the names that this sweep has.
header() {
  awk -v file="[$1]" -v others="^((train|val|test)_(${others%|})|diversity)$" -v axes="$2" -v main="$(head -n 1 results/t.csv)" '
    function add(name) { line = line (line == "" ? "" : ",") name }
    BEGIN {
      split("trial point repeat seed fold folds status id same_as warning warned_at dropout_at pruned_by pruned_at pruned_value pruned_against error", word, " ")
      for (w in word) key[word[w]] = 1
      n = split(main, name, ",")
      for (i = 1; i <= n; i++)
        if (name[i] ~ /^(epochs_run|best_epoch)$/ || (name[i] ~ /^(train|val|test)_/ && name[i] !~ /_samples$/)) metric[++metrics] = name[i]
        else if (!(name[i] in key) && name[i] !~ /\./) fact[++facts] = name[i]
    }
    /^\[/ { here = $1 == file; next }
    !here || !/^[^ ]/ || $1 ~ others { next }
    $1 == "SECTION.KEY" { add(axes); next }
    $1 == "FACT" { for (i = 1; i <= facts; i++) add(fact[i]); next }
    $1 == "CLASS" { for (i = 0; i < 10; i++) add(i); next }
    sub(/^METRIC_/, "") { statistic[++statistics] = $1; next }
    { add($1) }
    END {
      for (m = 1; m <= metrics; m++) for (s = 1; s <= statistics; s++) add(metric[m] "_" statistic[s])
      print line
    }' listed
}

tables=0
for table in results/t*.csv results/t/*.csv; do
  name=${table#results/t} name=NAME$name
  want=$(header "$name" model.units,train.lr)
  [ "$want" = "$(head -n 1 "$table")" ] || fail "listed of $name: $want, in the table: $(head -n 1 "$table")"
  tables=$((tables + 1))
done
for name in $(sed -nE 's/^\[(NAME.*)\] .*/\1/p' listed); do
  [ -e "results/t${name#NAME}" ] || fail "$name is listed, but not written"
done
[ "$tables" -eq "$(grep -c '^\[NAME' listed)" ] || fail "$tables tables are written, others are listed: $(grep '^\[' listed)"
finish
