/* records.h - the files of a sweep that are made of its trials: the tables beside results/NAME.csv, and what stands in
 * results/NAME for later calls. Each function writes whole files; 0, or -1 with *e. */
#ifndef ORCHESTRATE_RECORDS_RECORDS_H
#define ORCHESTRATE_RECORDS_RECORDS_H

#include "orchestrate/records/record_file.h"
#include "orchestrate/run.h"
#include "report/report.h"

struct trial;
struct train_table;
struct dataset;

struct records {
    struct report_metrics metrics; /* of the tables, set by metrics_known */
    int column[M_COUNT];           /* likewise: the rows of train_metrics that some task of the plan measures */
    int columns, epoch_columns;    /* how many; those at the front that are measured by epoch */
    size_t best_point;             /* the first of rank 1 in NAME.points.csv, set by tables_write; SIZE_MAX: none */
    uint8_t *front; /* [front_points] likewise, of several objectives: which points are on the Pareto front */
    size_t front_points;
    double written_at, cost; /* clock_wall when tables_sometimes wrote last; seconds that it took */
    size_t outside;          /* final trials of the journal that are not in the plan */
    int other_file;          /* the tables were those of another sweep file until now, */
    char other_trials[24];   /* of so many trials */
};

/* results/NAME + suffix */
char *run_path(const struct sweep_run *run, const char *suffix, char *buf, size_t n);

/* Every table from the trials as they stand; sets best_point and front as the table of points ranks them. */
int tables_write(struct sweep_run *run, int sync, struct err *e);
/* Whether the point is the best one or, of several objectives, on the front. */
int is_among_best(const struct sweep_run *run, size_t point);
/* The same now and then while it runs: at most a twentieth of the time goes there. Under the lock. */
int tables_sometimes(struct sweep_run *run, struct err *e);
/* Two of them: NAME.epochs.csv and NAME.timing.csv. */
int write_epochs(struct sweep_run *run, int sync, struct err *e);
/* NAME.classes.csv and the like: what the repeats of the best point left beside their metrics. */
int write_findings(struct sweep_run *run, int sync, struct err *e);
/* NAME.gradients.csv, where sweep.detail is layers: what the trials left of it. */
int write_gradients(struct sweep_run *run, int sync, struct err *e);
/* NAME.held_out.csv, where data.folds is set: what the best point says of samples that it has not trained on. */
int write_held_out(struct sweep_run *run, int sync, struct err *e);
/* NAME.predictions.csv and .mistakes.csv: what the best point says of the samples of the test split. */
int write_predictions(struct sweep_run *run, int sync, struct err *e);
/* NAME.translations.csv: what it makes of the texts of the test split, where it is to translate them. */
int write_translations(struct sweep_run *run, int sync, struct err *e);
/* NAME.pictures.csv: pixels of its worst mistakes, or of what it was to reconstruct. */
int write_pictures(struct sweep_run *run, int sync, struct err *e);
/* NAME.regions.csv: what the best point says of places, where its input is two numbers. */
int write_regions(struct sweep_run *run, int sync, struct err *e);
/* Of tables that a measurement of the test split left: FOLDER/classes.csv and confusion.csv; FOLDER/predictions.csv;
 * FOLDER/translations.csv.
 * What the task does not have is not written. */
int write_classes_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                     struct err *e);
int write_predictions_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                         struct err *e);
int write_translations_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                          struct err *e);
/* NAME.curves.csv and .calibration.csv from the tables that its trials left, added up (NULL: they are not there, then
 * the files go). */
int write_curves(const struct sweep_run *run, const struct dataset *set, const struct train_table *curves, int sync,
                 struct err *e);
int write_calibration(const struct sweep_run *run, const struct train_table *bins, int sync, struct err *e);
/* held_out.c: the name of a class, or a number, as a cell has it. */
const char *class_or_number(const struct dataset *set, int number, double v, char buf[STR_NUM]);
/* NAME.about.csv: what the sweep is, and how its conditions fare. */
int write_about(struct sweep_run *run, int sync, struct err *e);
/* Bits 1 << METRIC_X of what some task of the plan measures. */
unsigned metrics_measured(const struct sweep_run *run);
/* Sets what stands in the tables of the metrics, and what the reports need to know of them. */
void metrics_known(struct sweep_run *run);

/* The tables that are made here, trials.h has one more. */
extern const struct column_table epoch_table, timing_table, layer_table, confusion_table, gradient_table,
    held_out_table, start_table, prediction_table, mistake_table, curve_table, calibration_table, picture_table,
    region_table, translation_table, about_table, seen_table, pin_table, outside_table;

/* NAME.layers.csv: adds the layers of a point; and the whole table again, of a plan that grows. */
void layers_add(struct record_file *f, const struct plan_point *p);
int write_layers(struct sweep_run *run, int sync, struct err *e);

/* Where networks begin with those of a file: NAME.start.csv, what of it each takes, and results/NAME/starts.csv, which
 * file that is. And says which words of model.start mean something else by now. */
int write_starts(struct sweep_run *run, int sync, struct err *e);
void starts_tell(struct sweep_run *run);

/* results/NAME/environment.txt: where and when it ran last, the one file beside the times that is no part of the
 * promise of same bytes. */
int write_environment(struct sweep_run *run, struct err *e);

/* results/NAME/data.csv: what an earlier run found into run->sets; what stands there into the file. */
int seen_read(struct sweep_run *run, struct err *e);
int seen_write(const struct sweep_run *run, struct err *e);
/* 0 unless a trial of the queue wants pixels that are gone. */
int seen_suffices(const struct sweep_run *run, struct err *e);

/* results/NAME/finished: after the last table, how a sweep that has no open trial ended; and a later call's look at it:
 * 1 with *sum where nothing that its tables depend on has changed, and none of them, so that nothing is to do. */
int finished_write(const struct sweep_run *run, const struct run_summary *sum, struct err *e);
int finished_read(struct sweep_run *run, struct run_summary *sum);

/* results/NAME/outside.csv: the list of final trials that the plan does not have, when the plan is whole: one that
 * grows with its results is so at its end, and has no list until then. */
int outside_write(struct sweep_run *run, struct err *e);
/* Finds out whether the tables are those of another sweep file than this one, before they are replaced; and what is
 * outside the plan then is told, once. */
void outside_compare(struct sweep_run *run);
void outside_tell(struct sweep_run *run);

/* Compares the rows of NAME.csv with those that the trials would have there, and fills *r. 0, or -1 with *e. */
int recheck_rows(struct sweep_run *run, struct run_recheck *r, struct err *e);

/* findings.c: hands each table that the complete trials of the best point have left to `see`, after `begin` (or NULL)
 * for each of these trials. 0, or -1 with *e. */
int tables_of_best(struct sweep_run *run, void (*begin)(void *ctx, const struct sweep_run *run, const struct trial *t),
                   void (*see)(void *ctx, const struct train_table *t), void *ctx, struct err *e);

#endif
