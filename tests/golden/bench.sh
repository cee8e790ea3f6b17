# sweep bench: little time, all of its rows; tables, JSON, the picture. No number is checked but for being one.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# Networks by name and by family; every row of the table can be asked for.
run 0 bench n1-64 --seconds 0.05
empty err
has out 'multiply-adds from registers' 'reads from L' n1-64 images/s
hasnot out n1-64-p0 mlp conv nan inf
run 0 bench mlp --seconds 0.05
has out mlp-128
run 0 list benchmarks
nets=$(grep '^[a-z]' out | grep -cvxE 'all|machine|kernels|nets')
for word in all machine kernels nets n1-32-p0 cifar-64; do
  grep -q "^$word" out || fail "list benchmarks does not name $word"
done

# Each instruction set of this machine, and no other.
for level in $("$SWEEP" list levels | awk '/runs here/ { print $1 }'); do
  run 0 bench machine --isa "$level" --seconds 0.05
  has out "instruction set $level"
done
SWEEP_ISA=ref run 0 bench machine --seconds 0.05
has out 'instruction set ref'

# One JSON document, of everything.
run 0 bench --seconds 0.05 --json
empty err
[ ! -e results ] && [ ! -e plots ] || fail "files were written without --out"
if command -v python3 >/dev/null; then
  python3 - out "$nets" <<'EOF' || fail "the JSON document is not as it should be"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["machine"]["fma_gflops"] > 0 and len(d["machine"]["read"]) > 5, d["machine"]
assert 0 < d["core_share"] < 1.1, d["core_share"]
assert len(d["kernels"]) > 100 and len(d["nets"]) == int(sys.argv[2])
for k in d["kernels"]:
    assert k["seconds"] > 0 and k["flop"] > 0 and k["bytes"] > 0 and k["gflops"] > 0 and k["fma_share"] > 0, k
    assert abs(k["flop"] / k["seconds"] / 1e9 / k["gflops"] - 1) < 1e-9, k
    assert k["fma_gflops"] > 0 and k["roof_share"] > 0.999999 * k["fma_share"], k
names = {k["kernel"] for k in d["kernels"]}
assert {"conv_forward", "dense_forward", "pointwise_backward", "bn_moments", "dropout", "sgd_step"} <= names, names
assert sum("groups" in k["shape"] for k in d["kernels"]) == 24
for n in d["nets"]:
    step = sum(n["microseconds"][p] for p in ("data", "forward", "backward", "update"))
    assert 0 < n["images_per_second"] and 0.3 < step * n["images_per_second"] / 1e6 < 3, n
    assert n["fma_gflops"] > 0 and 0 < n["fma_share"] < n["fma_share_without_data"], n
assert {n["net"]: n["precision"] for n in d["nets"] if n["batch"] == 64 and n["dropout"]} == {"n1-64": "fp32", "n1-64-bf16": "bf16"}
facts = {n["net"]: (n["parameters"], round(n["flop"] / 1e6, 2)) for n in d["nets"]}
assert facts["n1-64"] == (11660, 15.54), facts
assert facts["mlp-128"][0] == 101770 and facts["cifar-64"][0] == 288746, facts
assert facts["cifar-64"][1] == 207.06, facts # without the taps on padding
assert facts["resnet20-64"] == (272474, 222.47) and facts["mobile-64"] == (45786, 50.71), facts
assert facts["convnext-64"] == (102250, 59.2) and facts["vit-64"] == (204938, 65.38), facts
EOF
else
  echo "no python3: the JSON document is not checked"
fi
run 0 bench machine --seconds 0.05 --json
hasnot out kernels nets

# The table, and the picture drawn from it, also again.
if command -v gnuplot >/dev/null; then
  run 0 bench kernels --seconds 0.05 --out o
  has out '3x3 16->20, 22x22' '3x3 128->128, 32x32' 784- dropout pointwise_forward sgd_step
  hasnot out nan inf
  has out o/results/bench.csv o/plots/bench/roofline
  for kind in gp svg png; do
    [ -s "o/plots/bench/roofline.$kind" ] || fail "no roofline.$kind"
  done
  has o/plots/bench/roofline.gp multiply-adds 'conv 3x3 16->20, 22x22' bn_apply
  head -n 1 o/results/bench.csv >head
  columns=$("$SWEEP" list columns | awk '/^\[/ { here = $1 == "[bench.csv]"; next } here && /^[^ ]/ { print }' | paste -sd, -)
  [ "$columns" = "$(cat head)" ] || fail "listed of bench.csv: $columns, in the table: $(cat head)"
  has head kind,group,name,shape intensity gflops fma_gflops fma_share roof_share
  rm o/plots/bench/*
  run 0 plot bench --out o
  [ -s o/plots/bench/roofline.png ] || fail "plot bench draws no picture"
  run 0 bench machine --seconds 0.05 --out o # goes over a table of its own
  has out 'left out: no kernel was measured'
else
  echo "no gnuplot: the picture is not checked"
fi
run 2 report bench --out o

# The table of a benchmark stays, too; what wants a sweep says so.
run 0 bench machine --seconds 0.05 --out m
cp m/results/bench.csv before
tiny bench
run 2 bench.ini --no-plots -q --out m
has err 'bench.ini: sweep.name: m/results/bench.csv is the table of a benchmark' bench-sweep --out
run 2 bench.ini --no-plots -q --out m sweep.name=bench
has err 'command line: sweep.name'
cmp -s m/results/bench.csv before || fail "the table of a benchmark was overwritten"
[ "$(ls m/results)" = bench.csv ] || fail "something stands beside the table of a benchmark"
run 2 status bench --out m
has err 'bench is a benchmark' 'sweep plot bench'
run 2 report bench --out m
has err 'bench is a benchmark' 'sweep plot bench'
run 0 bench.ini --no-plots -q --out m sweep.name=bench-sweep

# The table of a sweep that is called bench stays.
tiny bench
run 0 bench.ini --no-plots -q
cp results/bench.csv before
run 2 bench --seconds 0.05 --out .
has err 'results/bench.csv' 'another folder'
cmp -s results/bench.csv before || fail "the table of a sweep was overwritten"

run 2 bench kernel
has err "did you mean 'kernels'"
run 2 bench --seconds 0
has err seconds
run 2 bench --isa sse9
has err "'sse9'"
run 2 bench --jobs 2
has err 'takes no --jobs'
run 2 list layers --json
has err 'takes no --json'

# On a terminal the tables fit its width.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
  for columns in 80 100; do
    script -qec "stty cols $columns; $SWEEP bench --seconds 0.01" typescript >/dev/null </dev/null
    sed -e '1d' -e '$d' typescript | tr -d '\r' >table
    for word in cifar-64 'pointwise_backward' '128->128, 32x32' 'images/s'; do has table "$word"; done
    awk -v most=$columns '{ gsub(/[\200-\277]/, "") } length > most' table | grep . && fail "bench is wider than $columns"
  done
  grep -q memory table || fail "the memory of networks is not shown in 100 columns"
fi
finish
