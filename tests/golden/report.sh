# `sweep report`: a page that needs no other file, says what the Markdown says, and in which names and labels are text and
# nothing else; published whole.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

cat >t.ini <<'EOF'
[sweep]
repeats = 2
[data]
train      = 320
validation = 80
test       = 80
[model]
units  = 4
layers = flatten, dense $units, relu, dense $classes
[train]
epochs = 2
[grid]
model.units = 21..25
[require]
model  = params < 20000
result = test_accuracy >= 1%
EOF
run 0 t.ini -q
# Whatever made the tables: these are texts that want to be more than that.
names=('<script>alert(1)<\/script>' "' onerror='alert(2)" '""><img src=x>' 'a | b \& **c** \&lt; `d`' '<\/td><\/table>')
for i in 0 1 2 3 4; do sed -i "s/,2$((i + 1)),/,\"${names[i]}\",/" results/t.csv; done
sed -i '4s/,complete,/,failed,/; 4s/$/<b>why<\/b>/' results/t.csv
sed -i 's/,dense 10,/,<i>dense<\/i> 10,/' results/t.layers.csv
sed -i 's/^dataset,.*/dataset,<h1>digits/; s/^name,.*/&\nset.train.lr,<u>/' results/t.about.csv
echo 'host: <s>host' >>results/t/environment.txt
run 0 report t --markdown
cp out markdown
has markdown '# t' '## Summary' '## Ranking' '&lt;script>' '**pass**'
run 0 report t
[ "$(cat out)" = results/t/report.html ] || fail "report says: $(cat out)"
empty err
page=results/t/report.html

# Every tag is one of these: nothing of a name begins another, and nothing is fetched.
grep -oE '<[^>]*>' "$page" | grep -vxE \
  -e '<!DOCTYPE html>|<html lang="en">|<meta charset="utf-8">|<meta name="viewport" content="[a-z=, 1-]*">' \
  -e "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">" \
  -e '</?(html|head|title|style|body|main|h1|h2|p|strong|nav|table|thead|tbody|tr|td|th|div|figure|figcaption|a)>' \
  -e '<h[12] id="s[0-9]+">|<a href="#s[0-9]+">|<nav aria-label="sections">' \
  -e '<(td|th|th scope="(col|row)")( class="number")?>' \
  -e '<div class="table" role="region" tabindex="0" aria-labelledby="s[0-9]+">' \
  -e '<img alt="[a-zA-Z0-9 ,:;.%-]*" src="data:image/(svg\+xml|png);base64,[A-Za-z0-9+/]+=*">' >strange
[ ! -s strange ] || fail "other tags: $(cut -c 1-200 strange)"
grep -qF '&lt;script&gt;alert(1)&lt;/script&gt;' "$page" || fail "the page does not show a name as it is"
grep -qE 'url\(|@import' "$page" && fail "the style fetches something"

# What is opened is closed, in this order.
grep -oE '</?[a-z][a-z0-9]*' "$page" | awk '
  { name = $0; sub(/^<\/?/, "", name) }
  name ~ /^(meta|img)$/ { next }
  /^<\// { if (open[n] != name) { print "</" name "> closes " open[n]; exit } n--; next }
  { open[++n] = name }
  END { if (n) print n " are open" }' >wrong
[ ! -s wrong ] || fail "the page: $(cat wrong)"
for link in $(grep -oE 'href="#s[0-9]+"|labelledby="s[0-9]+"' "$page" | grep -oE 's[0-9]+'); do
  [ "$(grep -c "id=\"$link\"" "$page")" = 1 ] || fail "there is no section $link"
done

# The rows of both are the same texts.
sed -nE '/^\| ?---/d; /^\|( \|)+$/d; s/^\| //; T; s/\*\*//g; s/ \|$//; s/ \| /\t/g; s/\\([]\\`*[|$~])/\1/g; s/&lt;/</g; s/&amp;/\&/g; p' \
  markdown | sed 's/^|\( |\)*//' >rows
sed -nE '/^<tr>/!d; s/^<tr><t[hd][^>]*>//; s/<\/t[hd]><\/tr>$//; s/<\/t[hd]><t[hd][^>]*>/\t/g; s/<[^>]*>//g
  s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g; p' "$page" >cells
[ "$(wc -l <rows)" -gt 40 ] || fail "this test finds no rows"
diff <(sed 's/^[| \t]*//' rows) <(sed 's/^[| \t]*//' cells) >different || fail "rows of the Markdown and of the page: $(head different)"

# Pictures are in it, unless they are not wanted; the same bytes every time.
if [ -s plots/t/learning.svg ]; then
  [ "$(grep -c '<img ' "$page")" = "$(find plots/t -name '*.png' | wc -l)" ] || fail "pictures are missing"
  grep -oE 'svg\+xml;base64,[^"]*' "$page" | head -n 1 | cut -d, -f 2 | base64 -d | cmp -s - plots/t/learning.svg ||
    fail "the first picture is not plots/t/learning.svg"
fi
cp "$page" first
run 0 report t
cmp -s "$page" first || fail "the page is another the second time"
run 0 report t --no-plots
grep -q '<img ' "$page" && fail "--no-plots shows pictures"
mkdir there && cp -r results plots there/ && rm -r there/results/t
run 0 report t --out there
[ "$(cat out)" = there/results/t/report.html ] || fail "--out: $(cat out)"
grep -q 'Layers of the best point' there/results/t/report.html || fail "the page below --out has no layers"

# A page that cannot be written leaves the old one.
(ulimit -f 1; "$SWEEP" report t >out 2>err)
[ $? -eq 4 ] || fail "a full disk is not status 4"
has err report.html
[ ! -s out ] || fail "a page that is not there is told: $(cat out)"
grep -q '</html>' "$page" || fail "half a page was published"
[ ! -e "$page.tmp" ] || fail "$page.tmp is left"

run 0 list sections
[ "$(grep -c '^[a-z]' out)" -ge 11 ] || fail "sections: $(cat out)"
run 0 list formats
has out html markdown
finish
