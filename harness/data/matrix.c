/* SPDX-License-Identifier: MIT */
#include "matrix.h"

#include <stdlib.h>
#include <string.h>

/* A dimension that a partial combination says nothing of yet. */
#define OPEN UINT16_MAX

/* What each dimension is drawn from: one value, perhaps RIG_UNNAMED, for one
 * that is not multiplied. */
struct domain {
    const struct rig_choices *choices;
    uint16_t value[RIG_DIM_COUNT][RIG_VALUES_MAX];
    unsigned count[RIG_DIM_COUNT];
};

const char *rig_matrix_name(enum rig_matrix kind)
{
    static const char *const names[] = {NULL, "pairwise", "full"};

    return names[kind];
}

static void set_domain(struct domain *m, const struct rig_choices *c,
                       const struct rig_combo *given)
{
    m->choices = c;
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        bool multiplied = c->count[d] > 1 ||
                          (c->count[d] == 1 && c->value[d][0] != c->own[d]);

        m->count[d] = 1;
        m->value[d][0] = given->value[d];
        if (given->value[d] != RIG_UNNAMED || !multiplied)
            continue;
        memcpy(m->value[d], c->value[d], sizeof(m->value[d]));
        m->count[d] = c->count[d];
    }
}

static int append(struct rig_combos *out, const struct rig_combo *combo)
{
    if (out->count % 64 == 0) {
        size_t bytes = (out->count + 64) * sizeof(*out->list);
        struct rig_combo *more = realloc(out->list, bytes);

        if (!more)
            return -1;
        out->list = more;
    }
    out->list[out->count++] = *combo;
    return 0;
}

/* --- full ---------------------------------------------------------- */

/* The next in the order of an odometer whose last wheel turns fastest. */
static bool advance(const struct domain *m, unsigned at[RIG_DIM_COUNT])
{
    for (unsigned d = RIG_DIM_COUNT; d-- > 0;) {
        if (++at[d] < m->count[d])
            return true;
        at[d] = 0;
    }
    return false;
}

static int make_full(struct rig_combos *out, const struct domain *m)
{
    unsigned at[RIG_DIM_COUNT] = {0};

    do {
        struct rig_combo combo;

        for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
            combo.value[d] = m->value[d][at[d]];
        if (rig_choices_agree(m->choices, &combo) && append(out, &combo))
            return -1;
    } while (advance(m, at));
    return 0;
}

/* --- pairwise ------------------------------------------------------ */

/* Which pairs are still to be met: value v of dimension d, w of e > d; and how
 * often each value was taken. */
struct pairs {
    const struct domain *domain;
    unsigned taken[RIG_DIM_COUNT][RIG_VALUES_MAX];
    bool wanted[RIG_DIM_COUNT][RIG_VALUES_MAX][RIG_DIM_COUNT][RIG_VALUES_MAX];
};

/* Can the open dimensions be filled in from d on? */
static bool completes(const struct domain *m, struct rig_combo *partial,
                      unsigned d)
{
    bool found = false;

    while (d < RIG_DIM_COUNT && partial->value[d] != OPEN)
        d++;
    if (d == RIG_DIM_COUNT)
        return rig_choices_agree(m->choices, partial);
    for (unsigned k = 0; k < m->count[d] && !found; k++) {
        partial->value[d] = m->value[d][k];
        found = completes(m, partial, d + 1);
    }
    partial->value[d] = OPEN;
    return found;
}

static struct rig_combo all_open(void)
{
    struct rig_combo combo;

    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        combo.value[d] = OPEN;
    return combo;
}

static bool pair_exists(const struct domain *m, unsigned d, unsigned v,
                        unsigned e, unsigned w)
{
    struct rig_combo combo = all_open();

    combo.value[d] = m->value[d][v];
    combo.value[e] = m->value[e][w];
    return completes(m, &combo, 0);
}

static void want_all(struct pairs *p)
{
    const struct domain *m = p->domain;

    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        for (unsigned e = d + 1; e < RIG_DIM_COUNT; e++)
            for (unsigned v = 0; v < m->count[d]; v++)
                for (unsigned w = 0; w < m->count[e]; w++)
                    p->wanted[d][v][e][w] = pair_exists(m, d, v, e, w);
}

