# whole: every whole number of every table is written as it is, also above 2^24, where a float has no room for it.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny seeds '[sweep]' 'repeats = 3' 'seed = 123456789' '[grid]' 'data.seed = 2147483646..2147483647'
sed -i 's/^epochs = 3/epochs = 1/' seeds.ini
run 0 seeds.ini --no-plots
[ "$(column results/seeds.csv seed | sort -u | tr '\n' ' ')" = '123456789 123456790 123456791 ' ] ||
  fail "seeds: $(column results/seeds.csv seed | tr '\n' ' ')"
[ "$(column results/seeds.csv data.seed | sort -u | tr '\n' ' ')" = '2147483646 2147483647 ' ] || fail "data.seed"

# The largest seed there is; one more is refused.
run 0 seeds.ini sweep.seed=2147483647 sweep.repeats=1 sweep.name=largest --no-plots
[ "$(column results/largest.csv seed | sort -u)" = 2147483647 ] || fail "$(column results/largest.csv seed)"
run 2 seeds.ini sweep.seed=2147483647 sweep.repeats=2
has err 'sweep.seed: the last repeat would have the seed 2147483648'
run 2 seeds.ini sweep.seed=2147483648

# Parameters and multiply-adds above 2^24, of points that are not trained, are equal in every table that has them.
cat >large.ini <<'EOT'
[sweep]
repeats = 2
[data]
train = 320
validation = 160
test = 160
[model]
units = 3
layers =
    flatten, dense 16384, dense $units, dense 10
[train]
epochs = 1
[grid]
model.units = 3, 1031, 2063
[require]
model = params < 2000000
EOT
run 0 large.ini --no-plots
for units in 1031 2063; do
  want=$((64 * 16384 + 16384 + 16384 * units + units + 10 * units + 10)) macs=$((64 * 16384 + 16384 * units + 10 * units))
  awk -F, -v u="$units" -v p="$want" -v m="$macs" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $c["model.units"] == u { n++; if ($c["params"] != p || $c["macs"] != m) exit 1 } END { exit n == 0 }' \
    results/large.csv || fail "$want parameters: $(cat results/large.csv)"
  awk -F, -v u="$units" -v p="$want" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $c["model.units"] == u { n++; if ($c["params"] != p) exit 1 } END { exit n == 0 }' results/large.points.csv ||
    fail "points: $want parameters"
  grep -q ",$((16384 * units + units))," results/large.layers.csv || fail "layers: units $units"
  run 0 show large.ini model.units="$units"
  has out "parameters        $want"
done

# No column of whole numbers has an exponent or a fraction.
for t in results/*.csv; do # rows with quoted texts apart
  awk -F, -v t="$t" 'NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
    { for (i = 1; i <= NF; i++)
        if (name[i] ~ /^(trial|point|repeat|seed|epoch|n|rank|block|params|macs|receptive_field|depth|pool_distance|bn_distance|jump|epochs_run|best_epoch|peak_bytes|worker|support|distance_to_output)$/ && $i !~ /^[0-9]*$/) {
          print t ": " name[i] " is " $i; bad = 1
        } }
    END { exit bad }' <(grep -v '"' "$t") >bad || fail "$(cat bad)"
done
finish
