/* SPDX-License-Identifier: MIT
 *
 * matrix.h: the combinations that a vector is multiplied by. A function of
 * the vector alone: the same vector always gives the same ones, in the same
 * order, whatever else is run.
 */
#ifndef RIG_MATRIX_H
#define RIG_MATRIX_H

#include "choices.h"

enum rig_matrix {
    RIG_MATRIX_NONE,     /* as the vector has it */
    RIG_MATRIX_PAIRWISE, /* any two values that go together meet somewhere */
    RIG_MATRIX_FULL,
};

/* "pairwise", "full"; NULL for none */
const char *rig_matrix_name(enum rig_matrix kind);

struct rig_combos {
    struct rig_combo *list;
    size_t count;
};

/* given: what is named and not multiplied; each value of it is allowed and
 * they agree. Each combination names what given does, and each dimension that
 * was multiplied. May be none, if what is given leaves no choice. Returns 0,
 * or -1 without memory. */
int rig_matrix_make(struct rig_combos *out, const struct rig_choices *c,
                    const struct rig_combo *given, enum rig_matrix kind);
void rig_combos_free(struct rig_combos *combos);

#endif
