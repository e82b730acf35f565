/* SPDX-License-Identifier: MIT
 *
 * select.h: which cases a command line asks for. Each argument is a pattern
 * of vector ids, perhaps with a combination (combo.h) behind an '@':
 *
 *     'ring?2.7*'  blk/5.2.6.1/scattered-buffers@ring=packed,size=7
 */
#ifndef RIG_SELECT_H
#define RIG_SELECT_H

#include "matrix.h"
#include "setup.h"

struct rig_case {
    const struct rig_vector *vector;
    struct rig_combo combo;
};

struct rig_cases {
    struct rig_case *list; /* by vector id, each combination of it once */
    size_t count;
    size_t vectors; /* different ones among them */
};

/* The cases that args (all, if there are none) choose, each multiplied by the
 * matrix; by its own combination and the options of setup it is not. Of a
 * pattern that matches several vectors, those are chosen for which its
 * combination is possible. An argument that chooses nothing is a mistake, even
 * if others choose something. Returns 0, or an exit code after one line on
 * stderr. */
int rig_cases_select(struct rig_cases *out, const char *command,
                     const struct rig_data *data, const struct rig_setup *setup,
                     enum rig_matrix matrix, char *const *args, size_t count);
void rig_cases_free(struct rig_cases *cases);

#endif
