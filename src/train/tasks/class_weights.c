/* class_weights.c - what a sample of each class weighs in a training: nothing said, balanced, or a list. */
#include "base/str.h"
#include "train/task.h"

#include <stdio.h>
#include <string.h>

#define NO_WEIGHTS "none"
#define BALANCED "balanced"

int train_weighs(const struct train_spec *s)
{
    return s->class_weights && *s->class_weights && strcmp(s->class_weights, NO_WEIGHTS) != 0;
}

/* Reads a weight of the list and moves on to the next. 1, 0 at the end, or -1: it cannot be read. */
static int next_weight(const char **at, double *weight)
{
    char text[64];
    size_t n = strcspn(*at, ",");
    if (!**at)
        return 0;
    if (n >= sizeof text)
        return -1;
    memcpy(text, *at, n);
    text[n] = 0;
    *at += n;
    if (str_to_double(text, weight) || !(*weight >= 0 && *weight <= 1e9))
        return -1;
    if (**at == ',' && !*++*at) /* a comma, and nothing after it */
        return -1;
    return 1;
}

/* How many weights the list has; -1: it is none. */
static int count_weights(const char *text)
{
    double weight, sum = 0;
    int n = 0, more;
    while ((more = next_weight(&text, &weight)) > 0 && n < DATA_CLASSES) {
        sum += weight;
        n++;
    }
    return more || !(sum > 0) ? -1 : n;
}

int train_weights_check(const struct train_spec *s, int classes, struct err *e)
{
    if (!train_weighs(s) || !strcmp(s->class_weights, BALANCED))
        return 0;
    int n = count_weights(s->class_weights);
    if (n < 0)
        return err_set(e, ERR_USAGE,
                       "'%s' is not " NO_WEIGHTS ", " BALANCED
                       ", or a list of numbers from 0 to 1e9, not all 0, such as 1, 5",
                       s->class_weights);
    if (classes && n != classes)
        return err_set(e, ERR_USAGE, "has %d weight%s, and there are %d classes; write one for each, in their order", n,
                       n == 1 ? "" : "s", classes);
    return 0;
}

/* As sklearn.utils.class_weight.compute_class_weight("balanced"): samples / (classes that have some * samples of the
 * class), so that each class weighs the same in all. */
static void balance(const size_t *count, int classes, float *weight)
{
    size_t samples = 0, present = 0;
    for (int k = 0; k < classes; k++) {
        samples += count[k];
        present += count[k] > 0;
    }
    for (int k = 0; k < classes; k++)
        weight[k] = count[k] ? (float)((double)samples / ((double)present * (double)count[k])) : 0;
}

void train_class_weights(const struct train_spec *s, const size_t *count, int classes, float *weight)
{
    const char *at = s->class_weights;
    double number;
    if (!strcmp(at, BALANCED))
        balance(count, classes, weight);
    else
        for (int k = 0; k < classes && next_weight(&at, &number) > 0; k++)
            weight[k] = (float)number;
}

const char *train_weights_text(const struct train_spec *s, char *buf, size_t n)
{
    const char *at = s->class_weights;
    char number[STR_NUM];
    double weight;
    size_t used = 0;
    if (!train_weighs(s))
        return NO_WEIGHTS;
    if (!strcmp(at, BALANCED) || count_weights(at) < 0)
        return at;
    while (next_weight(&at, &weight) > 0 && used < n)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "", str_double(number, weight));
    return used < n ? buf : s->class_weights;
}
