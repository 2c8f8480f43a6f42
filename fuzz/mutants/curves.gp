# curves.gp: curves.dat of matrix.awk as a picture, for gnuplot in the folder of both.
set terminal svg size 800,480 font "sans,13" background "white"
set output "mutants.svg"
set logscale x
set xlabel "operations (median of the seeds)"
set ylabel "mutants killed"
set key top left
set grid
stats "curves.dat" using 1 nooutput
plot for [i=0:STATS_blocks-1] "curves.dat" index i using 1:2 with steps linewidth 2 \
    title columnheader(1)
