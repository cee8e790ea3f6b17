# detail: sweep.detail = layers keeps the norm of the gradient of each layer with parameters after each epoch, in a table
# of its own, with the same bytes for any number of workers, any interruption and any level.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'detail = layers' '[grid]' 'model.units = 4, 8' 'train.lr = 0.1, 3e5'
sed -i 's/flatten, dense/conv 3x3 3, batchnorm, relu, flatten, dense/; s/^lr = .*/schedule = pieces\npieces = 0:1e-6, 1:1e-6, 1:1/' t.ini
run 1 t.ini -q --no-plots -j 1 --out one
run 1 t.ini -q --no-plots -j 3 --out three
run 1 t.ini -q --no-plots --isa ref --out plain
run 3 t.ini -q --no-plots -j 1 --out halted stop.epochs=2
run 1 t.ini -q --no-plots -j 2 --out halted
run 1 t.ini -q --no-plots -j 2 --out apart stop.trial_time=1000
for other in three plain halted apart; do same one $other t; done

# The layers are those of .layers.csv that have parameters; the first one's share is that of .epochs.csv.
table=one/results/t.gradients.csv
[ "$(column $table layer | sort -nu | tr '\n' ' ')" = "1 2 5 7 " ] || fail "layers: $(column $table layer | sort -nu)"
for trial in $(column one/results/t.csv trial); do
  epochs=$(column one/results/t.epochs.csv trial | grep -cx "$trial")
  [ "$(column $table trial | grep -cx "$trial")" -eq $((4 * epochs)) ] || fail "trial $trial has not 4 rows an epoch"
done
[ "$(column one/results/t.csv status | tr '\n' ' ')" = "complete failed complete failed " ] || fail "no trial fails"
[ "$(column one/results/t.csv epochs_run | tr '\n' ' ')" = "3 1 3 1 " ] || fail "no trial fails after an epoch"
awk -F, 'FNR == 1 { file++; for (i = 1; i <= NF; i++) at[file, $i] = i; next }
  file == 1 { k = $1 " " $4; all[k] += $7 ^ 2; if ($6 == 1) first[k] = $7 ^ 2; next }
  { k = $1 " " $4; share = sqrt(first[k] / all[k]); d = share - $at[2, "first_layer_gradient"]; seen++
    if (d > 1e-5 || d < -1e-5) print k, share, $at[2, "first_layer_gradient"] }
  END { if (!seen) print "nothing" }' $table one/results/t.epochs.csv >differ
[ ! -s differ ] || fail "the first layer has another share: $(head -n 3 differ)"

# Without it the trials are others, with the same metrics, and the table is gone.
run 1 t.ini -q --no-plots --out one sweep.detail=none
[ ! -e $table ] || fail "a table of what is not kept"
[ "$(column one/results/t.csv test_loss)" = "$(column three/results/t.csv test_loss)" ] || fail "other results without"
[ "$(column one/results/t.csv id)" != "$(column three/results/t.csv id)" ] || fail "the same trials without"

run 0 plan t.ini train.epochs=65535 train.lr=0.1
hasnot out 'detail = layers keeps'
run 2 plan t.ini train.epochs=65536 train.lr=0.1
has out 'detail = layers keeps 262148 numbers of this training, more than 262144; write fewer epochs or detail = none'
run 2 plan t.ini sweep.detail=layer
has err "'layer'" 'none' 'layers'
finish
