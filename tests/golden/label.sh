# label: a class for each pixel, from the sweep file to the report: tables over pixels, pictures of label maps, the same bytes
# for any number of workers, level and interruption; what is predicted are label maps that serve as such; what does not fit
# is told with what to write.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >s.ini <<'END'
[sweep]
repeats = 2
objective = max val_iou
[data]
dataset = shapes
samples = 80
test_samples = 20
size = 16
validation = 30
augment = hflip, rotate 20
[train]
epochs = 3
lr = 0.02
batch_size = 16
[model]
layers =
    conv 3x3 8 pad same, batchnorm, relu, save fine
    maxpool 2, conv 3x3 16 pad same, batchnorm, relu
    upsample 2, concat fine, conv 1x1 $classes
[grid]
train.loss = cross_entropy, focal, dice
train.cutmix = 0, 1 when train.loss = dice
train.class_weights = none, balanced when train.loss = focal
END
run 0 s.ini -q -j 1 --out one
run 0 s.ini -q --no-plots -j 2 --out two
run 0 s.ini -q --no-plots --isa ref --out plain
run 3 s.ini -q --no-plots -j 2 --out halted stop.epochs=15
run 0 s.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other s; done
head -n 1 one/results/s.csv | grep -q ',train_loss,train_accuracy,train_iou,train_dice,val_loss,' || fail "columns: $(head -n 1 one/results/s.csv)"
[ "$(grep -c ',complete,' one/results/s.csv)" -eq 10 ] || fail "trials: $(cat one/results/s.csv)"
[ "$(head -n 1 one/results/s.confusion.csv)" = true,ground,disc,square,triangle ] || fail "confusion: $(cat one/results/s.confusion.csv)"
# All pixels of the test split are there, of both repeats; what is computed of them is what the table has.
awk -F, 'FNR == 1 { next } FILENAME ~ /confusion/ { for (i = 2; i <= 5; i++) { n += $i; taken[i - 1] += $i; is[FNR - 1] += $i }; both[FNR - 1] = $(FNR) }
  FILENAME ~ /classes/ { k = FNR - 1; want = both[k] / (is[k] + taken[k] - both[k]); if (want - $7 > 1e-9 || $7 - want > 1e-9 || $6 != is[k]) exit 1; m++ }
  END { exit n != 2 * 20 * 256 || m != 4 }' one/results/s.confusion.csv one/results/s.classes.csv || fail "classes: $(cat one/results/s.classes.csv)"
[ ! -e one/results/s.predictions.csv ] || fail "predictions of pixels"
grep -c ',truth,' one/results/s.pictures.csv | grep -qx $((5 * 256)) || fail "pictures"
for picture in pictures confusion learning; do [ -s one/plots/s/$picture.png ] || fail "no $picture.png"; done
run 0 report s --out one --markdown
has out 'objective: max val_iou' '| test iou, mean |'
run 0 show s.ini
has out 'input 1x16x16, 4 classes at each of 256 positions' 'task              label' 'loss              cross_entropy'
run 0 eval s --out one
has out 'test_iou,' 'test_dice,'
run 0 verify s --sample 1 --out one
has out 'the same, number by number'
run 0 data info s.ini --out one
has out '1x16x16 bytes and one of 4 classes for each pixel' 'pixels of class'

# The same from files: pictures, and label maps with the numbers 3 and 200.
mkdir -p files/pictures files/maps
awk 'BEGIN { srand(3)
  for (i = 0; i < 40; i++) {
    name = i ".pgm"; printf "P2\n12 10\n255\n" >("files/pictures/" name); printf "P2\n12 10\n255\n" >("files/maps/" name)
    at = int(8 * rand())
    for (y = 0; y < 10; y++) for (x = 0; x < 12; x++) {
      on = x >= at && x < at + 4 && y > 2 && y < 8
      printf "%d ", on * 120 + int(90 * rand()) >("files/pictures/" name); printf "%d ", on ? 200 : 3 >("files/maps/" name)
    }
    close("files/pictures/" name); close("files/maps/" name)
  }
}'
cat >f.ini <<'END'
[sweep]
repeats = 1
objective = max val_iou
[data]
dataset = images
path = files
train_folder = pictures
masks = maps
[model]
layers = conv 3x3 8 pad same, relu, conv 3x3 8 pad same, relu, conv 1x1 $classes
[train]
epochs = 20
lr = 0.02
batch_size = 8
END
run 0 f.ini --no-plots
has err 'files/pictures: 40 images with label maps of 2 classes' 'the numbers of the label maps and their classes: 3 3, 200 200'
column results/f.csv test_iou | awk '$1 > 0.8 { n++ } END { exit n != 1 }' || fail "bars are not learned: $(cat results/f.csv)"
run 0 predict f files/pictures --to answers
[ "$(head -n 1 out)" = file,sample,map,share_3,share_200,error ] || fail "columns: $(head -n 1 out)"
[ "$(ls answers | wc -l)" -eq 40 ] && [ -s answers/0.png ] || fail "label maps: $(ls answers)"
same_json 0 '' predict f --split test
[ "$(head -n 1 rows.csv)" = sample,accuracy,share_3,share_200 ] && [ "$(wc -l <rows.csv)" -eq 9 ] || fail "split: $(cat rows.csv)"
awk -F, 'NR > 1 && $2 < 0.8 { exit 1 }' rows.csv || fail "accuracies: $(cat rows.csv)"
# What was predicted are label maps: with them the network is as right as it answers itself.
mkdir own && cp -r files/pictures own/pictures && cp -r answers own/maps
run 0 eval f data.path=own
awk -F, '$1 == "test_iou" && $2 != 1 { exit 1 }' out || fail "own answers: $(cat out)"
run 2 predict f files/pictures files/pictures --to answers
has err 'another sample has the label map answers/0.png already'
run 2 predict f files/pictures --top 2
has err '--top chooses classes of samples, and the network has one for each pixel'
for to in c onnx; do run 0 export f --to $to && [ -s "results/f.$to" -o -s "f.$to" ] || ls -R | head -50; done

# refused TEXT WORD...: the sweep file with these settings is refused with that text.
refused() {
  local text=$1
  shift
  run 2 plan s.ini "$@"
  has err "$text"
}
sed '/^\[grid\]/,$d' s.ini >fixed && mv fixed s.ini
refused 'train.mixup: lays two pictures over each other, and a pixel has one class; write 0, or cutmix in its place' train.mixup=0.2
refused 'train.task: classify wants classes, dataset shapes has classes of positions; write label' train.task=classify
refused 'train.sampling: label has classes of positions, not of samples, to balance' train.sampling=balanced
refused 'the network ends with 8x16x16, it is to put out 4 classes of positions at each pixel (4x16x16); end with conv 1x1 4' 'model.layers=conv 3x3 8 pad same'
refused 'the network ends with 4, the 1024 classes of positions are 4x16x16; end with dense 1024, reshape 4x16x16' 'model.layers=flatten, dense 4'
refused 'sweep.objective: val_f1 is not measured by label' 'sweep.objective=max val_f1'
refused 'train.loss: hinge is not a loss of label; write cross_entropy, focal or dice' train.loss=hinge
run 0 list tasks
has out label 'loss, accuracy, iou, dice' 'cross_entropy, focal, dice'
finish
