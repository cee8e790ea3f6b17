/* signals.h - HUP, INT, TERM and USR1 while a sweep runs, those aside that are ignored. */
#ifndef ORCHESTRATE_SIGNALS_H
#define ORCHESTRATE_SIGNALS_H

/* Installs the handlers; `notice` is written to stderr at the first signal, NULL: nothing. And gives back what was
 * there before. */
void signals_take(const char *notice);
void signals_give_back(void);
int signals_asked(void); /* the signal that asks for an end, 0: none */
/* Signals are not for the thread that calls this: only the first is told, and can put them off. */
void signals_elsewhere(void);
void signals_ignore(void); /* in a process of a trial: its worker hears them */

#endif
