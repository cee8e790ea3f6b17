# Model files: which trials have one, the same bytes for any number of workers, after a kill and at every level; and what
# is done with them.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8, 12'

# models FOLDER NAME: the files there, one a line.
models() { (cd "$1/results/$2/models" && ls); }
# ids POINT: the trials of a point, as the table has them.
ids() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["point"] == '"$1"' { print $c["id"] ".safetensors" }' results/t.csv | sort; }

# By default those of the best point; the same bytes whoever trains them.
run 0 t.ini -q --no-plots
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["rank"] == 1 { print $c["point"]; exit }' results/t.points.csv)
[ "$(models . t)" = "$(ids "$best")" ] || fail "the models are not those of point $best: $(models . t)"
run 0 t.ini -q --no-plots -j 3 --out three
run 0 t.ini -q --no-plots --isa ref --out plain
run 3 t.ini -q --no-plots --out again stop.trials=3
[ "$(models again t | wc -l)" -ge 2 ] || fail "a sweep that is not over has not kept its models"
run 0 t.ini -q --no-plots --out again
run 0 t.ini -q --no-plots --out apart stop.trial_time=60
for other in three plain again apart; do
  diff -r results/t/models $other/results/t/models || fail "the models of $other differ"
done
# Where points have one trial each, a model is not written of one that is worse than another is by then.
for how in '-j 1' '-j 3' 'stop.trial_time=60'; do
  run 0 t.ini -q --no-plots sweep.repeats=1 model.units=2,4,6,8,10,12 $how --out one
  winner=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["rank"] == 1 { print $c["point"]; exit }' one/results/t.points.csv)
  [ "$(models one t)" = "$(cd one && ids "$winner")" ] || fail "the models ($how) are not that of point $winner: $(models one t)"
  rm -rf one
done
run 0 t.ini -q --no-plots --out all sweep.keep=all
[ "$(models all t | wc -l)" -eq 6 ] || fail "keep = all has kept $(models all t | wc -l) models"
run 0 t.ini -q --no-plots --out none sweep.keep=none
[ -e none/results/t/models ] && fail "keep = none has kept models"

# Of a sweep that was trained without models the next call says what to do.
run 0 t.ini --no-plots --out none
has err 'the models of 2 finished trials are not in none/results/t/models' 'sweep train t --trial ID'

# training FILE: the sweep file in the metadata of a model.
training() {
  local length
  length=$(od -An -tu8 -N8 "$1" | tr -d ' ')
  tail -c +9 "$1" | head -c "$length" | sed 's/.*"training":"\([^"]*\)".*/\1/; s/\\n/\n/g'
}

# The sweep file in the metadata is that training: it makes the same file.
one=$(models . t | head -n 1)
training "results/t/models/$one" >alone.ini
has alone.ini '[train]' 'layers = flatten'
run 0 alone.ini -q --no-plots
cmp "results/t/models/$one" "results/alone/models/$one" || fail "the training of the metadata makes another model"

# A network begins with the weights of a trial, of which some are frozen and some learn slower: a head of another size
# starts anew, the table says so, and the bytes are the same for any number of workers, level and interruption.
cat >n.ini <<'EOF'
[data]
train = 320
validation = 160
test = 160
[model]
start    = t@3
freeze   = 1.weight
lr_scale = 3 0.5, 5.weight 2
layers   =
    flatten, dense 8, relu
    dense 6, relu, dense 10
