/* listed.c - every table that a sweep writes. */
#include "orchestrate/orchestrate.h"

#include "orchestrate/records/records.h"
#include "orchestrate/records/trials.h"

static const struct column_table *const tables[] = {
    &trial_table,     &point_table,       &epoch_table,     &layer_table,      &start_table,    &effect_table,
    &surrogate_table, &class_table,       &confusion_table, &prediction_table, &mistake_table,  &translation_table,
    &curve_table,     &calibration_table, &picture_table,   &region_table,     &gradient_table, &held_out_table,
    &timing_table,    &about_table,       &seen_table,      &pin_table,        &outside_table,
};

const struct column_table *sweep_table(size_t i)
{
    return i < sizeof tables / sizeof *tables ? tables[i] : NULL;
}
