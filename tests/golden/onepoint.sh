# sweeps/one-point.ini, and what its report says.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

run 0 "$SOURCE/sweeps/one-point.ini" --no-plots || finish
has out 'test_accuracy >= 97%: met'
run 0 report one-point --markdown
has out '97%' '10850'
has out '| version | sweep ' "| date | $(date -u +%Y-)" '| train.epochs | 20 |' '| dense 10 | 10 |' # what was trained, by what, when
grep -qiE 'param' out || fail "no parameters in the report"
grep -qiE 'batch ?norm' out || fail "no batch normalization in the report"
grep -qi 'dropout' out || fail "no dropout in the report"
grep -qi 'global average pooling' out || fail "no head in the report"
grep -qi 'receptive field' out || fail "no receptive field in the report"
grep -qi 'pass' out || fail "no verdict in the report"
finish