[train]
epochs     = 3
batch_size = 32
EOF
for out in three plain again; do rm -r $out && cp -r all $out; done
third=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["trial"] == 3 { print $c["id"] }' all/results/t.csv)
run 0 n.ini -q --no-plots --out all
[ "$(column all/results/n.start.csv state | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 2 another shape: starts as init says; 2 taken; 2 the file has none of that name: starts as init says;' ] ||
  fail "the table of what a network begins with: $(cat all/results/n.start.csv)"
has all/results/n.start.csv '1,2,1.weight,8x64,1.weight,8x64,taken,yes,1' '1,4,3.weight,6x8,3.weight,10x8,another shape'
run 0 n.ini -q --no-plots -j 3 --out three
run 0 n.ini -q --no-plots --isa ref --out plain
run 3 n.ini -q --no-plots --out again stop.epochs=1
run 0 n.ini -q --no-plots --out again
for other in three plain again; do
  diff -r all/results/n/models $other/results/n/models && cmp all/results/n.csv $other/results/n.csv &&
    cmp all/results/n.start.csv $other/results/n.start.csv || fail "a network that begins with another's differs in $other"
done
run 0 verify n --out all
has out '1 of 1 trials are the same'
run 0 show n.ini --out all
has out "start             t@$third: 2 of 6 tensors are taken" 'frozen            512 parameters'
one=$(models all n)
training "all/results/n/models/$one" >alone.ini
has alone.ini "start = t@$third" 'match = 1.weight -> 1.weight' 'freeze = 1.weight' 'lr_scale = 3.weight 0.5, 3.bias 0.5'
run 0 alone.ini -q --no-plots --out all
cmp "all/results/n/models/$one" "all/results/alone/models/$one" || fail "the training of the metadata begins otherwise"

# The same tensors in another file, or found by a line of match, are the same training; a changed file is another.
start_of() { awk -F, -v t="$1" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["trial"] == t { print $c["id"] ".safetensors" }' all/results/t.csv; }
cp "all/results/t/models/$(start_of 3)" m.safetensors
run 0 n.ini -q --no-plots --out file model.start=m.safetensors model.match='1.bias -> none'
[ "$(models file n)" = "$one" ] && fail "what is left out is not another training"
rm -r file
run 0 n.ini -q --no-plots --out file model.start=m.safetensors model.match='1.* -> 1.*'
[ "$(models file n)" = "$one" ] || fail "the same weights are another training"
cp "all/results/t/models/$(start_of 4)" m.safetensors
rm -r file
run 0 n.ini -q --no-plots --out file model.start=m.safetensors model.match='1.* -> 1.*'
[ "$(models file n)" = "$one" ] && fail "a changed file is the same training"
run 4 n.ini -q --no-plots --out all model.start=none.safetensors
has err 'model.start: none.safetensors: cannot open'
for wrong in 'model.start=t@99|model.start: t has no trial' \
  'model.match=1.* 2.*|model.match: .1\.\*. is without .-> PATTERN' 'model.match=* -> x.*|model.start: none of the 4 tensors' \
  'model.freeze=4|model.freeze: .4. fits no tensor' 'model.lr_scale=3 x|model.lr_scale: .3. is without a factor'; do
  run 2 n.ini -q --no-plots --out all "${wrong%%|*}"
  grep -q "${wrong#*|}" err || fail "${wrong%%|*}: $(cat err)"
done

# What NAME means is pinned when a sweep is first run: where NAME has a better trial later, the sweep goes on with the one
# that it began with, and says so; its trials are verified, looked into, and gone on with. A changed file is told, too.
pinned=(n.ini -q --no-plots --out all sweep.name=pinned model.freeze=none 'model.lr_scale=none' 'model.layers=flatten, dense 8, relu, dense 10')
run 0 "${pinned[@]}" model.start=t train.lr=0.1,0.2
began=$(column all/results/pinned/starts.csv trial)
[ -n "$began" ] && ids "$best" | grep -qx "$began.safetensors" || fail "pinned is '$began', not a trial of point $best"
mkdir before && cp -r all/results/pinned* before
run 0 t.ini -q --no-plots --out all sweep.keep=all model.units=4,8,12,64
run 0 plan "${pinned[@]:0:1}" "${pinned[@]:3}" model.start=t train.lr=0.1,0.2
has out "begin with those of t@$began (the best is "
run 0 "${pinned[@]:0:1}" "${pinned[@]:2}" model.start=t train.lr=0.1,0.2
has err "model.start = t means t@" "this sweep goes on with t@$began" '2 of 2 trials were there already'
for f in pinned.csv pinned.start.csv pinned/starts.csv; do cmp "before/$f" "all/results/$f" || fail "$f is another"; done
run 0 verify pinned --out all && has out '2 of 2 trials are the same'
run 0 inspect pinned --out all --no-plots
run 0 "${pinned[@]}" model.start=t sweep.name=anew
[ "$(column all/results/anew/starts.csv trial)" != "$began" ] || fail "a new sweep begins with the old best trial"
cp "all/results/t/models/$(start_of 3)" m.safetensors
run 0 "${pinned[@]}" model.start=m.safetensors sweep.name=filed
cp "all/results/t/models/$(start_of 4)" m.safetensors
run 2 verify filed --out all
has err 'began with another file than what m.safetensors is now'
run 0 "${pinned[@]:0:1}" "${pinned[@]:2}" model.start=m.safetensors sweep.name=filed
has err 'model.start = m.safetensors: the file is not the one that this sweep began with'
run 0 verify filed --out all
# Another best trial and another file of the one that is pinned are both told; a table of pins that is damaged is refused.
cp "all/results/t/models/$(start_of 3)" "all/results/t/models/$began.safetensors"
run 0 "${pinned[@]:0:1}" "${pinned[@]:2}" model.start=t train.lr=0.1,0.2
has err "model.start = t means t@" 'model.start = t: the file is not the one that this sweep began with'
cp all/results/pinned/starts.csv pins
sed -i '2s/.$/x/' all/results/pinned/starts.csv
run 4 "${pinned[@]}" model.start=t train.lr=0.1,0.2
has err 'results/pinned/starts.csv:2: ' 'is not a hash' 'remove it'
cp pins all/results/pinned/starts.csv
# Where the sweep that is meant is gone, its trial cannot be trained again.
mv all/results/t/models/"$began.safetensors" .
run 4 "${pinned[@]}" model.start=t train.lr=0.1,0.2
has err "sweep train t --trial $began"
mv all/results/t.csv .
run 4 "${pinned[@]}" model.start=t train.lr=0.1,0.2
has err 'results/pinned/starts.csv says so' 'name another start'
hasnot err 'sweep train'
mv t.csv all/results
mv "$began.safetensors" all/results/t/models

# A look into a network: the tables, of the samples that are looked at or of one that is asked for; the same every time.
run 0 inspect n --out all --no-plots
has out 'which is taken for another class' 'all/results/n/inspect/layers.csv'
looked=all/results/n/inspect
[ "$(wc -l <$looked/layers.csv)" -eq 7 ] || fail "layers.csv: $(cat $looked/layers.csv)"
[ "$(head -n 1 $looked/embedding.csv)" = sample,class,predicted,x,y ] && [ "$(wc -l <$looked/embedding.csv)" -eq 161 ] ||
  fail "embedding.csv: $(head -n 3 $looked/embedding.csv)"
[ "$(awk -F, 'NR > 1 { n[$1] += $4 } END { for (i in n) print n[i] }' $looked/activations.csv | sort -u | wc -l)" -ge 2 ] ||
  fail "activations.csv: $(head -n 3 $looked/activations.csv)"
cp -r $looked first_look
run 0 inspect n --out all --no-plots --isa ref
diff -r first_look $looked || fail "another look is another"
run 0 inspect n --out all --no-plots --sample 7 --split train
has out 'sample    7'
[ "$(column $looked/saliency.csv sample | sort -u)" = 7 ] || fail "saliency.csv: $(head -n 3 $looked/saliency.csv)"
run 2 inspect n --out all --sample 161
has err '--sample 161: the split has 160 samples'
run 2 inspect m.safetensors
has err 'write NAME or NAME@TRIAL, not a file'

# What cannot be written ends the sweep, and the next call goes on.
mkdir -p full/results/t && touch full/results/t/models
run 4 t.ini -q --no-plots --out full
rm full/results/t/models
run 0 t.ini -q --no-plots --out full
diff -r results/t/models full/results/t/models || fail "a sweep that was broken off has other models"
finish
