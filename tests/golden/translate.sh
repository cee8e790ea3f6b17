# translate: pairs of texts are learned from the sweep file to what is translated: tables of its own metrics, the same bytes
# for any number of workers, level and interruption; both tokenizers go with the model; what does not fit is told.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# pairs NAME FIRST N: N sentences of a toy language as NAME.de, and in another order of words as NAME.en.
pairs() {
  awk -v first="$2" -v n="$3" -v name="$1" 'BEGIN {
    split("hund katze vogel kind", from, " "); split("dog cat bird child", to, " ")
    split("sieht liebt ruft", verb, " "); split("sees loves calls", does, " ")
    for (i = 0; i < n; i++) { a = 1 + (first + i) % 4; b = 1 + int((first + i) / 4) % 4; v = 1 + int((first + i) / 16) % 3
      printf "ein %s %s ein %s.\n", from[a], verb[v], from[b] >name ".de"
      printf "a %s is what a %s %s.\n", to[b], to[a], does[v] >name ".en" } }'
}
pairs all 0 192
cat >t.ini <<'TEXT'
[sweep]
objective = min val_loss
keep = all
[data]
dataset = pairs
from = all.de
to = all.en
length = 10
test_part = 0.1
[model]
width = 16
[model.state]
layers = embedding $width init normal, gru 24, target, embedding $width init normal, gru 24 start, dense $width, dense tied
[model.attends]
layers =
    embedding $width init normal, positional, { transformer $width 2 } x 1
    target
    embedding $width init normal, positional, { transformer $width 2 causal 1 cross 1 } x 1
    dense $vocabulary
[train]
epochs = 4
lr = 0.02
batch_size = 32
beam = 4
[grid]
model.variant = state, attends
TEXT
run 0 t.ini -q -j 1 --out one
run 0 t.ini -q --no-plots -j 2 --out two
run 0 t.ini -q --no-plots --isa ref --out plain
run 3 t.ini -q --no-plots -j 2 --out halted stop.epochs=5
run 0 t.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other t; done
head -n 1 one/results/t.csv | grep -q 'test_loss,test_accuracy,test_perplexity,test_bleu' || fail "$(head -n 1 one/results/t.csv)"
for not in classes confusion predictions mistakes; do [ ! -e one/results/t.$not.csv ] || fail "there is t.$not.csv"; done
[ "$(wc -l <one/results/t.translations.csv)" -eq 20 ] || fail "translations: $(cat one/results/t.translations.csv)"
has one/results/t.translations.csv 'sample,repeat,source,true,predicted' ',ein hund '
run 0 show t.ini && has out 'translate' 'target' 'source' 'input 1x21, 14 tokens at each of 11 positions'
run 0 report t --out one --markdown && has out 'pairs: 156 training, 17 validation, 19 test'
grep -q '^vocabulary,14$' one/results/t.about.csv || fail "about: $(cat one/results/t.about.csv)"

# What is predicted of a file is what is predicted of the split, and what the table has.
tail -n 19 all.de | gzip >tests.de.gz
same_json 0 source,true,predicted,error predict t --out one --split test --beam 4 && tail -n +2 rows.csv | cut -d, -f4 >split
run 0 predict t --out one tests.de.gz --beam 4 -j 2 --isa ref && tail -n +2 out | cut -d, -f3 >file
cmp -s split file || fail "a file is translated otherwise: $(diff split file | head -n 4)"
tail -n +2 one/results/t.translations.csv | cut -d, -f5 | cmp -s - file || fail "the table has other translations"
run 0 predict t@2 --out one tests.de.gz --beam 4 --length-penalty 0 && cp out wide
run 0 predict t@2 --out one tests.de.gz && cmp -s out wide || fail 'predict searches otherwise than the training'
run 0 predict t@2 --out one tests.de.gz --beam 1 && ! cmp -s out wide || fail 'a beam of 1 finds the same as one of 4'
[ "$(column out predicted | grep -c '^a [a-z]* is what a [a-z]* [a-z]* [.]$')" -gt 9 ] || fail "predicted: $(cat out)"
printf 'ein hund\n\nein \377 hund\neins zwei drei vier eins zwei drei vier eins zwei drei vier\n' >odd
same_json 1 file,predicted,error predict t --out one odd
has rows.csv 'odd,1,' 'odd,2,,' 'odd,3,,"byte 5, ff, is not of a letter in UTF-8"' 'odd,4,,"has 12 tokens, the network reads at most 10"'

