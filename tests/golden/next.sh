# next: a text is learned from the sweep file to what is generated: tables of its own metrics, the same bytes for any
# number of workers, level and interruption; the tokenizer goes with the model; what does not fit is told.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

book book.txt 400
cat >n.ini <<'TEXT'
[sweep]
objective = min val_loss
keep = all
[data]
dataset = text
file = book.txt
length = 16
[model]
layers =
    embedding 12
    gru 16
    dense $vocabulary
[train]
epochs = 3
lr = 0.02
batch_size = 20
[grid]
data.tokens = char, word, byte
TEXT
run 0 n.ini -q -j 1 --out one
run 0 n.ini -q --no-plots -j 2 --out two
run 0 n.ini -q --no-plots --isa ref --out plain
run 3 n.ini -q --no-plots -j 2 --out halted stop.epochs=5
run 0 n.ini -q --no-plots -j 2 --out halted
for other in two plain halted; do same one $other n; done
head -n 1 one/results/n.csv | grep -q 'test_loss,test_accuracy,test_perplexity,test_bits' || fail "$(head -n 1 one/results/n.csv)"
for not in classes confusion predictions mistakes; do [ ! -e one/results/n.$not.csv ] || fail "there is n.$not.csv"; done
for yes in learning ranking axes; do [ -s one/plots/n/$yes.png ] || fail "no picture $yes"; done
# Perplexity is the exponential of the loss; bits are the loss by log 2 and the letters of a token, of char one.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
  { d = exp($c["test_loss"]) / $c["test_perplexity"] - 1; if (d * d > 1e-10) exit 1
    b = $c["test_loss"] / log(2) / $c["test_bits"]
    if ($c["data.tokens"] == "word" ? b < 2 : b < 0.9999 || b > 1.0001) exit 1 }' one/results/n.csv || fail "metrics disagree"
has one/results/n.about.csv vocabulary,
run 0 report n --out one --markdown
has out 'tokens in its vocabulary' '| test_loss'
run 0 show n.ini && has out 'tokens at each of 16 positions' 'task              next'
run 0 plan n.ini && has out 'book.txt: tokens of kind char'

# What is generated: the same for any count, a longer text begins as a shorter one, and as the prompt.
generate() { run 0 generate n@1 --out one --prompt 'the ' "$@"; }
generate --length 30 && cp out short
[ "$(wc -c <short)" -eq 35 ] && grep -q '^the ' short || fail "generated: $(cat short)"
generate --length 60 && [ "$(head -c 34 out)" = "$(head -c 34 short)" ] || fail "a longer text begins otherwise"
generate --length 30 --count 20 --isa ref
[ "$(head -c 35 out)" = "$(cat short)" ] || fail "the first of many is another"
[ "$(grep -c '^---' out)" -eq 19 ] || fail "texts: $(cat out)"
generate --length 30 --seed 2 && ! cmp -s out short || fail "the seed is not seen"
generate --length 30 --temperature 0 && cp out likeliest
generate --length 30 --top-k 1 --seed 9 && cmp -s out likeliest || fail "of one token another is drawn"
generate --length 30 --top-p 0.000001 --temperature 3 && cmp -s out likeliest || fail "of the first share another is drawn"
run 0 generate n@2 --out one --prompt 'the cat' --length 8 --temperature 0.5 && grep -q '^the cat [a-z.]' out || fail "words: $(cat out)"
run 0 generate n@3 --out one --length 8
run 0 generate "one/results/n/models/$(column one/results/n.csv id | head -n 1).safetensors" --prompt 'zebra' --length 4
has err '1 token of the prompt is unknown to the network'
run 2 generate n@1 --prompt "$(printf 'a\377')" --out one && has err '--prompt: byte 2, ff, is not of a letter'
run 2 generate n@1 --top-k 0 --out one && has err '--top-k'

# The model is that of its text.
run 0 eval n@1 --out one
grep -q "^test_loss,$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "test_loss") c = i } NR == 2 { print $c }' one/results/n.csv)$" out ||
  fail "eval measures something else: $(cat out)"
