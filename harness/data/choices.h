/* SPDX-License-Identifier: MIT
 *
 * choices.h: which combinations a vector may be run in.
 *
 * A combination that changes what a case is about is worse than one that is
 * missing. So a vector is not multiplied along what it, or its device, says
 * itself:
 *
 *   every layout  an open that is to fail: nothing is ever laid out
 *   features      a feature list: ring, indirect, event_idx and in_order; an
 *                 open without one of them: that one
 *   size          a queue size, in the device or in open, or by a fault;
 *                 size_max, seg_max
 *   ring          a clause of 2.7 (split) or 2.8 (packed)
 *   ring, event_idx, in_order
 *                 a fault that lies in the ring or in its notifications
 *   in_order      a device that answers in another order; several streams,
 *                 of which one may have to wait for the other
 *
 * and a queue must have room for its longest chain; that of a sound card, for
 * the messages that lie in it before a stream starts. "applies_if" of a
 * vector knows better: the values that it lists for a dimension are allowed,
 * and no others; "any" allows all but sizes that are too small. A liar's script
 * is written for one layout in any case.
 */
#ifndef RIG_CHOICES_H
#define RIG_CHOICES_H

#include "combo.h"
#include "vector.h"

/* Values that a matrix tries of one dimension. */
#define RIG_VALUES_MAX 16u

struct rig_choices {
    /* As it is without a combination. Of memory and scheduler, which the
     * command line has, RIG_UNNAMED. */
    uint16_t own[RIG_DIM_COUNT];
    /* What a matrix tries; none of a dimension that is fixed. */
    uint16_t value[RIG_DIM_COUNT][RIG_VALUES_MAX];
    unsigned count[RIG_DIM_COUNT];
    const char *fixed_by[RIG_DIM_COUNT]; /* NULL: it is free */
    bool freed[RIG_DIM_COUNT];           /* by applies_if, */
    bool listed[RIG_DIM_COUNT];          /* value by value */
    uint32_t size_min;                   /* entries that its steps need */
};

/* script: for the liar of the vector. */
void rig_choices_of(struct rig_choices *c, const struct rig_vector *vector,
                    bool script);

/* Do the values go together, whether or not each is allowed? A split queue has
 * a power of 2 of entries (2.7). */
bool rig_choices_agree(const struct rig_choices *c,
                       const struct rig_combo *combo);

/* May the vector be run in that combination? If not, why becomes a line such
 * as "size=2 is not possible: it needs queues of 3 entries". */
bool rig_choices_allow(const struct rig_choices *c,
                       const struct rig_combo *combo, char *why, size_t room);

/* applies_if has to have the vector's own value among those of a dimension.
 * Returns NULL, or the name of one that lacks it. */
const char *rig_choices_lacking(const struct rig_vector *vector);

#endif
