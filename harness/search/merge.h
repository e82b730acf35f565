/* SPDX-License-Identifier: MIT
 *
 * merge.h: result files of several searches (ledger.h) as one: what was run,
 * what was run twice, what is missing.
 */
#ifndef RIG_MERGE_H
#define RIG_MERGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger.h"

struct rig_merge {
    json_t *run;      /* the first run line: what all have to agree with */
    json_t *builds;   /* array of the builds that took part, each once */
    json_t *lines;    /* array of seeds lines, in the order of their seeds */
    json_t *failures; /* array of failure lines, one per seed, in order */
    uint64_t first, last; /* of all ranges together */
    uint8_t *seen;        /* a bit per seed from first on */
    uint64_t twice;       /* seeds that ended more than once */
    uint64_t unlike;      /* pieces that came out otherwise the second time */
    uint64_t missing;     /* of the range, that did not */
    uint64_t gap;         /* the first of those */
    unsigned cut;         /* lines that are not whole */
    struct rig_tally tally;
};

/* Reads one file more. Returns 0, or -1 and one line in err. */
int rig_merge_read(struct rig_merge *m, const char *path, char *err,
                   size_t room);

/* After the last file. Returns 0, or -1 and one line in err. */
int rig_merge_finish(struct rig_merge *m, char *err, size_t room);

/* All of it as one file of the same kind. */
void rig_merge_write(const struct rig_merge *m, FILE *to);

void rig_merge_free(struct rig_merge *m);

#endif
