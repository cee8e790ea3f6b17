# What a power cut may take: nothing that was published. Each file of a finished sweep is synced before it gets its name
# and its folder after that; a folder that cannot be synced is an error. A signal while pictures are drawn leaves whole
# ones only.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'model.units = 4, 8'
if ! ldd "$SWEEP" | grep -q libasan; then
  wants_faulty
  faulty FAULTY_SYNCS="$T/calls"
  run 0 t.ini -q
  faulty
  cut -d' ' -f2- calls >all
  find results plots -type f ! -name lock ! -name journal ! -name '*.tmp' >files
  for file in results/t.csv results/t/sweep.ini results/t/environment.txt results/t/data.csv plots/t/learning.svg; do
    has files "$file"
  done
  while read -r file; do
    # the last time that it was published
    case $file in results/t/models/*) # of a trial of less than a second: synced at the end
      grep -A1 -E "^sync .*/$(basename "$file")\$" all | grep -qxF "sync $(realpath "$(dirname "$file")")" ||
        fail "$file was not synced, or its folder not after it"
      continue ;;
    esac
    # two threads publish tables: what the one has done that published this
    thread=$(grep -E "^[0-9]+ rename (\./)?$file\$" calls | tail -n 1 | cut -d' ' -f1)
    sed -n "s/^$thread //p" calls >syncs
    at=$(grep -nE "^rename (\./)?$file\$" syncs | tail -n 1 | cut -d: -f1)
    [ -n "$at" ] || { fail "$file was not published"; continue; }
    sed -n "$((at - 1))p" syncs | grep -qE "^sync .*/$(basename "$file" | sed 's/\.[^.]*$//').*tmp" ||
      fail "$file was not synced before it got its name: $(sed -n "$((at - 1))p" syncs)"
    [ "$(sed -n "$((at + 1))p" syncs)" = "sync $(realpath "$(dirname "$file")")" ] ||
      fail "the folder of $file was not synced: $(sed -n "$((at + 1))p" syncs)"
  done <files
  for folder in results results/t plots/t; do # a new folder, in the one that holds it
    grep -qxF "sync $(realpath "$(dirname "$folder")")" all || fail "the folder of $folder was not synced"
  done

  faulty FAULTY_FOLDERS=5 # EIO
  run 4 t.ini -q --no-plots --out broken
  has err 'Input/output error'
  faulty FAULTY_FOLDERS=22 # EINVAL: a file system that cannot
  run 0 t.ini -q --no-plots --out plain
  faulty
  same . plain t
else
  run 0 t.ini -q
fi

# A gnuplot that is slow while it writes.
mkdir bin
cat >bin/gnuplot <<'EOT'
#!/bin/sh
out=$(echo "$3" | sed "s/^out='//; s/'$//")
echo half >"$out.svg"
echo half >"$out.png"
touch drawing
exec sleep 60
EOT
chmod +x bin/gnuplot
cp -r plots/t whole
# A run ends with the pictures, too; there are threads then.
for signal in HUP INT TERM; do
  case $signal in HUP) want=129 ;; INT) want=130 ;; TERM) want=143 ;; esac
  for words in 'plot t' 't.ini -q -j 3'; do
    rm -f plots/t/drawing
    # shellcheck disable=SC2086
    PATH=$PWD/bin:$PATH env --default-signal=INT "$SWEEP" $words >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 600); do
      [ -e plots/t/drawing ] && break
      sleep 0.05
    done
    kill -s "$signal" "$pid"
    wait "$pid"
    got=$?
    [ "$got" -eq "$want" ] || fail "$signal to sweep $words: status $got instead of $want: $(cat err)"
    rm -f plots/t/drawing
    diff -r whole plots/t || fail "$signal to sweep $words: pictures are not as they were"
  done
done
finish
