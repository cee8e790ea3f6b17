# sweeps: a few points of every file in sweeps/, on tiny made-up data: the same bytes for any number of workers, after an
# interruption and on every instruction set, and of a trial that is trained again by itself.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# Pixels are noise, the same in every build (Park and Miller's generator): N SIZE, from number AT on.
printf '%b' "$(awk 'BEGIN { x = 1; for (i = 0; i < 60000; i++) { x = x * 16807 % 2147483647; printf "\\%04o", int(x / 8388608) } }')" >noise
pixels() { tail -c "+$(($3 * $2 + 1))" noise | head -c "$(($1 * $2))"; }
byte() { printf "\\$(printf %o "$1")"; }
labels() { for ((i = 0; i < $1; i++)); do byte $((i % 10)); done; }
# idx FOLDER STEM SIDE: 16 square pictures and their labels.
idx() {
  { printf '\0\0\10\3\0\0\0\20\0\0\0'; byte "$3"; printf '\0\0\0'; byte "$3"; pixels 16 $(($3 * $3)) 0; } >"$1/$2-images-idx3-ubyte"
  { printf '\0\0\10\1\0\0\0\20'; labels 16; } >"$1/$2-labels-idx1-ubyte"
}
# cifar FILE N
cifar() { for ((n = 0; n < $2; n++)); do byte $((n % 10)); pixels 1 3072 "$n"; done >"$1"; }
# numbers COLUMNS N CLASSES
numbers() {
  awk -v columns="$1" -v n="$2" -v classes="$3" 'BEGIN {
    for (i = 0; i <= n; i++) {
      for (c = 1; c < columns; c++) printf "%.1f,", (i * (7 + c) + c * c) % 23 / 10 + (i % classes) * (c % 3)
      print i % classes
    }
  }'
}
mkdir -p data/mnist data/fashion-mnist data/cifar10 data/sklearn-toy data/csv-real
for part in train t10k; do idx data/mnist $part 20; idx data/fashion-mnist $part 12; done
for part in data_batch_1 test_batch; do cifar data/cifar10/$part.bin 16; done
numbers 31 60 2 >data/sklearn-toy/breast_cancer.csv
numbers 5 60 3 >data/sklearn-toy/iris.csv
numbers 14 60 3 >data/sklearn-toy/wine_data.csv
awk 'BEGIN {
  print "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"
  for (i = 1; i <= 60; i++)
    printf "%d,%d,%d,\"N, %d\",%s,%s,%d,%d,T%d,%.2f,,%s\n", i, i % 2, i % 3 + 1, i, i % 4 ? "male" : "female",
      i % 7 ? 20 + i % 30 : "", i % 3, i % 2, i, i * 7 % 31 / 2, substr("SCQ", i % 3 + 1, 1)
}' >data/csv-real/titanic.csv
numbers 11 60 30 | tr , ' ' >data/diabetes.csv
{ echo x,y,kind; numbers 3 60 2; } >data/rare.csv
mkdir data/efficientnet-lite0 # a tensor of it: 32 zeros
{ byte 72; printf '\0\0\0\0\0\0\0%-72s' '{"_bn0.bias":{"dtype":"F32","shape":[32],"data_offsets":[0,128]}}'; head -c 128 /dev/zero; } \
  >data/efficientnet-lite0/model.safetensors
mkdir -p data/tinyshakespeare data/imdb data/multi30k
book data/tinyshakespeare/input.txt 60
for part in train_5000 test_1000; do
  awk 'BEGIN { print "review,sentiment"
    for (i = 0; i < 40; i++) printf "\"%s film, %d times seen\",%s\n", i % 2 ? "good" : "bad", i % 7, i % 2 ? "positive" : "negative" }' |
    gzip >data/imdb/imdb_$part.csv.gz
done
for part in train test_2016_flickr; do
  for to in de en; do
    awk -v to=$to 'BEGIN { for (i = 0; i < 48; i++) printf to == "de" ? "hund %d sieht %d.\n" : "dog %d sees %d.\n", i % 5, i % 7 }' |
      gzip >data/multi30k/$part.$to.gz
  done
