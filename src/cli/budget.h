/* budget.h - fits a sweep into a time (--budget). What a trial takes is estimated from its arithmetic and a short
 * measurement of this machine; where the sweep has finished trials already, it is what those took. A search tries fewer
 * points; of a grid there are fewer repeats, and where one of each point is still too long, some points of it, drawn at
 * random. Trials that are finished take no time and stay. What is cut is told, and stands in the sweep file that is
 * kept with the results. */
#ifndef CLI_BUDGET_H
#define CLI_BUDGET_H

#include "cli/command.h"

/* Puts a sweep in the place of *s that fits, where in->opt.budget is set. 0, or a status after printing; then there is
 * no sweep any more. */
int budget_fit(const struct invocation *in, struct sweep **s);

#endif
