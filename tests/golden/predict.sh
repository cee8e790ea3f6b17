# A trained network applied to files: the same samples in every kind of file give the same answers as the test split, for
# any number of threads; what is broken is a row with an error; other data are measured, single trials trained again.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# Two classes of pictures, as PGM files, and as one file each of the other kinds.
mkdir -p shots/dark shots/light test/dark test/light
awk 'BEGIN { srand(7)
  for (i = 1; i <= 60; i++) {
    class = i % 2 ? "dark" : "light"; folder = i > 40 ? "test" : "shots"; text = ""; sep = ""
    for (p = 0; p < 16; p++) { v = int(rand() * 150) + (i % 2 ? 0 : 70); text = text sep v; sep = " " }
    printf "P2 4 4 255 %s\n", text > sprintf("%s/%s/%02d.pgm", folder, class, i)
  } }'
cat test/dark/*.pgm test/light/*.pgm | cut -d' ' -f5- >pixels
tr ' ' ',' <pixels >pixels.csv
{ seq -s, -f 'p%g' 16; cat pixels.csv; } >named.csv
awk '{ printf "{"; for (i = 1; i <= 16; i++) printf "%s\"p%d\": %d", (i > 1 ? ", " : ""), i, $i; print "}" }' pixels >pixels.json
{ printf '\000\000\010\003\000\000\000\024\000\000\000\004\000\000\000\004'
  for v in $(cat pixels); do printf "\\$(printf %03o "$v")"; done; } >pixels.idx
gzip -k pixels.idx
cat >shots.ini <<'EOF'
[data]
dataset = images
path = .
train_folder = shots
test_folder = test
[model]
layers =
    conv 3x3 4 pad same, batchnorm, relu
    gap, dense $classes
[train]
epochs = 3
batch_size = 8
EOF
run 0 shots.ini -q --no-plots

# answers FILE: what is predicted, without where it comes from.
answers() { cut -d, -f3- "$1" | sed 's/,$//' | tail -n +2; }
run 0 predict shots --split test
cut -d, -f3- out | tail -n +2 >want
lines want 20
head -n 1 out >head && has head 'sample,true,predicted,probability,p_dark,p_light'
for files in test pixels.csv named.csv pixels.json pixels.idx pixels.idx.gz; do
  run 0 predict shots "$files" -j 3 && answers out >got
  cmp -s want got || fail "$files does not give the answers of the test split"
done
run 0 predict results/shots/models/*.safetensors pixels.idx -j 1 --isa ref && answers out >got
cmp -s want got || fail "a file of the model gives other answers"
run 0 predict shots@1 pixels.idx pixels.csv && lines out 41

# What is measured of the test split is what the table has; the accuracy is that of the rows.
run 0 eval shots
grep -q "^test_accuracy,$(column results/shots.csv test_accuracy)$" out || fail "eval measures something else than the sweep"
grep -q "^test_loss,$(column results/shots.csv test_loss)$" out || fail "eval measures another loss"
run 0 predict shots --split test
right=$(awk -F, '$2 == $3' out | wc -l)
[ "$(awk -v n="$right" 'BEGIN { print n / 20 }')" = "$(column results/shots.csv test_accuracy)" ] || fail "$right of 20 are right"
run 0 eval shots --to measured
for f in classes confusion predictions; do
  cmp "results/shots.$f.csv" "measured/$f.csv" || fail "eval --to writes another $f.csv than the sweep"
done
run 0 eval shots --to others data.test_folder=shots
[ "$(awk -F, 'NR > 1 { n += $2 + $3 } END { print n }' others/confusion.csv)" -eq 40 ] || fail "$(cat others/confusion.csv)"
run 2 eval shots --to others --split train
run 0 eval shots --split validation && has out val_accuracy 'samples,4'
run 0 eval shots data.test_folder=shots && has out 'samples,40' test_accuracy
run 2 eval shots train.epochs=3 && has err 'does not say what other data there are'
mkdir other && cp -r test/dark other/dark && cp -r test/light other/bright
run 4 eval shots data.train_folder=other data.test_folder=other && has err "class 1 of dataset images is 'bright', that of the model 'dark'"

# The likeliest classes, and none below a threshold.
run 0 predict shots pixels.idx --top 1 && has out 'file,sample,predicted,probability,error'
run 0 predict shots pixels.idx --top 9 --threshold 1
head -n 1 out >head && has head 'predicted_1,probability_1,predicted_2,probability_2,error'
[ "$(column out predicted_1 | sort -u)" = "" ] || fail "a class is named below the threshold"

# As JSON: the same rows, texts and numbers told apart.
same_json 0 true,predicted predict shots --split test
same_json 0 file,predicted_1,predicted_2,error predict shots pixels.idx pixels.csv --top 2 --threshold 0.6
run 0 eval shots --json && has out '"version": ' '"samples": 20,' "\"test_accuracy\": $(column results/shots.csv test_accuracy)"
run 2 export shots --to c --json && has err 'takes no --json'

# A broken file among others is a row, not the end.
head -c 60 pixels.idx >short.idx
{ printf '\000\000\010\003\000\000\000\024\000\000\000\004\000\000\000\004'; head -c 40 /dev/zero; } | gzip >cut.idx.gz
printf 'P5 400000 400000 255 x' >huge.pgm
echo 1,2,3 >few.csv
{ seq -s, 1 15 | tr '\n' ,; echo 300; } >bright.csv
echo '{"p1": 1' >open.json
: >empty.csv
echo a,b >named.csv
echo hello >text.png
mkdir vacant
run 1 predict shots short.idx test/dark/41.pgm cut.idx.gz huge.pgm few.csv bright.csv open.json nowhere.png test/dark/43.pgm empty.csv \
  named.csv text.png vacant
has out 'empty.csv,,,,,,there is no sample' 'text.png: is not a PNG' 'vacant,,,,,,there is no picture'
has out 'short.idx,,' 'it is cut off' 'the file is cut off before this sample' 'huge.pgm' 'has 3 cells, the network wants 16 numbers' \
  'a pixel that is no whole number from 0 to 255' 'open.json' 'nowhere.png'
[ "$(grep -cE '^test/dark/4[13].pgm,1,(dark|light),' out)" -eq 2 ] || fail "whole files beside broken ones have no answer"
has err 'could not be read'
same_json 1 file,predicted,error predict shots short.idx test/dark/41.pgm few.csv

# A table with categories and missing values: by the names of its columns, in any order.
awk 'BEGIN { print "age,sex,price,size"
  for (i = 0; i < 80; i++) printf "%s,%s,%g,%s\n", i % 7 ? i : "", i % 2 ? "f" : "m", i * 0.5 + (i % 2) * 9, i % 3 ? "S" : "L" }' >people.csv
cat >people.ini <<'EOF'
[sweep]
objective = min val_loss
[data]
dataset = csv
file = people.csv
target = price
target_type = number
ordinal = size
missing = indicator
[model]
layers = dense 4, relu, dense 1
[train]
epochs = 3
EOF
run 0 people.ini -q --no-plots
same_json 0 '' predict people --split train && cp rows.csv split.csv
run 0 predict people people.csv && cp out file.csv
# A row of the file is the sample of the split with the same number to predict.
awk -F, 'FNR == NR { if (FNR > 1) price[FNR - 1] = $3; next } FNR > 1 { print price[FNR - 1] "," $3 }' people.csv file.csv >by_price
tail -n +2 split.csv | awk -F, 'FNR == NR { p[$1] = $2; next } !($2 in p) || p[$2] != $3 { bad++; print } END { exit bad > 0 }' \
  by_price - >unlike || fail "rows of the table and of the split have other answers: $(head -n 2 unlike)"
lines split.csv $(($(grep -c . by_price) * 8 / 10 * 9 / 10 + 2))
awk -F, -v OFS=, '{ print $4, $2, "x", $1 }' people.csv | sed '1s/,x,/,note,/' >turned.csv
cut -d, -f3 file.csv >a; run 0 predict people turned.csv && cut -d, -f3 out >b
cmp -s a b || fail "the order of the columns changes the answers"
cut -d, -f1,3 people.csv >without.csv
run 1 predict people without.csv && has out "has no column 'sex', which the network has learned from"
run 2 predict people people.csv --top 2 && has err 'predicts numbers'
run 2 predict people people.csv --beam 2 && has err '--beam is of a search for translations'
run 2 predict people people.csv --length-penalty 0 && has err '--length-penalty is of a search'

# Single trials again.
run 0 verify shots && has out 'the same, number by number' '1 of 1 trials'
cp -r results kept
run 0 train shots -q --out . && has out 'test_accuracy' results/shots/models
diff -r kept/shots/models results/shots/models || fail "a trial that is trained again makes another model"
sed -i 's/\[train\]/[train]\nlr = 0.5/' results/shots/sweep.ini
run 2 verify shots && has err 'has no trial'
cp kept/shots/sweep.ini results/shots/sweep.ini
printf 'x' | dd of="$(ls results/shots/models/*)" bs=1 seek=1800 conv=notrunc status=none
run 1 verify shots && has out 'the model is not that of'
rm results/shots/models/*
run 2 predict shots pixels.idx && has err 'sweep train shots --trial'
run 0 train shots --trial 1 -q && run 0 predict shots pixels.idx

# Exported: the model file as it is, and a C file whose scores have the probabilities of predict.
run 0 export shots --to safetensors && cmp shots.safetensors "$(ls results/shots/models/*)"
run 0 export shots.safetensors --to c other.c && has out other.c && has other.c 'void shots(const float *x' 'shots_class[2] = {"dark", "light"}'
if command -v cc >/dev/null; then
  cat >main.c <<'EOF'
#include <stdio.h>
void shots(const float *x, float *y, float *work);
int main(void)
{
    static float x[16], y[2], work[4096];
    while (scanf("%f", &x[0]) == 1) {
        for (int i = 1; i < 16; i++)
            if (scanf("%f", &x[i]) != 1)
                return 1;
        shots(x, y, work);
        printf("%s\n", y[0] > y[1] ? "dark" : "light");
    }
    return 0;
}
EOF
  cc -std=c99 -Wall -Wextra -pedantic -o classify other.c main.c -lm >errors 2>&1 && empty errors
  ./classify <pixels >got
  run 0 predict shots pixels.idx && column out predicted >want
  cmp -s want got || fail "the exported C file has other answers"
fi
run 0 export shots@1 --to onnx && has shots.onnx sweep BatchNormalization
run 0 export shots --to c --normalized bare.c && has bare.c 'input_scale0[] = {' && grep -A1 'input_scale0\[\]' bare.c | grep -q '^    1.0f,$' ||
  fail "--normalized leaves the normalization in"
run 2 export shots && has err 'write --to FORMAT, one of safetensors'
run 2 export shots --to cc && has err "there is no format 'cc'"

# Words that are wrong.
run 2 predict shots && has err 'what shall be predicted?'
run 2 predict shots pixels.idx --split test && has err "leave out 'pixels.idx'"
run 2 predict shots@99 pixels.idx && has err "shots has no trial '99'"
run 2 predict shot pixels.idx && has err "did you mean 'shots'?"
run 2 predict shots --split tests && has err 'is not one of train, validation, test'
run 4 predict pixels.idx.safetensors pixels.idx && has err 'pixels.idx.safetensors'
cp "$SOURCE/tests/fuzz/corpus/model/overlap" overlap.safetensors
run 4 predict overlap.safetensors pixels.idx && has err 'overlaps another one'
finish
