/* SPDX-License-Identifier: MIT
 *
 * judge.h: says, clause by clause, what the driver did wrong.
 *
 * The judge listens to the event log and knows nothing else: not the device's
 * state, not the driver's. It is a table with one entry per clause that can
 * be judged from the wire (ids as in vectors/clauses.csv); an entry names the
 * kinds of event it looks at and one check function. A check counts how often
 * its clause applied and reports each violation with what was expected and
 * what was seen. The run goes on.
 *
 * Threads: the log calls it under its lock; read the results when nobody
 * emits any more.
 */
#ifndef FAKEDEV_JUDGE_H
#define FAKEDEV_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"
#include "fakedev/snd.h"

struct fake_violation {
    const char *clause; /* id */
    uint64_t event;     /* number in the log */
    uint64_t t_ns;
    uint64_t times; /* how often; the texts are those of the first */
    bool contract;  /* breaks dut.h as well: fails whatever the clause says */
    char expected[160];
    char seen[160];
};

struct fake_judge;

/* What a monitor on the bus would read off the device's data sheet. */
struct fake_judge_about {
    uint32_t device_id; /* 2: block */
    uint64_t offered;   /* feature bits */
    uint32_t queue_size_max;
    uint32_t config_bytes;             /* length of the config space */
    uint64_t sectors;                  /* blk: capacity at the start */
    uint32_t seg_max;                  /* blk: as in its config space */
    const struct fake_snd_config *snd; /* sound: what it has; else NULL */
    /* blk: segments that a request may have at most */
    uint32_t max_discard_seg, max_write_zeroes_seg, max_secure_erase_seg;
    bool ledger;   /* somebody keeps one (ledger.h) */
    bool nonsense; /* blk: a driver has every reason to refuse it */
};

/* Returns NULL without memory. */
struct fake_judge *fake_judge_new(const struct fake_judge_about *about);
void fake_judge_free(struct fake_judge *judge);

/* The listener for struct fake_log. */
void fake_judge_see(void *judge, uint64_t number, const struct fake_event *e);

/* Violations so far, one per clause, in order of first occurrence. */
size_t fake_judge_violations(const struct fake_judge *judge,
                             const struct fake_violation **list);

/* How often clause `id` applied (was put to the test); 0 also if unknown. */
uint64_t fake_judge_applied(const struct fake_judge *judge, const char *id);

/* The table, for listings: id of entry k, or NULL past the end. */
const char *fake_judge_clause(size_t k);

#endif
