/* show_dot.h - the picture of a network for graphviz. */
#ifndef CLI_COMMANDS_SHOW_DOT_H
#define CLI_COMMANDS_SHOW_DOT_H

#include "cli/command.h"

/* Prints the point's graph, which is there, in the language of `dot`: a box a layer with its output, an arrow for each
 * thing that a layer reads. */
void print_dot(const struct plan_point *q);

#endif