# The model is that of its texts.
run 0 eval t@1 --out one
grep -q "^test_bleu,$(column one/results/t.csv test_bleu | head -n 1)$" out || fail "eval measures something else: $(cat out)"
cp out known
run 0 eval t@1 --out one --to measured && lines measured/translations.csv 20 && has measured/translations.csv 'sample,repeat,source,true,predicted'
run 0 verify t --out one --sample 1
gzip -c all.de >copy.de.gz
run 0 eval t@1 data.from=copy.de.gz --out one && cmp -s out known || fail "the same texts, packed, are others"
run 2 generate t@1 --out one && has err 'the network has learned to translate'
model=$(ls one/results/t/models/*.safetensors | head -n 1)
sed 's/"task":"translate"/"task":"next"     /' "$model" >hostile.safetensors
run 4 generate hostile.safetensors && has err "network reads pairs of texts, and its task, next, is of one"
run 2 export t@1 --to onnx --out one && has err 'cannot be exported to onnx'
run 0 data info t.ini --no-plots
has out 'texts of up to 10 tokens and what they are to become' 'of what they are to become:' 'example 1: ein hund'
run 0 data info t.ini --no-plots --json && has out '"translations"'

# Texts of more tokens than the network reads are cut where it is tested, and by predict --split; long ones stay whole.
awk 'BEGIN { for (i = 0; i < 20; i++) { from = "ein"; to = "ja"
  for (k = 1; k < (i < 18 ? 60 : 90); k++) from = from " hund"
  for (k = 1; k < 75; k++) to = to " ja"
  print from >"long.de"; print to >"long.en" } }'
sed 's/all\./long./; s/^length.*/length = 80/; s/beam.*/beam = 1/; s/^epochs.*/epochs = 2/; s/^model.variant.*/model.variant = state/
  /model.attends/,/vocabulary$/d; s/^batch_size.*/batch_size = 4/' t.ini >long.ini
run 0 long.ini -q --no-plots --out long && run 0 predict long --out long --split test && has err '2 of 2 texts have more than the 80 tokens'
tail -n +2 out | cut -d, -f4 >split
tail -n +2 long/results/long.translations.csv | cut -d, -f5 | cmp -s - split || fail "the table has other long translations"
awk '{ for (i = 1; i <= NF; i++) bad += $i != "ja" } NF < 66 { bad = 1 } END { exit bad || NR != 2 }' split || fail "long translations: $(cat split)"

# What does not fit is told.
run 2 plan t.ini model.variant=state 'model.layers=embedding 4, gru 4, dense 3' && has err 'write `target` after'
run 4 plan t.ini data.to=t.ini && has err 'lines, expected as many as'
run 2 plan t.ini data.validation=50 && has err 'data.validation: a text is divided by shares'
run 2 plan t.ini 'sweep.objective=max train_bleu' && has err 'sweep.objective: train_bleu is never measured' 'write max val_bleu'
run 2 plan t.ini 'sweep.objective=min val_loss, max val_bleu' && has err 'val_bleu is measured only where it selects the epoch'
run 2 plan t.ini 'sweep.objective=max test_bleu' data.validation=0 &&
  has err 'data.validation: sweep.objective selects the epoch by val_bleu, which 0 leaves unmeasured'
run 0 plan t.ini 'sweep.objective=max test_bleu' data.validation=0 train.select=last
run 2 plan t.ini train.beam=65 && has err 'train.beam'
cat >other.ini <<'TEXT'
[train]
epochs = 1
TEXT
run 2 plan other.ini train.beam=3 && has err 'train.beam: is of a search for translations'
run 2 plan other.ini 'model.layers=target, flatten, dense $classes' && has err 'the data has no pairs of texts'
run 2 plan t.ini sweep.name=m data.tokens=bpe model.start=t@1 --out one && has err 'has learned of other tokens'
finish
