# blocks: networks with residual paths and branches train end to end, with the same bytes for any number of workers, level
# and interruption, in both precisions; `show` has every node, and a mistake in a block has its place.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >graphs.ini <<'EOF'
[data]
train = 320
validation = 160
test = 160
[model]
width = 6
scale = 1
variant = residual
layers =
    conv 3x3 $width pad same, batchnorm, relu
    residual scale $scale { conv 3x3 $width pad same, batchnorm, relu, conv 3x3 $width pad same, batchnorm }, relu
    residual { conv 3x3 ${2 * width} pad same stride 2, batchnorm }, relu
    gap, dense $classes
[model.residual]
[model.branch]
layers =
    branch {
        conv 1x1 $width
        | conv 3x3 $width pad same, batchnorm, relu
        | none
    }
    branch mul { conv 1x1 8 | conv 1x1 8, sigmoid } x 2
    branch mean { none | relu }, gap, dense $classes
[train]
epochs = 4
[grid]
model.variant = residual, branch
model.scale = 1, 0.5 when model.variant = residual
train.precision = fp32, bf16
EOF
run 0 graphs.ini -q --no-plots -j 1 --out one
run 0 graphs.ini -q --no-plots -j 2 --out two
run 0 graphs.ini -q --no-plots --isa ref --out plain
run 3 graphs.ini -q --no-plots -j 2 --out halted stop.epochs=9
run 0 graphs.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other graphs; done
[ "$(grep -c ',complete,' one/results/graphs.csv)" -eq 6 ] || fail "not all six points end"
run 0 show graphs.ini --point 1
has out add 'conv2d 1x1 12 stride 2x2'

# The same network in other words is the same training.
sed -n '/^\[data\]/,/^epochs/p' graphs.ini >words.ini
printf '[sweep]\nname = words\n' >>words.ini
run 0 words.ini -q --no-plots --out words
sed -i 's/residual scale/residual  scale/; s/stride 2,/stride 2x2,/; s/batchnorm/bn/' words.ini
run 0 words.ini -q --no-plots --out other
cmp words/results/words.csv other/results/words.csv || fail "other words are another training"

sed 's/gap, dense \$classes/residual identity { gap }, dense $classes/' graphs.ini >bad.ini
run 2 plan bad.ini
has err "bad.ini:13: model.layers: 'residual identity': its body turns 12x4x4 into 12x1x1; leave out identity"

# Skips by name, dense blocks and gates; what they are is visible.
cat >skips.ini <<'END'
[data]
train = 320
validation = 160
test = 160
[model]
depth = 2
layers =
    conv 3x3 4 pad same, batchnorm, relu, save start
    dense_block {
        batchnorm, relu
        conv 3x3 3 pad same
    } x $depth
    concat start
    branch mul { none | gap, conv 1x1 ${8 + 3 * depth}, sigmoid }
    residual pad { conv 3x3 ${9 + 3 * depth} pad same stride 2 }
    gap, dense $classes
[train]
epochs = 2
[grid]
model.depth = 0..2
END
run 0 skips.ini -q --no-plots -j 1 --out one
run 0 skips.ini -q --no-plots -j 2 --isa ref --out two
same one two skips
run 0 show skips.ini --point 3
has out 'block  number  layer'
tr -s ' ' <out >squeezed
has squeezed ' 11 concat 7 10 10x8x8 ' ' 12 concat 11 3 14x8x8 ' ' 13 gap 12 14x1x1 ' ' 16 mul 12 15 14x8x8 ' ' 18 shortcut 15 stride 2x2 16 15x4x4 '
has out '       8    batchnorm '
grep -q '^3,2,concat,concat,10x8x8,0,0,7,1,3,7 10,0$' one/results/skips.layers.csv || fail "layers.csv: concat"
run 0 show skips.ini --point 3 --dot
has out 'digraph "skips, point 3" {' 'n0 -> n1' 'n11 -> n12' 'n3 -> n12' 'n12 [label="12: concat\n14x8x8" shape=ellipse]'
sed 's/concat start/add start/' skips.ini >bad.ini
run 2 plan bad.ini model.depth=1
has err "bad.ini:13: model.layers: 'add start': it joins 7x8x8 ('concat' in block 2) and 4x8x8 ('relu' in block 1)"
sed 's/concat start/concat stat/' skips.ini >bad.ini
run 2 plan bad.ini
has err "bad.ini:13: model.layers: 'concat stat': nothing is saved as 'stat'; did you mean 'start'?"
finish
