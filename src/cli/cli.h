/* cli.h - commands, options, progress line, exit status (see the table in cli.c). */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Runs the command line; returns the exit status: 0 done, 1 a trial failed or a condition is not met, 2 usage or sweep
 * file wrong, 3 stopped by a limit, 4 input, output or internal error, 128+n interrupted by signal n after saving. */
int cli_main(int argc, char **argv);

#endif
