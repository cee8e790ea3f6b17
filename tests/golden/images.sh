# images: folders of image files train end to end. Classes have the names of their folders in the tables, the bytes are
# the same for any number of workers, level, interruption and with the cache, size and colours can be axes, and what is
# wrong is told with the file's name.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# Three shapes of light on dark, 60 of each, of several sizes, plain and with colours.
awk 'BEGIN {
  split("cross ring \"bar", class, " "); class[3] = "bar, upright"
  for (k = 1; k <= 3; k++) system("mkdir -p \"shapes/" class[k] "\"")
  srand(1)
  for (i = 0; i < 180; i++) {
    k = i % 3 + 1; n = 9 + i % 4; colour = i % 5 == 0
    file = "shapes/" class[k] "/" i (colour ? ".ppm" : ".pgm")
    printf "P%d\n%d %d\n15\n", colour ? 3 : 2, n, n >file
    for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
      dx = x - (n - 1) / 2; dy = y - (n - 1) / 2; r = dx * dx + dy * dy
      on = k == 1 ? dx * dx < 1 || dy * dy < 1 : k == 2 ? r > 5 && r < 15 : dx * dx < 2.5
      v = on * 10 + int(5 * rand())
      printf colour ? "%d %d 0 " : "%d ", v, int(v / 2) >file
    }
    close(file)
  }
}'
cat >shapes.ini <<'EOT'
[sweep]
repeats = 2
[data]
dataset = images
path = shapes
size = 8
augment = shift 1
[model]
layers = conv 3x3 8 pad same, relu, maxpool 2, flatten, dense $classes
[train]
epochs = 12
lr = 0.02
batch_size = 16
[grid]
data.colour = grey, rgb
data.fit = stretch, crop
EOT
run 0 plan shapes.ini
has out 'shapes: 180 images of 3 classes, 36 with colours, 0 with transparent pixels; 144 to train and to validate, 36 to test, as 1x8x8' \
  'bar, upright 48, cross 48, ring 48 to train' 'as 3x8x8'
run 0 shapes.ini --no-plots -j 1 --out one
run 0 shapes.ini -q --no-plots -j 2 --out two
SWEEP_CACHE=off run 0 shapes.ini -q --no-plots --isa ref --out plain
run 3 shapes.ini -q --no-plots -j 2 --out halted stop.epochs=30
run 0 shapes.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other shapes; done
head -n 1 one/results/shapes.confusion.csv | grep -qx 'true,"bar, upright",cross,ring' ||
  fail "names of classes: $(cat one/results/shapes.confusion.csv)"
column one/results/shapes.csv test_accuracy | awk '$1 > 0.9 { n++ } END { exit n < 4 }' ||
  fail "shapes are not learned: $(cat one/results/shapes.csv)"

# A copy in another place is the same data; a changed pixel is not.
cp -r shapes copy
run 0 shapes.ini -q --no-plots --out one data.path=copy
has out '8 trials: 8 complete'
run 0 shapes.ini -q --no-plots --out one
sed -i '$ s/^[0-9]* /7 /' copy/ring/1.pgm
run 0 shapes.ini -q --no-plots --out changed data.path=copy
cmp -s one/results/shapes.csv changed/results/shapes.csv && fail "other images, the same results"

# What is wrong is told with the file's name.
run 4 plan shapes.ini data.size=0
has err 'shapes: the images have different sizes, heights from 9 to 12 and widths from 9 to 12; say with data.size'
printf 'P5 3 3 255 ab' >copy/ring/cut.pgm
run 4 plan shapes.ini data.path=copy
has err 'copy/ring/cut.pgm: is cut off'
run 4 plan shapes.ini data.path=copy/ring
has err 'copy/ring: has no folders'
run 2 plan shapes.ini data.path=
has err 'data.path: images wants the folder of its files'
run 0 list datasets
has out 'images'
finish
