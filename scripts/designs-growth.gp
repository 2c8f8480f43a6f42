# designs-growth.gp: how the choices of one axis grow with the number of regions, a panel a workload.
#
#     gnuplot -e "data='FILE'; axis='index'; picture='FILE.svg'" designs-growth.gp
#
# data: a block a workload: its name and those of the choices, then a line a size.
set terminal svg size 1200, 620 font 'sans,12' background rgb 'white'
set output picture
stats data nooutput
panels = STATS_blocks
set multiplot layout 2, (panels + 1) / 2 title (axis eq 'writes' ? \
    'PTE writes an operation, by update' : 'nanoseconds an operation, by '.axis).' (sim)'
set logscale xy
set format x '10^{%L}'
set format y '10^{%L}'
set grid
set key top left reverse Left samplen 1.5
set xlabel 'regions'
do for [panel = 0:panels - 1] {
    name = system(sprintf("awk -v want=%d '/^#/ { if (n++ == want) print }' '%s'", \
                          panel, data))
    set title word(name, 2)
    plot for [i = 2:words(name) - 1] data index panel using 1:i with linespoints \
        linewidth 1.5 pointsize 0.6 title panel ? '' : word(name, i + 1)
    unset key
}
unset multiplot
