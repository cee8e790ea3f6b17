/* svg.h - where the texts of a picture stand, from the SVG that gnuplot wrote. */
#ifndef UNIT_REPORT_SVG_H
#define UNIT_REPORT_SVG_H

#include <stddef.h>

/* Appends to `faults` (at most n bytes) a line for every text of the picture that leaves the canvas, that overlaps
 * another one, or that says "-0". The width of a text is estimated: 0.6 of the font's size a letter. Returns how many
 * texts there are; *bad is how many lines. */
size_t svg_check(const char *svg, char *faults, size_t n, size_t *bad);

#endif
