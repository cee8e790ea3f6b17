# defined: a sweep file's own blocks. The tables are those of the network written out, for any number of workers and after
# an interruption; the snapshot keeps what the blocks say; mistakes name the block and its use.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

head='[data]
train = 320
validation = 160
test = 160
[train]
epochs = 3
[model]
width = 6'
tail='[sweep]
name = t
repeats = 2
[grid]
model.width = 4, 6'
cat >blocks.ini <<EOF
$head
layers =
    conv 3x3 \$width pad same, batchnorm, relu
    { basic \$width } x 2
    wide \$width
    gap, dense \$classes
[block.basic]
width  = ?
stride = 1
act    = relu
layers =
    residual { conv 3x3 \$width stride \$stride pad same, batchnorm, \$act, conv 3x3 \$width pad same, batchnorm }
    \$act
[block.wide]
n = ?
layers = basic \${2*n} stride 2 act tanh
$tail
EOF
basic='residual { conv 3x3 $width pad same, batchnorm, relu, conv 3x3 $width pad same, batchnorm }'
cat >plain.ini <<EOF
$head
layers =
    conv 3x3 \$width pad same, batchnorm, relu
    $basic, relu
    $basic, relu
    residual {
        conv 3x3 \${2*width} pad same stride 2, batchnorm, tanh
        conv 3x3 \${2*width} pad same, batchnorm }, tanh
    gap, dense \$classes
$tail
EOF
run 0 blocks.ini -q --no-plots -j 1 --out blocks
run 0 plain.ini -q --no-plots -j 2 --out plain
for table in csv points.csv epochs.csv classes.csv confusion.csv; do
  cmp "blocks/results/t.$table" "plain/results/t.$table" || fail "t.$table is not that of the network written out"
done
run 3 blocks.ini -q --no-plots --out halted stop.epochs=5
run 0 blocks.ini -q --no-plots --out halted
same blocks halted t
run 0 plain.ini --no-plots --out blocks stop.epochs=1 # trained already, whatever it is called
has out '4 complete'

# The snapshot runs by itself, with an override and an axis of the command line in it.
run 0 blocks.ini -q --no-plots --out words block.basic.act=relu,gelu 'block.wide.layers=basic $n stride 2'
cp words/results/t/sweep.ini kept.ini
run 0 kept.ini -q --no-plots --out again
same words again t
has words/results/t.csv 'block.basic.act'
has kept.ini '[block.wide]' 'layers = basic $n stride 2' 'block.basic.act = relu,gelu'

run 0 plan blocks.ini block.basic.act=relu,gelu
has out '4 points = model.width (2) x block.basic.act (2)'
run 0 show blocks.ini
has out 'conv 3x3 8 stride 2 pad same' 'conv2d 1x1 8 stride 2x2'
run 0 list blocks
has out '[block.NAME]' 'bottleneck  width = ?  stride = 1  expansion = 4' 'Iandola et al. 2016, arXiv:1602.07360'
run 0 list blocks fire
has out '[block.fire]' 'squeeze = ?' 'branch { conv 1x1 $expand, relu | conv 3x3 $expand pad 1, relu }'
run 2 list blocks fir
has err "no block 'fir' comes with the program; did you mean 'fire'?"
run 2 list layers conv
has err "'conv' is too much; only"

# A block of the program is its text, written into a sweep file or not; the snapshot keeps what the command line says of
# its parameters.
{ "$SWEEP" list blocks fire; printf '%s\nlayers =\n    conv 3x3 4 pad 1, relu, fire 2 $width, gap, dense 10\n%s\n' "$head" "$tail"; } >own.ini
printf '%s\nlayers =\n    conv 3x3 4 pad 1, relu, fire 2 $width, gap, dense 10\n%s\n' "$head" "$tail" >library.ini
run 0 own.ini -q --no-plots --out own
run 0 library.ini -q --no-plots --out library
same own library t
printf '%s\nlayers =\n    conv 3x3 4 pad 1, relu, vgg $width, gap, dense 10\n%s\n' "$head" "$tail" >vgg.ini
run 0 vgg.ini -q --no-plots --out vgg block.vgg.depth=1
cp vgg/results/t/sweep.ini kept.ini
has kept.ini '[block.vgg]' 'depth = 1'
run 0 kept.ini -q --no-plots --out kept
same vgg kept t

sed 's/stride 2 act tanh/stirde 2/; s/{ basic $width } x 2/basic/' blocks.ini >bad.ini
run 2 plan bad.ini
has err 'bad.ini:11: model.layers: basic lacks width: it has no default' '([block.basic], line 14)' \
  "bad.ini:23, used in line 12: block.wide.layers: basic has no option 'stirde'; did you mean 'stride'?"
run 2 blocks.ini 'model.layers=flatten, dense $width, dense 10'
has err '[block.wide]: no text uses this block' 'nothing was run'

# A shape that does not fit skips points; the reason names the block, and no line, which tables do not depend on.
sed 's/^act .*/act = avgpool 20/' blocks.ini >big.ini
run 2 plan big.ini
has out "block.basic.layers: 'avgpool"
hasnot out 'used in line'
finish
