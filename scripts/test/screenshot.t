#!/bin/sh
# screenshot.t: the pages of reports as a browser paints them: what is wrong in red, as large as it is drawn, and
# the curves of a campaign.  Chromium paints without a screen, netpbm counts pixels by colour.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
# shellcheck source=../state.sh
. "$root/scripts/state.sh"
bad=$root/build/canary/pagerig
[ -x "$bad" ] || { echo 'Bail out!  there is no build/canary/pagerig'; exit 1; }
scratch && cd "$here" || exit 1

# paint FILE: how often each colour is in its picture (red green blue grey count a line) goes to
# `colours`.  --no-sandbox: root may not have one; the pages are our own.
paint() {
    rm -f page.png
    : > colours
    run env HOME="$here" timeout -k 5 100 chromium-headless-shell --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --hide-scrollbars --user-data-dir="$here/profile" --window-size=1200,3000 \
        --screenshot="$here/page.png" "file://$here/$1"
    [ -s page.png ] && pngtopnm page.png 2> /dev/null | ppmhist -noheader > colours
}

# pixels RED GREEN BLUE
pixels() {
    awk -v red="$1" -v green="$2" -v blue="$3" \
        '$1 == red && $2 == green && $3 == blue { n = $5 } END { print n + 0 }' colours
}
marked() { pixels 251 218 218; } # the fill of svg.c's classes wrong and wrong-region
curve() { pixels 148 0 211; }    # gnuplot's first colour
writing() { pixels 34 34 34; }   # svg.c's class t

# How many pixels what is wrong has in the drawing, as said in its source.
drawn() {
    grep -oE '<rect class="wrong(-region)?"[^>]*>' "$1" | tr '"' ' ' | awk '
        { for (i = 1; i < NF; i++) { if ($i == "width=") w = $(i + 1); if ($i == "height=") h = $(i + 1) } sum += w * h }
        END { print sum + 0 }'
}

# ---- A report. ----

evict_case > found.case
PAGERIG=$bad PAGERIG_ASAN=$bad "$root/scripts/triage" -o . found.case > triage.log 2>&1
report=stray-evict-evicted-page
area=$(drawn $report/report.html)
output=$(cat triage.log)
ok 'something is drawn as wrong' [ "$area" -gt 1000 ]
paint $report/report.html
ok 'the report is painted' [ -s colours ]
output="$(marked) of $area pixels"
ok 'what is wrong is red: as large as it is drawn, but for borders and text' \
    [ "$(marked)" -gt $((area / 2)) ]
ok 'and nothing else is' [ "$(marked)" -le "$area" ]
ok 'the picture has writing' [ "$(writing)" -gt 100 ]
paint $report/picture.svg
ok 'so it is in picture.svg alone' [ "$(marked)" -gt $((area / 2)) ]

sed 's/<svg /<svgx /' $report/report.html > broken.html
paint broken.html
ok 'where the picture is broken, the page is painted' [ -s colours ]
ok 'and nothing is red' [ "$(marked)" -eq 0 ]

# ---- A campaign. ----

mkdir campaign
cp -R $report campaign
printf '%s\n' format=1 seed=1 shares=sim=1 time=2 commit=abc "began=$(date +%s)" > campaign/campaign.conf
echo 'sim 1' > campaign/crew
# Two rounds, so that there is a line between them.
for _ in 1 2; do
    seconds=$(get campaign/workers/1/state seconds 0)
    "$root/scripts/worker" --id 1 --seed 1 --out campaign --kind sim --time $((seconds + 1)) >> worker.log 2>&1
done
"$root/scripts/campaign-report" campaign > report.log 2>&1
output=$(cat worker.log report.log)
paint campaign/index.html
ok "a campaign's page is painted, with its curve" [ "$(curve)" -gt 100 ]
sed 's/<svg/<svgx/' campaign/index.html > broken.html
paint broken.html
ok 'and without, where that is broken' [ "$(curve)" -eq 0 ]
done_testing
