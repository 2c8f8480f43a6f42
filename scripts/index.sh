# shellcheck shell=sh
# index.sh: the page over a directory of reports; to be sourced.
#
#     index_page DIR TITLE [FUNCTION ...]    writes DIR/index.html: the findings, newest first, then what
#                                            each function prints (called with DIR); complete or not at all
#     index_escape                           text on standard input, fit for HTML
#
# A finding is a directory in DIR that has a summary.tsv (reports/README.md).

index_escape() {
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

# Time, title, operations, target, head, directory: newest first.
index_list() {
    for index_summary in "$1"/*/summary.tsv; do
        [ -f "$index_summary" ] || continue
        index_name=${index_summary%/summary.tsv}
        printf '%s\t%s\n' "$(head -n 1 "$index_summary")" "${index_name##*/}"
    done | sort -t "$(printf '\t')" -k 1,1nr -k 2,2
}

# How many cases were found of it: the one in the report, and those in also.txt.
index_count() {
    index_also=0
    [ ! -f "$1/also.txt" ] || index_also=$(grep -c . "$1/also.txt")
    echo $((1 + index_also))
}

index_findings() {
    echo '<h2>Findings</h2>'
    if [ -z "$(index_list "$1")" ]; then
        echo '<p>None.</p>'
        return
    fi
    echo '<table><tr><th>found (UTC)</th><th>what</th><th>cases</th><th>operations</th><th>target</th><th>under</th></tr>'
    index_list "$1" | index_escape | while IFS="$(printf '\t')" read -r time title operations target head name; do
        echo "<tr><td>$(date -u -d "@$time" '+%Y-%m-%d %H:%M:%S')</td><td><a href=\"$name/report.html\">$title</a></td>" \
            "<td>$(index_count "$1/$name")</td><td>$operations</td><td>$target</td><td>$head</td></tr>"
    done
    echo '</table>'
}

index_page() {
    index_directory=$1 index_title=$2
    shift 2
    {
        echo '<!DOCTYPE html>'
        echo '<html lang="en"><head><meta charset="utf-8"/>'
        printf '<title>%s</title>\n' "$(printf '%s' "$index_title" | index_escape)"
        echo '<style>body{font:15px sans-serif;max-width:1120px;margin:1em auto;padding:0 1em}'
        echo 'table{border-collapse:collapse}td,th{text-align:left;padding:.3em .8em;border-bottom:1px solid #ccc}'
        echo 'pre{background:#f4f4f4;padding:.8em;overflow-x:auto}</style></head><body>'
        printf '<h1>%s</h1>\n' "$(printf '%s' "$index_title" | index_escape)"
        index_findings "$index_directory"
        for index_part in "$@"; do
            "$index_part" "$index_directory"
        done
        echo '</body></html>'
    } > "$index_directory/.index.part" && mv "$index_directory/.index.part" "$index_directory/index.html"
}
