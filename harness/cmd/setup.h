/* SPDX-License-Identifier: MIT
 *
 * setup.h: everything that can be wrong with a setup, found before anything
 * happens.
 */
#ifndef RIG_SETUP_H
#define RIG_SETUP_H

#include "case.h"

/* The subject can be loaded, the image can be read. Returns 0, or exit code 2
 * after one line on stderr. */
int rig_setup_check(const char *command, const struct rig_setup *setup);

/* The two files that everything stands in. */
struct rig_data {
    struct rig_catalogue catalogue;
    struct rig_vectors vectors;
};

/* Loads both and checks that each clause a vector names exists. Returns 0, or
 * exit code 2 after one line on stderr. */
int rig_data_load(const char *command, struct rig_data *data);
void rig_data_free(struct rig_data *data);

/* Each pattern must match some vector: one without a match is a mistake, even
 * if others have one. Returns 0, or exit code 2 after one line on stderr. */
int rig_data_check_patterns(const char *command, const struct rig_data *data,
                            char *const *patterns, size_t count);

#endif
