/* predict_maps.h - the answers of a network that gives each position a class: files with label maps, and what a row of
 * the table says of them. */
#ifndef CLI_PREDICT_MAPS_H
#define CLI_PREDICT_MAPS_H

#include "base/keymap.h"
#include "cli/command.h"
#include "model/model.h"
#include "orchestrate/predict.h"

struct label_answers {
    const struct model *m;
    const char *folder;           /* "": no files are written */
    const char *split;            /* a file of a split is called SPLIT-NUMBER.png; of files by their names */
    uint8_t number[DATA_CLASSES]; /* of each class in the files */
    uint8_t *class, *map;         /* [h][w] the answer, by class and by number */
    double *share;                /* [classes] of the positions */
    double accuracy;              /* share of the positions of a known label map that are right; NaN: none is known */
    char path[4200];              /* of the file; "": none is written */
    struct keymap written;
};

/* Memory in `a`. 0, or -1 with *e. label_answers_release it either way. */
int label_answers_init(struct label_answers *l, const struct model *m, const struct options *opt, struct arena *a,
                       struct err *e);
void label_answers_release(struct label_answers *l);
/* Looks at a prediction that has outputs, and writes its file. 0, or -1 with *e. */
int label_answers_see(struct label_answers *l, const struct prediction *p, struct err *e);

#endif