done
export SWEEP_DATA=$T/data

# What makes a sweep small, in $words; folds divide all samples, and a sweep of one point is halted between its epochs.
small() {
  set -- "$1" train.epochs=1 train.batch_size=16 train.drop_last=no sweep.repeats=1 require.result=
  if grep -q '^dataset *= text' "$1"; then set -- "$@" data.length=8 data.test=8 train.epoch_steps=2
  elif grep -q '^dataset *= pairs' "$1"; then set -- "$@" data.length=20 data.vocabulary=258 data.test=8 train.epoch_steps=2
  elif ! grep -q '^folds' "$1"; then set -- "$@" data.train=8 data.validation=8 data.test=8; fi
  if grep -q '^\[grid\]' "$1"; then set -- "$@" search.method=random search.trials=2; else set -- "$@" train.epochs=2; fi
  case $1 in
  */shakespeare.ini) set -- "$@" model.width=8 model.depth=1 ;;
  */imdb-*.ini) set -- "$@" model.width=8 data.length=6 ;;
  */translate.ini) set -- "$@" model.width=8 train.beam=2 ;;
  */cells.ini) set -- "$@" model.state=4 ;;
  */row-mnist.ini) set -- "$@" model.state=4 ;;
  */gan.ini) set -- "$@" model.side=5 model.noise=4 train.epoch_steps=1 train.judge=gan-judge ;;
  */vae-generate.ini) set -- "$@" model.side=20 ;;
  */resnet.ini) set -- "$@" model.blocks=1 model.width=2 ;;
  */densenet.ini) set -- "$@" model.depth=2 model.growth=4 ;;
  */transfer.ini) set -- "$@" model.scale=1 ;;
  */mobilenet.ini) set -- "$@" model.variant=separable model.kernel=3,5 ;;
  esac
  words=("$@")
}
# Besides the best level, that of the first run: the plainest one, and one between them. avx512bf16 is avx512 for what
# these sweeps multiply, and sanitizers have no need of the slow ones.
levels=($("$SWEEP" list levels | awk '/runs here/ && $1 != "avx512bf16" { print $1 }'))
plain=(--isa "${levels[-1]}") middle=(--isa "${levels[1]:-${levels[0]}}")
! ldd "$SWEEP" | grep -q libasan || plain=() middle=()
count=0
for file in "$SOURCE"/sweeps/*.ini; do
  name=$(basename "$file" .ini)
  small "$file"
  if [ "$name" = distance ]; then # what it begins with, without the words of a search
    for out in one other; do
      run 0 "${words[@]::${#words[@]}-2}" -q --no-plots --out $out sweep.name=fashion-start data.dataset=fashion-mnist model.variant=scratch
    done
  fi
  if [ "$name" = gan ]; then
    for out in one other; do run 0 "$SOURCE/sweeps/judge.ini" -q --no-plots --out $out sweep.name=gan-judge train.epochs=1 data.train=8 data.validation=4 data.test=4; done
  fi
  [ ! -e "one/results/$name" ] || fail "$name: another sweep has this name"
  run 0 "${words[@]}" -q --no-plots -j 1 --out one || continue
  run 3 "${words[@]}" -q --no-plots -j 1 "${plain[@]}" --out other stop.epochs=1
  run 0 "${words[@]}" -q --no-plots -j 2 "${middle[@]}" --out other
  same one other "$name"
  run 0 verify "$name" --sample 1 --out one && has out 'the same, number by number'
  model=$(cd "other/results/$name/models" && ls | head -n 1)
  rm "one/results/$name/models/$model"
  run 0 train "$name" --trial "${model%.safetensors}" -q --out one
  cmp "one/results/$name/models/$model" "other/results/$name/models/$model" || fail "$name: train makes another model"
  [ -z "$(column "one/results/$name.csv" status | grep -v -e complete -e skipped)" ] || fail "$name: $(cat "one/results/$name.csv")"
  count=$((count + 1))
done
[ "$count" -eq "$(ls "$SOURCE"/sweeps/*.ini | wc -l)" ] || fail "only $count sweeps"
finish
