# vit: sweeps/vit.ini, shortened, on digits that are in the program: the same bytes for any number of workers and on every
# instruction set; what its networks are is compared with PyTorch in tests/unit/nn.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

run 0 plan "$SOURCE/sweeps/vit.ini"
has out '204938' '205066' # as many parameters as PyTorch's, tests/data/nn_vit.txt

short="data.dataset=optdigits data.train=96 data.validation=48 data.test=48 train.epochs=2 train.batch_size=24 sweep.repeats=1
  model.width=8 model.depth=1,2"
run 0 "$SOURCE/sweeps/vit.ini" $short -q --no-plots -j 1 --out one
run 0 "$SOURCE/sweeps/vit.ini" $short -q --no-plots -j 3 --out three
same one three vit
for level in $("$SWEEP" list levels | awk '/runs here/ { print $1 }'); do
  run 0 "$SOURCE/sweeps/vit.ini" $short -q --no-plots --isa "$level" --out "$level"
  same one "$level" vit
done
# What positions look at adds up to 1 for each of them.
run 0 inspect vit --no-plots --sample 1 --out one
awk -F, 'NR > 1 { share[$2 "," $3 "," $4] += $6 } END { for (k in share) n += share[k] > 0.9999 && share[k] < 1.0001; exit n != length(share) || n < 8 }' \
  one/results/vit/inspect/attention.csv || fail "shares of attention: $(head -n 3 one/results/vit/inspect/attention.csv)"
[ "$(column one/results/vit.csv train_loss | sort -u | wc -l)" = 4 ] || fail "two networks learn alike"
finish
