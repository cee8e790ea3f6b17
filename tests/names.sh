# Every source of these folders of src/ begins with a comment that says what it is, and a name that grep finds leads to
# one place: no static function, struct tag or source file is called like one in another file of them. The files that
# src/README.md names are there.
folders="base bench cli config data kernels model nn orchestrate report search train"
cd "${SOURCE:?}/src" || exit 1
bad=0
fail() {
  echo "$*"
  bad=1
}

sources=$(find $folders -name '*.c')
for file in $sources; do
  read -r line <"$file"
  case $line in
  '/*'*) ;;
  *) fail "src/$file: the first line is no comment; begin with a sentence that says what the file does" ;;
  esac
done

# "name file" of what is defined: a static function from its line until a line "{" (a declaration ends with ";").
functions=$(awk '
  FNR == 1 { head = "" }
  /^static / { head = "" ; open = 1 }
  open { head = head " " $0 }
  open && /^\{/ {
    sub(/\(.*/, "", head)
    n = split(head, word, /[ *]+/)
    print word[n], FILENAME
  }
  /[;=]/ || /^\{/ { open = 0 }' $sources)
tags=$(find $folders -name '*.[ch]' -exec grep -oE '^[^*"]*struct [a-z_0-9]+ \{' {} + | sed -E 's/^([^:]*):.*struct ([a-z_0-9]+) .*/\2 \1/')
# Files of kernels/ops have the names of the operations, which the layers that call them have too.
files=$(for file in $sources; do case $file in kernels/ops/*) ;; *) echo "${file##*/} $file" ;; esac done)
[ "$(echo "$functions" | wc -l)" -gt 500 ] && [ "$(echo "$tags" | wc -l)" -gt 100 ] || fail "this test finds no names"

# twice KIND LIST: names with more than one file
twice() {
  echo "$2" | sort -u | awk -v kind="$1" '
    { place[$1] = place[$1] " src/" $2; n[$1]++ }
    END { for (name in n) if (n[name] > 1) print kind " " name " is in more than one file:" place[name] }'
}
found=$(twice 'static function' "$functions"; twice 'struct' "$tags"; twice 'file' "$files")
[ -z "$found" ] || fail "$found"

# What src/README.md says is where it says; NAME is a new one's.
for file in $(grep -oE '`(base|bench|cli|config|data|kernels|model|nn|orchestrate|report|search|tests|train)/[^` ]*`' README.md | tr -d '\`'); do
  case $file in
  *NAME*) file=${file%/*} ;;
  esac
  [ -e "$file" ] || [ -e "../$file" ] || fail "src/README.md names $file, which is not there"
done
exit $bad
