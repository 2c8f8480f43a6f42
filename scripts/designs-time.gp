# designs-time.gp: what every design costs as a multiple of the default: time and instructions.
#
#     gnuplot -e "data='FILE'; picture='FILE.svg'" designs-time.gp
#
# data: a line of names, then design and three multiples.
set terminal svg size 1000, 480 font 'sans,12' background rgb 'white'
set output picture
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set boxwidth 0.9
set yrange [0:*]
set grid ytics
set xtics rotate by -35 nomirror noenhanced
set key top right
set ylabel 'default = 1'
plot for [i = 2:4] data using i:xtic(1) title columnheader(i), 1 notitle with lines \
    linecolor rgb 'black'
