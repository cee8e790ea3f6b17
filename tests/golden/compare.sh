# tests/compare.sh finds two equal builds equal, and shows what another training changes.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'model.units = 4, 8'
bash "$SOURCE/tests/compare.sh" "$SWEEP" "$SWEEP" t.ini >out 2>&1 || fail "two equal builds differ: $(cat out)"
has out 'equal: '

cat >other <<'EOI'
#!/bin/sh
case $1 in *.ini) exec "$SWEEP" "$@" train.lr=0.02 ;; *) exec "$SWEEP" "$@" ;; esac
EOI
chmod +x other
export SWEEP
bash "$SOURCE/tests/compare.sh" "$SWEEP" other t.ini >out 2>&1
[ $? -eq 1 ] || fail "another learning rate is not seen: $(cat out)"
has out 'results/t.csv' 'results/t.epochs.csv'
finish