cp out known
run 0 verify n --out one --sample 1
tr a-c d-f <book.txt >other.txt && gzip -c book.txt >copy.txt.gz
run 0 eval n@1 data.file=copy.txt.gz --out one && cmp -s out known || fail "the same text, packed, is another"
run 0 eval n@1 data.file=other.txt --out one && ! cmp -s out known || fail "another text is the same"
run 2 eval n@1 data.tokens=word --out one && has err 'is an axis'
run 2 predict n@1 book.txt --out one && has err 'sweep generate'
run 2 predict n@1 --split test --out one && has err 'sweep generate'

# A table of texts and classes: what is predicted of a file is what is predicted of the split.
awk 'BEGIN { print "kind,words"; split("cat bird|dog", animal, "|"); for (i = 0; i < 60; i++)
  { k = i % 2; printf "%s,\"the %s%s\"\n", k ? "other" : "small", animal[1 + k], substr(" sees it, and sings. why?", 1, i % 25) } }' >k.csv
cat >k.ini <<'TEXT'
[data]
dataset = csv
file = k.csv
target = kind
text = words
length = 6
[model]
layers = embedding 6, lstm 8 last, dense $classes
[train]
epochs = 3
lr = 0.05
batch_size = 10
TEXT
run 0 k.ini -q --no-plots -j 1
run 0 k.ini -q --no-plots -j 1 --isa ref --out plain && same . plain k
run 0 predict k --split train && tail -n +2 out | cut -d, -f3- | sort >want
run 0 predict k --split validation && tail -n +2 out | cut -d, -f3- | sort >>want
run 0 predict k --split test && tail -n +2 out | cut -d, -f3- | sort >>want
run 0 predict k k.csv -j 2 && tail -n +2 out | cut -d, -f3- | sed 's/,$//' | sort >got
sort want | cmp -s - got || fail "a file gives other answers: $(diff want got | head -n 4)"
run 2 eval k data.tokens=char && has err "the model's are of kind word"
run 2 generate k && has err 'the network has learned to classify'
run 2 generate n@1 --out one --between && has err '--between is for networks that make pictures'
run 2 export k --to onnx && has err "layer 2 of the network, 'lstm 8 last', cannot be exported to onnx: texts of a column"
printf 'words\n"a \377 cat"\nbird\n' >broken.csv
run 1 predict k broken.csv && has out 'not of a letter in UTF-8' && lines out 3

# What is in a text.
run 0 data info n.ini --no-plots
has out 'texts of 16 tokens and those that come next' 'vocabulary: ' 'example 1: ' 'unknown'
run 0 data info k.ini --no-plots && has out 'texts of up to 6 tokens and one of 2 classes' 'length' '1..1'
run 0 data info n.ini --no-plots --json && has out '"vocabulary"' '"frequent"' '"examples"'
run 2 plan n.ini data.validation=50 && has err 'data.validation: a text is divided by shares'
run 2 plan n.ini data.folds=3 && has err 'a text trains and validates in its order'
run 2 plan n.ini 'model.layers=embedding 8, dense 4' && has err 'it is to put out' 'at each of 16 positions'
run 2 plan n.ini 'model.layers=embedding 12, attention heads 2, dense $vocabulary' && has err 'is to tell what comes next' 'causal'
run 2 plan n.ini 'model.layers=embedding 12, lstm 8 bidirectional, dense $vocabulary' && has err "'lstm 8 bidirectional' looks at"
run 0 plan n.ini 'model.layers=embedding 12, attention heads 2 causal, dense $vocabulary'
run 0 plan n.ini sweep.name=m data.tokens=char model.start=n@1 --out one
run 2 plan n.ini sweep.name=m data.tokens=word model.start=n@1 --out one && has err 'has learned of other tokens'
run 2 plan n.ini 'model.layers=embedding 8, dense $classes' && has err 'the data has tokens that come next; write $vocabulary'
run 0 list tokens && has out char word byte bpe
finish
