/* foreign.c - lists words of other programs that are not commands here, and what does the same thing here. */
#include "cli/command.h"

#include <string.h>

// clang-format off
static const struct foreign {
    const char *word, *say;
} foreign[] = {
    { "resume",    "running and going on is the same command: `sweep FILE.ini` goes on with what is there" },
    { "continue",  "running and going on is the same command: `sweep FILE.ini` goes on with what is there" },
    { "agent",     "one process trains all points; `sweep FILE.ini -j N` sets how many at a time" },
    { "best",      "`sweep report NAME` begins with the best point, and results/NAME.points.csv ranks them all" },
    { "results",   "the tables are results/NAME*.csv; `sweep report NAME` sums them up" },
    { "compare",   "vary what is to be compared in [grid] of one sweep: results/NAME.effects.csv and the pictures compare it" },
    { "dashboard", "the pictures are in plots/NAME; `sweep status NAME` says how far a sweep is, also while it runs" },
    { "ui",        "the pictures are in plots/NAME; `sweep status NAME` says how far a sweep is, also while it runs" },
    { "watch",     "`sweep status NAME` says how far a sweep is, also while it runs" },
    { "tune",      "`sweep FILE.ini` trains every point of its [grid]; `sweep init` writes such a file" },
    { "optimize",  "`sweep FILE.ini` trains every point of its [grid]; `sweep init` writes such a file" },
    { "test",      "the test split is measured at the end of every training: see test_accuracy in results/NAME.csv; `sweep eval` measures other data" },
    { "infer",     "`sweep predict NAME FILE...` applies the best network to files" },
    { "stop",      "Ctrl-C (or kill) saves and stops; the same command goes on" },
    { "pause",     "Ctrl-C (or kill) saves and stops; the same command goes on" },
    { "delete",    "remove results/NAME, results/NAME.*csv and plots/NAME" },
    { "clean",     "remove results/NAME, results/NAME.*csv and plots/NAME" },
    { "version",   "`sweep --version`" },
};
// clang-format on

const char *command_elsewhere(const char *word)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (!strcmp(foreign[i].word, word))
            return foreign[i].say;
    return NULL;
}