/* Index of dimension d's value in its domain. */
static unsigned index_of(const struct domain *m, unsigned d, uint16_t value)
{
    unsigned k = 0;

    while (m->value[d][k] != value)
        k++;
    return k;
}

/* The pair of value v of d with what combo has in e, or NULL if it has
 * nothing there. */
static bool *pair_of(struct pairs *p, const struct rig_combo *combo, unsigned d,
                     unsigned v, unsigned e)
{
    unsigned w;

    if (e == d || combo->value[e] == OPEN)
        return NULL;
    w = index_of(p->domain, e, combo->value[e]);
    return d < e ? &p->wanted[d][v][e][w] : &p->wanted[e][w][d][v];
}

/* Wanted pairs that value v of d makes with what combo has already. */
static unsigned gain_of(struct pairs *p, const struct rig_combo *combo,
                        unsigned d, unsigned v)
{
    unsigned gain = 0;

    for (unsigned e = 0; e < RIG_DIM_COUNT; e++) {
        const bool *pair = pair_of(p, combo, d, v, e);

        gain += pair && *pair;
    }
    return gain;
}

/* Begins a combination with the first pair that is wanted. */
static bool begin(const struct pairs *p, struct rig_combo *combo)
{
    const struct domain *m = p->domain;

    *combo = all_open();
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        for (unsigned e = d + 1; e < RIG_DIM_COUNT; e++)
            for (unsigned v = 0; v < m->count[d]; v++)
                for (unsigned w = 0; w < m->count[e]; w++)
                    if (p->wanted[d][v][e][w]) {
                        combo->value[d] = m->value[d][v];
                        combo->value[e] = m->value[e][w];
                        return true;
                    }
    return false;
}

/* Gives dimension d the value that meets the most wanted pairs, of several the
 * one taken least, of those with which the combination can be completed. */
static void choose(struct pairs *p, struct rig_combo *combo, unsigned d)
{
    const struct domain *m = p->domain;
    uint16_t best = OPEN;
    unsigned most = 0, least = 0;

    for (unsigned v = 0; v < m->count[d]; v++) {
        unsigned gain = gain_of(p, combo, d, v), taken = p->taken[d][v];
        struct rig_combo tried = *combo;

        tried.value[d] = m->value[d][v];
        if (best != OPEN && (gain < most || (gain == most && taken >= least)))
            continue;
        if (!completes(m, &tried, 0))
            continue;
        best = m->value[d][v];
        most = gain;
        least = taken;
    }
    combo->value[d] = best;
}

static void take(struct pairs *p, const struct rig_combo *combo)
{
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        unsigned v = index_of(p->domain, d, combo->value[d]);

        p->taken[d][v]++;
        for (unsigned e = d + 1; e < RIG_DIM_COUNT; e++)
            *pair_of(p, combo, d, v, e) = false;
    }
}

/* One by one, each made for as many pairs as there are still to be met. Each
 * meets one at least, so this ends. */
static int make_pairwise(struct rig_combos *out, const struct domain *m)
{
    struct pairs *p = calloc(1, sizeof(*p));
    struct rig_combo combo;
    int rc = 0;

    if (!p)
        return -1;
    p->domain = m;
    want_all(p);
    while (rc == 0 && begin(p, &combo)) {
        for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
            if (combo.value[d] == OPEN)
                choose(p, &combo, d);
        take(p, &combo);
        rc = append(out, &combo);
    }
    free(p);
    return rc;
}

/* --- all of it ----------------------------------------------------- */

int rig_matrix_make(struct rig_combos *out, const struct rig_choices *c,
                    const struct rig_combo *given, enum rig_matrix kind)
{
    struct domain m;
    int rc;

    memset(out, 0, sizeof(*out));
    if (kind == RIG_MATRIX_NONE)
        return append(out, given);
    set_domain(&m, c, given);
    rc = kind == RIG_MATRIX_FULL ? make_full(out, &m) : make_pairwise(out, &m);
    if (rc)
        rig_combos_free(out);
    return rc;
}

void rig_combos_free(struct rig_combos *combos)
{
    free(combos->list);
    memset(combos, 0, sizeof(*combos));
}
