# Each call on a file of the results fails once: the sweep ends whole or says what could not be done, and the next call
# ends with the files of an undisturbed run. A call that a signal interrupts is done again. Only every third call, if not
# told otherwise.
# long: STEP=1
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
wants_faulty

tiny t '[grid]' 'model.units = 4, 8'
sed -i 's/epochs = 3/epochs = 2/' t.ini
SHIM_LOG=$T/log SHIM_TICK=2 filed t.ini -q --no-plots --out whole -j 1 || fail "undisturbed: $(cat err)"

# one OPERATION K ERRNO: a run in which the K-th OPERATION fails.
one() {
  local status left
  rm -rf cut
  SHIM_TICK=2 SHIM_FAIL=$1:cut/:$2:$3 filed t.ini -q --no-plots --out cut -j 1
  status=$?
  case $status in
  0) ;;
  1 | 4)
    [ -s err ] || fail "$1 $2 fails: not a word"
    run 0 t.ini -q --no-plots --out cut
    ;;
  *) fail "$1 $2 fails: status $status: $(cat err)" ;;
  esac
  same whole cut t
  left=$(find cut -name '*.tmp' -o -name '*.state')
  [ -z "$left" ] || [ "$1" = unlink ] || fail "$1 $2 fails: left behind: $left"
  [ "$status" = 0 ] || told=$((told + 1))
}

told=0 tried=0
for op in create open write sync rename unlink truncate lock; do
  for k in $(seq 1 "${STEP:-3}" "$(grep -c "^$op .*whole/" log)"); do
    case $op in write | truncate) errno=28 ;; *) errno=5 ;; esac # no space; input/output error
    one "$op" "$k" "$errno"
    tried=$((tried + 1))
  done
done
[ "$tried" -ge 30 ] && [ "$told" -ge 10 ] || fail "$tried calls failed, $told were told of"

# Every second write is interrupted.
rm -rf cut
SHIM_LOG=$T/log2 SHIM_FAIL=write:cut/:%2:4 filed t.ini -q --no-plots --out cut -j 1 || fail "interrupted: $(cat err)"
grep -q '^failed .*/journal' log2 || fail "no write was interrupted"
same whole cut t
echo "$tried calls failed, $told were told of"
finish
