# A data file with another content is other data: what was trained on the old ones is trained again, wherever in the file
# the change is, and not when only its time has changed.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

# idx FILE DIMENSIONS LIMIT N: N values from 0 to LIMIT - 1 in IDX format; dimensions below 256.
idx() {
  local d i
  {
    printf "\\x00\\x00\\x08\\x0$(wc -w <<<"$2")"
    for d in $2; do printf "\\x00\\x00\\x00\\x$(printf %02x "$d")"; done
    for ((i = 0; i < $4; i++)); do printf "\\x$(printf %02x $(((i * 7 + i / 5) % $3)))"; done
  } >"data/$1"
}
mkdir data
idx train-images-idx3-ubyte '60 4 4' 251 960
idx train-labels-idx1-ubyte 60 3 60
idx t10k-images-idx3-ubyte '30 4 4' 241 480
idx t10k-labels-idx1-ubyte 30 3 30
cat >t.ini <<'EOI'
[data]
dataset = idx
path = data
train = 40
validation = 20
[model]
layers = flatten, dense 3
[train]
epochs = 2
EOI
run 0 t.ini --no-plots
for change in 'train-images-idx3-ubyte 20' 'train-images-idx3-ubyte 500' 'train-images-idx3-ubyte 970' \
  'train-labels-idx1-ubyte 30' 't10k-images-idx3-ubyte 300' 't10k-labels-idx1-ubyte 20'; do
  read -r name at <<<"$change"
  printf '\x01' | cmp -s -n 1 -i "$at:0" "data/$name" - && byte=2 || byte=1
  printf "\\x0$byte" | dd of="data/$name" bs=1 seek="$at" conv=notrunc 2>/dev/null
  run 0 t.ini --no-plots
  hasnot err 'there already'
  rm -rf fresh && run 0 t.ini -q --no-plots --out fresh
  same . fresh t
done
touch -d '2001-01-01' data/*
run 0 t.ini --no-plots
has err '1 of 1 trials were there already'
finish
